/* Region matrices, edge lists and samples: what is read, and how each kind of mistake is told. */
#include <string.h>

#include "sim/net/regions.h"
#include "sim/net/edge_list.h"
#include "sim/net/network.h"
#include "sim/net/samples.h"
#include "tests/test.h"

#define MS 1000000ll

static struct orr_source source_of(const char *text) {
    return (struct orr_source){"data.csv", text, strlen(text)};
}

/* What the diagnostics print, as one static text. */
static const char *printed(struct orr_diags *diags) {
    static char text[8192];
    FILE *file = tmpfile();
    orr_diags_print(diags, file, false);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    orr_diags_fini(diags);
    return text;
}

static const char *region_errors(const char *text) {
    struct orr_diags diags = {0};
    struct orr_regions *r = NULL;
    struct orr_source source = source_of(text);
    int bad = orr_regions_parse(&source, &diags, &r);
    ck_assert_int_eq(bad, ORR_EFORMAT);
    ck_assert_ptr_null(r);
    return printed(&diags);
}

START_TEST(a_matrix_is_read_with_comments_blank_lines_crlf_and_units) {
    struct orr_diags diags = {0};
    struct orr_regions *r;
    struct orr_source source = source_of("# measured in May\r\nfrom/to, east , west,north\r\n\r\n"
                                         "east,0, 40.5,1 s\r\nwest,41,  0,250us # far\r\n"
                                         "north,0.0000004,0.0000005,17ns");
    ck_assert_int_eq(orr_regions_parse(&source, &diags, &r), 0);
    ck_assert_uint_eq(r->n, 3);
    ck_assert_str_eq(r->names[1], "west");
    ck_assert_uint_eq(orr_regions_find(r, "north"), 2);
    ck_assert_uint_eq(orr_regions_find(r, "nor"), UINT32_MAX);
    static const orr_time expected[9] = {0, 40500000, 1000 * MS, 41 * MS, 0, 250000, 0, 1, 17};
    for (int i = 0; i < 9; i++) ck_assert_int_eq(r->latency[i], expected[i]);
    ck_assert_int_eq(orr_regions_latency(r, 0, 1), 40500000);
    orr_regions_free(r);
}
END_TEST

START_TEST(each_mistake_in_a_matrix_is_told_with_its_place) {
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "no regions"},
        {"from/to\n", "data.csv:1:1: error: no regions"},
        {"x,a,b\na,0,1\nb,1\n", "data.csv:3:1: error: 1 cells, but the first line names 2 regions"},
        {"x,a,b\na,0,1\n", "1 rows, but the first line names 2 regions"},
        {"x,a\na,0\nb,1\n", "data.csv:3:1: error: more rows than the first line has names"},
        {"x,a,b\na,0,1,2\nb,1,0\n", "data.csv:2:7: error: more cells"},
        {"x,a,b\nb,0,1\na,1,0\n", "data.csv:2:1: error: row 1 should be 'a'"},
        {"x,a,a\na,0,1\na,1,0\n", "data.csv:1:5: error: two columns have this name"},
        {"x,a,\na,0,1\n,1,0\n", "error: a region needs a name"},
        {"x,a,b\na,0,fast\nb,1,0\n", "data.csv:2:5: error: not a duration"},
        {"x,a,b\na,0,5 sec\nb,1,0\n", "data.csv:2:5: error: unknown unit of time"},
        {"x,a,b\na,0,\nb,1,0\n", "error: a duration is missing"},
        {"x,a,b\na,0,-3\nb,1,0\n", "error: not a duration"},
        {"x,a,b\na,0,1e3\nb,1,0\n", "error: unknown unit of time"},
        {"x,a,b\na,0,5.\nb,1,0\n", "error: not a duration"},
        {"x,a,b\na,0,1000001\nb,1,0\n", "error: the duration is too long"},
        {"x,a,b\na,0,99999999999999999999999999999\nb,1,0\n", "error: the duration is too long"},
        {"x,a,b\na,0,1000.0000001 s\nb,1,0\n", "error: the duration is too long"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = region_errors(cases[i].text);
        ck_assert_msg(strstr(text, cases[i].error) != NULL, "wanted '%s', got:\n%s", cases[i].error,
                      text);
    }
}
END_TEST

