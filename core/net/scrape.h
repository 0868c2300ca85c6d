/* scrape: Prometheus text exposition, read line by line from memory. Bounded: a name, a label or a
 * number longer than fits makes its line one that is skipped. Knows nothing of what series mean. */
#ifndef NET_SCRAPE_H
#define NET_SCRAPE_H

#include <stdbool.h>
#include <stddef.h>

#define SCRAPE_NAME_MAX 96
#define SCRAPE_VALUE_MAX 160 /* of a label; longer ones are cut: paths and names, nothing we read  \
                              */
#define SCRAPE_LABELS_MAX 24 /* those beyond are left out */

struct scrape_label {
    char name[SCRAPE_NAME_MAX];
    char value[SCRAPE_VALUE_MAX]; /* escapes resolved */
};

/* One sample line. */
struct scrape_line {
    char name[SCRAPE_NAME_MAX]; /* [a-zA-Z_:][a-zA-Z0-9_:]* */
    struct scrape_label labels[SCRAPE_LABELS_MAX];
    size_t label_count;
    double value; /* may be NaN or an infinity */
};

/* Borrows the text. */
struct scrape {
    const char *at, *end;
    size_t skipped; /* lines that were neither comment, blank, nor a sample */
};
void scrape_init(struct scrape *scrape, const char *text, size_t length);

/* The next sample into `line`; comments and bad lines are passed over. False at the end. */
bool scrape_next(struct scrape *scrape, struct scrape_line *line);

/* A label's value, NULL if there is none of that name. Borrowed. */
const char *scrape_label(const struct scrape_line *line, const char *name);

#endif
