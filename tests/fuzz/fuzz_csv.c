/* Any bytes as a region matrix and as a file of samples: no crash, and either a result or a
 * diagnostic. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/net/regions.h"
#include "sim/net/samples.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Prints to nowhere: the printer must bear any text that a span can point to. */
static void print_all(struct orr_diags *diags) {
    static FILE *null;
    if (!null) null = fopen("/dev/null", "w");
    orr_diags_print(diags, null, false);
    orr_diags_fini(diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct orr_source source = {"fuzz.csv", (const char *)data, size};
    struct orr_diags diags = {0};
    struct orr_regions *regions = NULL;
    int bad = orr_regions_parse(&source, &diags, &regions);
    assert(!bad == !diags.n_errors && !bad == (regions != NULL));
    for (uint32_t i = 0; regions && i < regions->n; i++) {
        assert(regions->names[i][0] && strlen(regions->names[i]) <= ORR_REGION_NAME_MAX);
        assert(orr_regions_find(regions, regions->names[i]) == i);
        for (uint32_t k = 0; k < regions->n; k++)
            assert(orr_regions_latency(regions, i, k) >= 0 &&
                   orr_regions_latency(regions, i, k) <= ORR_DATA_MAX_TIME);
    }
    orr_regions_free(regions);
    print_all(&diags);

    struct orr_dist *dist = NULL;
    bad = orr_samples_parse(&source, (enum orr_sample_unit)(size % 2), &diags, &dist);
    assert(!bad == (dist != NULL) && (!bad || diags.n_errors));
    if (dist) assert(orr_dist_draw(dist, 0) == dist->min && dist->min <= dist->max);
    orr_dist_free(dist);
    print_all(&diags);
    return 0;
}
