/* weights_file: the user's weights: a JSON object (comments allowed) of part and weight. Parts that
 * it does not name have none. */
#ifndef STORE_WEIGHTS_FILE_H
#define STORE_WEIGHTS_FILE_H

#include "model/weights.h"

/* False: `error` says file:line:column and what; `weights` is as it was. */
bool weights_parse(struct weights *weights, const char *file, const char *text, size_t length,
                   struct error *error);
bool weights_read(struct weights *weights, const char *path, struct error *error);

#endif
