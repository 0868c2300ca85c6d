/* runner_order: in which order engines are visited, so that drift of heat favours none. */
#include <stdlib.h>

#include "model/endpoint.h"
#include "model/stats.h"
#include "suites/runner.h"

static void shuffle(uint64_t *state, int *items, size_t count) {
    for (size_t i = count; i > 1; i--) {
        size_t k = (size_t)(stats_random(state) % i);
        int kept = items[i - 1];
        items[i - 1] = items[k];
        items[k] = kept;
    }
}

/* Williams' design: row r of n is 0, 1, n-1, 2, n-2, … plus r (mod n). Over n rows each engine
 * stands at each place once and, n even, follows each other engine once; n odd needs the rows
 * backwards too. The seed draws which row comes when and which engine bears which number. */
void runner_order(uint64_t seed, int pass, size_t count, int *order) {
    int labels[ENDPOINTS_MAX], rows[2 * ENDPOINTS_MAX];
    if (count == 0 || count > ENDPOINTS_MAX)
        return;
    size_t row_count = count % 2 && count > 1 ? 2 * count : count;
    uint64_t state = seed;
    for (size_t i = 0; i < count; i++)
        labels[i] = (int)i;
    for (size_t i = 0; i < row_count; i++)
        rows[i] = (int)i;
    shuffle(&state, labels, count);
    shuffle(&state, rows, row_count);
    size_t row = (size_t)rows[(size_t)pass % row_count];
    for (size_t i = 0; i < count; i++) {
        size_t place = i % 2 ? (i + 1) / 2 : (count - i / 2) % count;
        size_t at = row < count ? i : count - 1 - i;
        order[at] = labels[(place + row) % count];
    }
}
