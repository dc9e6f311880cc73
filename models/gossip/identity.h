/* identity.h - who a libp2p peer is: public keys and peer ids (libp2p/specs, peer-ids/peer-ids.md).
 *
 * PublicKey {1 type, 2 data}; a peer id is a multihash of its encoding: the identity hash
 * (00 length bytes) of one of at most 42 bytes, SHA-256 (12 20 digest) of a longer one.  Ed25519
 * (type 1) alone can be verified here; RSA (0), secp256k1 (2) and ECDSA (3) are known as such and
 * refused. */
#ifndef ORR_GOSSIP_IDENTITY_H
#define ORR_GOSSIP_IDENTITY_H

#include "models/base/sign.h"
#include "models/gossip/rpc.h"

enum { ORR_PEER_ID_BYTES = 38 }; /* of Ed25519: 00 24 08 01 12 20, then the key */

void orr_peer_id(const uint8_t public_key[ORR_SIGN_PUBLIC_BYTES], uint8_t id[ORR_PEER_ID_BYTES]);

enum orr_peer_id_kind {
    ORR_PEER_ID_ED25519,     /* the key is within, behind 6 bytes                   */
    ORR_PEER_ID_UNSUPPORTED, /* of a key of another type, or of one that it is the hash of */
    ORR_PEER_ID_MALFORMED
};
enum orr_peer_id_kind orr_peer_id_kind(struct orr_blob id);
/* Of an id of kind ED25519; lent. */
static inline const uint8_t *orr_peer_id_key(struct orr_blob id) { return id.p + 6; }

/* An encoded PublicKey.  0 and the Ed25519 key, lent; ORR_EUNSUPPORTED: another type; or
 * ORR_EFORMAT. */
int orr_public_key_read(struct orr_blob encoded, const uint8_t **key);
#endif
