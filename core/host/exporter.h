/* exporter: a machine's figures from the Prometheus page of an exporter that runs there already.
 * Which one it is is known by its series, not by its port (9090 is shared by three). Knows nothing
 * of how the page came here. */
#ifndef HOST_EXPORTER_H
#define HOST_EXPORTER_H

#include "model/event.h"

/* What is remembered of one page between readings: counters, and when they moved. */
struct exporter;
struct exporter *exporter_new(void);
void exporter_free(struct exporter *exporter);

/* Adds what a page that came at `at_ns` tells to a sample; figures it holds already stay. Joules
 * are published when the exporter says so, else when their counter is seen to move. False when the
 * page holds no series that is known. */
bool exporter_read(struct exporter *exporter, const char *page, size_t length, int64_t at_ns,
                   int64_t epoch_ns, struct sample *sample);

/* At the last reading a rail was published just when it was asked for: asking more often tells
 * more.
 */
bool exporter_is_live(const struct exporter *exporter);

/* The exporter's name, as its series told at the last reading; NULL before. Static. */
const char *exporter_name(const struct exporter *exporter);

#endif