START_TEST(all_mistakes_are_told_at_once_with_line_and_caret) {
    const char *text = region_errors("x,a,b\na,0,?\nb,quick,0\n");
    ck_assert_msg(strstr(text, "2:5: error: not a duration") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "3:3: error: not a duration") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "b,quick,0") != NULL && strstr(text, "^~~~~") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "a number alone is in ms") != NULL, "%s", text);
}
END_TEST

START_TEST(more_regions_than_the_limit_are_refused) {
    static char text[4 * 300];
    strcpy(text, "x");
    for (int i = 0; i < 257; i++) sprintf(text + strlen(text), ",%d", i);
    struct orr_diags diags = {0};
    struct orr_regions *r;
    struct orr_source source = source_of(text);
    ck_assert_int_eq(orr_regions_parse(&source, &diags, &r), ORR_ELIMIT);
    ck_assert_ptr_nonnull(strstr(printed(&diags), "too many regions"));
}
END_TEST

START_TEST(a_missing_file_is_told_at_the_place_that_names_it) {
    struct orr_source scenario = {"run.yaml", "regions: {file: none.csv}\n", 26};
    struct orr_diags diags = {0};
    struct orr_data_files files = {0};
    struct orr_regions *r;
    struct orr_span where = {&scenario, 16, 8};
    ck_assert_int_eq(orr_regions_load("no/such/none.csv", where, &files, &diags, &r), ORR_EIO);
    const char *text = printed(&diags);
    ck_assert_msg(
        strstr(text, "run.yaml:1:17: error: cannot read 'no/such/none.csv': No such file") != NULL,
        "%s", text);
    ck_assert_int_eq(orr_regions_load("/", where, &files, &diags, &r), ORR_EIO);
    ck_assert_ptr_nonnull(strstr(printed(&diags), "cannot read '/': Is a directory"));
    orr_data_files_free(&files);
}
END_TEST

static const struct orr_node_names names[] = {{"seed", 0, 2}, {"val", 2, 4}};
static const struct orr_network_spec named = {.names = names, .n_names = 2, .n_nodes = 6};

static const char *edge_errors(const char *text) {
    struct orr_diags diags = {0};
    struct orr_edge *edges = NULL;
    uint64_t n;
    struct orr_source source = source_of(text);
    ck_assert_int_eq(orr_edges_parse(&source, &named, &diags, &edges, &n), ORR_EFORMAT);
    ck_assert_ptr_null(edges);
    return printed(&diags);
}

START_TEST(an_edge_list_names_nodes_by_number_or_by_group) {
    struct orr_diags diags = {0};
    struct orr_edge *edges;
    uint64_t n;
    struct orr_source source =
        source_of("# a tree\n0 1\n1\tval.0 12.5 ms\r\nval.3 val.0  7\nseed.0 4 300us # last\n");
    ck_assert_int_eq(orr_edges_parse(&source, &named, &diags, &edges, &n), 0);
    static const struct orr_edge expected[] = {
        {0, 1, -1}, {1, 2, 12500000}, {5, 2, 7 * MS}, {0, 4, 300000}};
    ck_assert_uint_eq(n, 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(edges[i].a, expected[i].a);
        ck_assert_uint_eq(edges[i].b, expected[i].b);
        ck_assert_int_eq(edges[i].latency, expected[i].latency);
    }
    free(edges);
}
END_TEST

START_TEST(each_mistake_in_an_edge_list_is_told_with_its_place) {
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"0 1\n3\n", "data.csv:2:1: error: the edge has one end only"},
        {"0 6\n", "data.csv:1:3: error: no such node"},
        {"0 val.4\n", "data.csv:1:3: error: no such node"},
        {"0 vax.1\n", "error: no such node"},
        {"0 va.1\n", "error: no such node"},
        {"0 vol.1\n", "nodes are 0 to 5, or `group.number` as in `val.3`"},
        {"0 val.\n", "error: no such node"},
        {"0 .\n", "error: no such node"},
        {"0 -1\n", "error: no such node"},
        {"0 99999999999999999999\n", "error: no such node"},
        {"2 val.0\n", "data.csv:1:1: error: the edge is a loop"},
        {"0000000001 2\n", "data.csv:1:1: error:"}, /* a number has nine digits at most */
        {"0 1\n1 0\n", "data.csv:2:1: error: the edge is given twice"},
        {"0 1 soon\n", "data.csv:1:5: error: not a duration"},
        {"0 1 5 ms 6 ms\n", "data.csv:1:5: error: unknown unit of time"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = edge_errors(cases[i].text);
        ck_assert_msg(strstr(text, cases[i].error) != NULL, "wanted '%s', got:\n%s", cases[i].error,
                      text);
    }
}
END_TEST

