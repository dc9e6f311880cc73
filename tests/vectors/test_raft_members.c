/* Raft's majorities and members against etcd's tables.
 *
 * raft/quorum.json: the committed index, or the outcome of a vote, of one set of voters or of two.
 * raft/confchange.json: changes of the members in order, and who they are after each, or the
 * refusal. */
#include "models/bft/raft/members.h"
#include "sim/base/memory.h"
#include "tests/vectors/vectors.h"

/* ---- quorum tables ---- */

/* Is a voter in a set of the row? */
static bool is_in(const json_t *set, const json_t *id) {
    for (size_t k = 0; k < json_array_size(set); k++)
        if (json_equal(json_array_get(set, k), id)) return true;
    return false;
}

static int by_value(const void *a, const void *b) {
    json_int_t x = json_integer_value(*(json_t *const *)a);
    json_int_t y = json_integer_value(*(json_t *const *)b);
    return (x > y) - (x < y);
}

/* The sorted union of both sets: in its order the file lists indexes and votes. */
static json_t *ids_of(const json_t *row) {
    json_t *v[128], *ids = json_array();
    size_t n = 0;
    for (int k = 0; k < 2; k++) {
        const json_t *set = json_object_get(row, k ? "outgoing" : "voters");
        for (size_t i = 0; i < json_array_size(set); i++) v[n++] = json_array_get(set, i);
    }
    qsort(v, n, sizeof *v, by_value);
    for (size_t i = 0; i < n; i++)
        if (!i || !json_equal(v[i], v[i - 1])) json_array_append(ids, v[i]);
    return ids;
}

/* The members of a row, who stand in its order. */
static void members_of(const json_t *row, const json_t *ids, struct orr_raft_members *m) {
    for (uint32_t i = 0; i < m->n; i++) {
        const json_t *id = json_array_get(ids, i);
        m->part[i] = (is_in(json_object_get(row, "voters"), id) ? ORR_RAFT_VOTER : 0) |
                     (is_in(json_object_get(row, "outgoing"), id) ? ORR_RAFT_OUTGOING : 0);
    }
}

static void result_of(const json_t *row, const struct orr_raft_members *m, char *text, size_t cap) {
    static const char *const outcomes[] = {"VotePending", "VoteWon", "VoteLost"};
    uint64_t indexes[128], scratch[256];
    uint8_t answers[128];
    for (uint32_t i = 0; i < m->n; i++) {
        const json_t *vote = json_array_get(json_object_get(row, "votes"), i);
        indexes[i] = (uint64_t)json_integer_value(
            json_array_get(json_object_get(row, "indexes"), i));
        answers[i] = json_is_true(vote)    ? ORR_RAFT_YES
                     : json_is_false(vote) ? ORR_RAFT_NO
                                           : ORR_RAFT_SILENT;
    }
    uint64_t committed = orr_raft_members_committed(m, indexes, scratch);
    bool is_vote = strcmp(json_string_value(json_object_get(row, "of")), "committed") != 0;
    if (is_vote) snprintf(text, cap, "%s", outcomes[orr_raft_members_count(m, answers)]);
    else if (committed == UINT64_MAX) snprintf(text, cap, "∞");
    else snprintf(text, cap, "%llu", (unsigned long long)committed);
}

START_TEST(majorities_and_joint_ones_commit_and_elect_as_the_tables_say) {
    orr_vectors_need("raft/quorum.json");
    json_t *rows = orr_vector_load("raft/quorum.json");
    struct orr_heap heap;
    orr_heap_init(&heap);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *result = json_string_value(json_object_get(row, "result"));
        json_t *ids = ids_of(row);
        struct orr_raft_members m;
        char text[32];
        orr_raft_members_init(&m, &heap.mem, (uint32_t)json_array_size(ids));
        members_of(row, ids, &m);
        result_of(row, &m, text, sizeof text);
        ck_assert_msg(!strcmp(text, result), "row %zu: %s, %s is expected", i, text, result);
        orr_raft_members_fini(&m, &heap.mem);
        json_decref(ids);
    }
    printf("quorum: %zu rows\n", json_array_size(rows));
    json_decref(rows);
}
END_TEST

/* ---- changes of the members ---- */

enum { RANKS = 256 };

static void put_ids(char *text, size_t cap, const struct orr_raft_members *m, uint8_t bit,
                    const char *name) {
    size_t at = strlen(text), n = 0;
    for (uint32_t i = 0; i < m->n; i++)
        if (m->part[i] & bit && at < cap)
            at += (size_t)snprintf(text + at, cap - at, "%s%u", n++ ? " " : name, i);
    if (n && at < cap) snprintf(text + at, cap - at, ")");
}

