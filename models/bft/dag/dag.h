/* dag.h - consensus on a graph of rounds: all validators propose in every round on top of a quorum
 * of the round before, and leaders in the graph decide all that they stand on.
 *
 * - tusk: G. Danezis et al., "Narwhal and Tusk: a DAG-based mempool and efficient BFT consensus",
 *   arXiv 2105.11827, section 5.  Vertices have certificates; of waves of three rounds (the third
 *   is the next one's first) the first has a leader drawn by a coin that the third reveals; f + 1
 *   vertices of the second that stand on it decide it, and leaders before it that it stands on.
 * - bullshark: A. Spiegelman et al., "Bullshark: DAG BFT protocols made practical", arXiv
 *   2201.05677, its partially synchronous form: leaders in turn in every other round, decided by
 *   f + 1 vertices of the round after it; who has a quorum waits `leader_timeout` for the leader,
 *   and then for votes for it.
 * - mysticeti: K. Babel et al., "Mysticeti: reaching the limits of latency with uncertified DAGs",
 *   arXiv 2310.14821, algorithms 1-3 (Mysticeti-C).  No certificates; each round has `leaders`
 *   leaders; a vertex of the next round votes for the first of a leader's vertices that it stands
 *   on, one of the round after that certifies what a quorum of votes below it are for; a quorum of
 *   those decides, a quorum of the next round that stands on none skips, and what is open follows
 *   from the first leader three rounds above that is decided (rules.c).
 *
 * From a leader's proposal to its decision at all, fault-free and with equal links: tusk 9 (three
 * rounds of header, votes and certificate; more when too few stood on it), bullshark 6 (two of
 * them), mysticeti 3.  Messages of a round: n (n - 1) vertices; with certificates as many votes and
 * certificates too.
 *
 * What the papers leave open, and how it is here:
 * - A vertex carries its transactions itself: there are no workers.  It is proposed when the quorum
 *   is there and `header_size` bytes wait for it, or `header_delay` after the one before.
 * - The coin is a hash of chain and wave: nobody looks before a quorum of the third round is there.
 * - A client's transaction stays with whom it asked, who proposes it again when its vertex was left
 *   out: when its round was left without its certificate, or when a decided leader is `gc_depth`
 *   rounds above it, where nothing is ordered any more.
 * - A transaction that stands in two vertices, of a liar, of twins or because its client asked two
 *   validators, counts in the first of the order, if the second is within reach of `gc_depth`.
 * - Catch-up: parents that are missing are asked of whoever sent the vertex, by name; who is many
 *   rounds behind asks for all, round by round.  Rounds are forgotten `retain` below the last
 *   decided leader, and who is further behind than that stays there.
 * - What is lost is sent again every `retry` while the round stands still. */
#ifndef ORR_MODELS_BFT_DAG_DAG_H
#define ORR_MODELS_BFT_DAG_DAG_H

#include "models/output.h"
#include "models/protocol.h"

/* orr_msg.kind on the wire.  VERTEX: vertex.h.  VOTE: a ballot (common/qc.h) of view = round and
 * height = author + 1.  CERT: a QC of such votes. */
#define ORR_DAG_KINDS(KIND)   \
    KIND(TX, "tx")            \
    KIND(VERTEX, "vertex")    \
    KIND(VOTE, "vote")        \
    KIND(CERT, "certificate") \
    KIND(ASK, "ask")
enum orr_dag_kind {
#define KIND(name, text) ORR_DAG_##name,
    ORR_DAG_KINDS(KIND)
#undef KIND
    ORR_DAG_N_KINDS
};

struct orr_dag_config {
    orr_time header_delay, leader_timeout, retry;
    uint64_t header_size, batch_txs, batch_size, mempool_txs;
    uint64_t gc_depth, retain;
    uint64_t leaders;
    uint32_t qc;          /* 0: list, 1: aggregate */
    uint32_t support_one; /* flawed: one vote, or one certificate, decides */
};
#endif
