/* usage: what --help prints: the options of all commands or of one, and the words that their values
 * may be, each list from the table that reads them. */
#ifndef TUI_USAGE_H
#define TUI_USAGE_H

#include "config/options.h"

void usage_print(const struct options *options, struct buf *out);

#endif
