/* exporter_rows: which series of which exporter says what: the table alone. */
#ifndef HOST_EXPORTER_ROWS_H
#define HOST_EXPORTER_ROWS_H

#include <stdbool.h>
#include <stddef.h>

/* The earlier wins where a page holds series of several (node_exporter's textfile collector). */
enum exporter_id {
    EXPORTER_SIM,
    EXPORTER_MACMON,
    EXPORTER_MACTOP,
    EXPORTER_ALLSMI,
    EXPORTER_ASIAI,
    EXPORTER_DCGM,
    EXPORTER_NVIDIA,
    EXPORTER_NODE,
    EXPORTER_COUNT
};
const char *exporter_title(enum exporter_id exporter); /* "macmon" */
/* By the beginning of a series' name; -1 for none of them. */
int exporter_of(const char *series);

enum exporter_tells {
    TELLS_JOULES,      /* a rail's counter */
    TELLS_PUBLISHED,   /* when a rail's counter was published, seconds of the monotonic clock */
    TELLS_WATTS,       /* all of it */
    TELLS_WATTS_PART,  /* summed up where there is no TELLS_WATTS */
    TELLS_PRESSURE,    /* thermal, 0 nominal to 4 (notify's levels) */
    TELLS_STATE,       /* thermal, 0 nominal to 3 (ProcessInfo's) */
    TELLS_LEVEL,       /* thermal, in a label's value, where the series is 1 */
    TELLS_SLOWED,      /* 1 while throttled for heat, else 0 */
    TELLS_THROTTLES,   /* counter of throttlings */
    TELLS_TEMPERATURE, /* °C; the hottest counts */
    TELLS_BUSY,        /* of a GPU, percent; the busiest counts */
    TELLS_SWAP,        /* bytes, summed up */
    TELLS_SWAPOUTS,    /* pages */
    TELLS_STALLED,     /* counter of seconds somebody waited for memory: becomes a share of time */
    TELLS_FREE,        /* bytes, summed up */
    TELLS_KV,          /* tokens */
    TELLS_SOURCE       /* of power, in a label's value, where the series is 1 */
};

struct exporter_row {
    enum exporter_id exporter;
    const char *series;
    enum exporter_tells tells;
    double factor; /* to the field's unit; 0: 1 */
    const char *label,
        *value;       /* only where this label says so (with a '*' at its end: begins so) */
    const char *rail; /* a rail's name is this and the value of the label `from` */
    const char *from; /* also of TELLS_LEVEL and TELLS_SOURCE */
    bool whole;       /* a sum is none before all such rows of its field were there */
};
extern const struct exporter_row exporter_rows[];
extern const size_t exporter_row_count;

#endif