START_TEST(samples_become_their_empirical_distribution) {
    struct orr_diags diags = {0};
    struct orr_dist *d;
    struct orr_source source = source_of("30 ms\n10\n# and the median:\n20\n");
    ck_assert_int_eq(orr_samples_parse(&source, ORR_SAMPLES_DURATION, &diags, &d), 0);
    ck_assert_int_eq(d->min, 10 * MS);
    ck_assert_int_eq(orr_dist_draw(d, 1ull << 63), 20 * MS);
    ck_assert_int_eq(orr_dist_draw(d, 1ull << 62), 15 * MS);
    orr_dist_free(d);
    source = source_of("1024\n1024\n");
    ck_assert_int_eq(orr_samples_parse(&source, ORR_SAMPLES_BYTES, &diags, &d), 0);
    ck_assert_int_eq(orr_dist_draw(d, 77), 1024);
    orr_dist_free(d);
    source = source_of("10\nabout 20\n");
    ck_assert_int_eq(orr_samples_parse(&source, ORR_SAMPLES_DURATION, &diags, &d), ORR_EFORMAT);
    ck_assert_ptr_nonnull(strstr(printed(&diags), "data.csv:2:1: error: not a duration"));
    source = source_of("# nothing\n");
    ck_assert_int_eq(orr_samples_parse(&source, ORR_SAMPLES_DURATION, &diags, &d), ORR_EFORMAT);
    ck_assert_ptr_nonnull(strstr(printed(&diags), "the file has no samples"));
    source = source_of("12 ms\n");
    ck_assert_int_eq(orr_samples_parse(&source, ORR_SAMPLES_BYTES, &diags, &d), ORR_EFORMAT);
    ck_assert_ptr_nonnull(strstr(printed(&diags), "not a whole number"));
}
END_TEST

START_TEST(every_overlay_of_a_scenario_is_built) {
    struct orr_network_spec s = {.n_nodes = 40, .seed = 3};
    struct orr_diags diags = {0};
    struct orr_data_files files = {0};
    static const uint64_t n_edges[] = {780, 40, 39, 0, 120, 0, 80, 0};
    for (int kind = ORR_OVERLAY_FULL; kind < ORR_OVERLAY_FILE; kind++) {
        struct orr_topology *t;
        s.overlay = (struct orr_overlay_spec){.kind = (enum orr_overlay_kind)kind,
                                              .degree = 6,
                                              .k = 4,
                                              .m = 2,
                                              .p = 200000000,
                                              .beta = 100000000};
        ck_assert_int_eq(orr_overlay_new(&s, &files, &diags, &t), 0);
        ck_assert_uint_eq(t->n, 40);
        if (n_edges[kind]) ck_assert_uint_eq(t->n_edges, n_edges[kind]);
        orr_topology_free(t);
    }
    struct orr_topology *t;
    s.overlay = (struct orr_overlay_spec){.kind = ORR_OVERLAY_RANDOM_REGULAR, .degree = 40};
    ck_assert_int_eq(orr_overlay_new(&s, &files, &diags, &t), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(printed(&diags), "no such overlay of 40 nodes"));
    char path[] = "/tmp/orrery-edges-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    fputs("0 1 5 ms\n39 1\n", file);
    fclose(file);
    s.overlay = (struct orr_overlay_spec){.kind = ORR_OVERLAY_FILE, .path = path};
    ck_assert_int_eq(orr_overlay_new(&s, &files, &diags, &t), 0);
    remove(path);
    ck_assert_uint_eq(t->n_edges, 2);
    ck_assert_int_eq(orr_topology_latency(t, 1, 0), 5 * MS);
    orr_topology_free(t);
    orr_data_files_free(&files);
}
END_TEST

ORR_TEST_MAIN("data files", a_matrix_is_read_with_comments_blank_lines_crlf_and_units,
              each_mistake_in_a_matrix_is_told_with_its_place,
              all_mistakes_are_told_at_once_with_line_and_caret,
              more_regions_than_the_limit_are_refused,
              a_missing_file_is_told_at_the_place_that_names_it,
              an_edge_list_names_nodes_by_number_or_by_group,
              each_mistake_in_an_edge_list_is_told_with_its_place,
              samples_become_their_empirical_distribution, every_overlay_of_a_scenario_is_built)
