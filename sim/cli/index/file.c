#include "sim/cli/index/file.h"

#include <stdio.h>

#include "models/base/error.h"
#include "models/base/hex.h"
#include "models/base/number.h"

int orr_index_file_failed(const char *verb, const char *path, int error, const char *why) {
    bool is_machine = error == ORR_EIO || error == ORR_ENOSPACE;
    fprintf(stderr, "orrery %s: %s: %s\n", verb, path, why);
    return is_machine ? 3 : 2;
}

int orr_index_open_read(const char *verb, const char *path, struct orr_index_db **db) {
    const struct orr_index_db_options options = {.is_read_only = true};
    char why[ORR_INDEX_WHY_BYTES];
    bool was_old;
    int error = orr_index_db_open(path, &options, db, &was_old, why);
    if (error) return orr_index_file_failed(verb, path, error, why);
    if (orr_index_db_is_unlocked(*db))
        fprintf(stderr, "orrery %s: %s: it cannot be locked here, and is read as it stands\n", verb,
                path);
    return 0;
}

int orr_index_note_chain(struct orr_index_db *db, const struct orr_hash *genesis,
                         struct orr_u256 chain_id, const char *config) {
    char hex[67], id[ORR_U256_DECIMAL];
    orr_u256_write(id, chain_id);
    int error = orr_index_db_note(db, "chain_id", id);
    if (!error) error = orr_index_db_note(db, "config", config);
    return error ? error : orr_index_db_note(db, "genesis", orr_index_hex(genesis, hex));
}

const char *orr_index_hex(const struct orr_hash *hash, char text[67]) {
    text[0] = '0', text[1] = 'x';
    orr_hex_encode(text + 2, hash->bytes, sizeof hash->bytes);
    return text;
}
