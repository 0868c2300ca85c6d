/* config: the user's file: JSON with comments, endpoints and defaults. Read before the screen
 * opens; all errors at once, each as file:line:column. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "config/options.h"

#define CONFIG_SIZE_MAX ((size_t)1 << 20)

/* Read `path` into options. A missing file is an error only when `required`. False when `errors`
 * got at least one line. */
bool config_read(struct options *options, const char *path, bool required, struct buf *errors);

/* A commented file with every key, for --default-config: its default or an example, what it means,
 * and an endpoint for each engine that has a usual port (0: none). It parses as it is and with any
 * of the commented values taken in. */
void config_default(struct buf *out, int (*port_of)(enum engine_id engine));

#endif
