/* option_table: the rows behind options.h and how a value gets into its place. Private to config.
 */
#ifndef CONFIG_OPTION_TABLE_H
#define CONFIG_OPTION_TABLE_H

#include "config/options.h"

enum option_kind {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_INTEGER,
    OPTION_NUMBER,
    OPTION_CHOICE, /* one of `choices`, stored as its index */
    OPTION_CUSTOM  /* by `assign` */
};

struct option_row {
    const char *name; /* long name; also the key in the config file's "defaults" */
    char letter;      /* 0: none */
    enum option_kind kind;
    size_t offset;        /* in struct options */
    const char *argument; /* shown in help; NULL for flags */
    double least, most;   /* of integers and numbers */
    const char *choices;  /* "auto|braille|block|ascii" */
    bool (*assign)(struct options *options, const char *value, struct error *error);
    const char *group, *help;
};

/* Groups of options that more than their own row must know. */
#define OPTION_SHOW "What to show"
#define OPTION_REPLAY "Replay and reports"
#define OPTION_PLACES "Places"

const struct option_row *option_rows(size_t *count);
char **option_text(struct options *options, const struct option_row *row);
bool option_assign(struct options *options, const struct option_row *row, const char *value,
                   struct error *error);
/* Whether the user named it on the command line. */
bool option_typed(const struct options *options, const char *name);
/* Takes `endpoint`, also when it fails. */
bool option_add_endpoint(struct endpoint **list, size_t *count, struct endpoint *endpoint,
                         struct error *error);

#endif