/* As the file writes it. */
static void describe(const struct orr_raft_members *m, char *text, size_t cap) {
    snprintf(text, cap, "%s", "");
    put_ids(text, cap, m, ORR_RAFT_VOTER, "voters=(");
    put_ids(text, cap, m, ORR_RAFT_OUTGOING, "&&(");
    put_ids(text, cap, m, ORR_RAFT_LEARNER, " learners=(");
    put_ids(text, cap, m, ORR_RAFT_LEARNER_NEXT, " learners_next=(");
    if (m->auto_leave) strncat(text, " autoleave", cap - strlen(text) - 1);
}

/* Each refusal in the file's words. */
static const char *refusal_text(enum orr_raft_refusal refusal, enum orr_raft_how how) {
    switch (refusal) {
    case ORR_RAFT_CHANGED: break;
    case ORR_RAFT_IS_JOINT:
        return how == ORR_RAFT_SIMPLE ? "can't apply simple config change in joint config"
                                      : "config is already joint";
    case ORR_RAFT_IS_NOT_JOINT: return "can't leave a non-joint config";
    case ORR_RAFT_NO_VOTERS: return "can't make a zero-voter config joint";
    case ORR_RAFT_REMOVES_ALL: return "removed all voters";
    case ORR_RAFT_TOO_MANY: return "more than one voter changed without entering joint config";
    }
    return NULL;
}

/* `v2 l1 r3 u4`; 0 names nobody. */
static uint32_t read_steps(const char *text, struct orr_raft_change *v) {
    uint32_t n = 0;
    for (const char *at = text; at && *at; at += strspn(at, " ")) { /* ends: at moves on */
        const char *kinds = "vlru", *kind = strchr(kinds, *at);
        uint32_t rank = (uint32_t)strtoul(at + 1, NULL, 10);
        ck_assert(kind && rank < RANKS && n < ORR_RAFT_MAX_STEPS);
        enum orr_raft_change_kind which = (enum orr_raft_change_kind)(kind - kinds);
        if (rank) v[n++] = (struct orr_raft_change){which, rank};
        at += strcspn(at, " ");
    }
    return n;
}

static enum orr_raft_how how_of(const char *text) {
    if (strstr(text, "autoleave=true")) return ORR_RAFT_ENTER_AUTO;
    if (!strncmp(text, "enter-joint", 11)) return ORR_RAFT_ENTER;
    return !strncmp(text, "leave-joint", 11) ? ORR_RAFT_LEAVE : ORR_RAFT_SIMPLE;
}

static size_t run_case(const char *which, const json_t *steps) {
    struct orr_heap heap;
    struct orr_raft_members m;
    orr_heap_init(&heap);
    orr_raft_members_init(&m, &heap.mem, RANKS);
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i), *command = json_object_get(step, "do");
        const char *text = json_string_value(json_array_get(command, 0));
        struct orr_raft_change v[ORR_RAFT_MAX_STEPS];
        uint32_t n = read_steps(json_string_value(json_array_get(command, 1)), v);
        enum orr_raft_how how = how_of(text);
        char is[2048], before[2048];
        describe(&m, before, sizeof before);
        const char *refusal = refusal_text(orr_raft_members_change(&m, how, v, n), how);
        describe(&m, is, sizeof is);
        if (refusal) ck_assert_str_eq(is, before);
        const char *result = json_string_value(json_object_get(step, "result"));
        const char *got = refusal ? refusal : is;
        ck_assert_msg(!strcmp(got, result), "%s, step %zu (%s): %s, %s is expected", which, i, text,
                      got, result);
    }
    orr_raft_members_fini(&m, &heap.mem);
    ck_assert_uint_eq(heap.used_bytes, 0);
    return json_array_size(steps);
}

START_TEST(members_change_and_refuse_to_as_those_of_etcd) {
    orr_vectors_need("raft/confchange.json");
    json_t *cases = orr_vector_load("raft/confchange.json");
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *one = json_array_get(cases, i);
        const char *which = json_string_value(json_object_get(one, "case"));
        n += run_case(which, json_object_get(one, "steps"));
    }
    printf("confchange: %zu cases, %zu changes\n", json_array_size(cases), n);
    json_decref(cases);
}
END_TEST

ORR_TEST_MAIN("vectors.raft_members",
              majorities_and_joint_ones_commit_and_elect_as_the_tables_say,
              members_change_and_refuse_to_as_those_of_etcd)
