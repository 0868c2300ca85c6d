/* options: THE table of options: argv, config file's "defaults", --help and --default-config all
 * come from it. */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include "model/run.h"

enum command {
    COMMAND_RUN,
    COMMAND_DEMO,
    COMMAND_SOLO,
    COMMAND_REPLAY,
    COMMAND_REPORT,
    COMMAND_COMPARE,
    COMMAND_IMPORT,
    COMMAND_RUNS,
    COMMAND_RM,
    COMMAND_PROBE,
    COMMAND_SIM,
    COMMAND_COUNT
};
const char *command_word(enum command command);

enum order { ORDER_INTERLEAVED, ORDER_BLOCKED };
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum glyphs { GLYPHS_AUTO, GLYPHS_BRAILLE, GLYPHS_BLOCK, GLYPHS_ASCII };

struct options {
    enum command command;
    char **operands;
    size_t operand_count; /* RUN…, URL…, PROFILE…, FILE… */
    struct endpoint *endpoints;
    size_t endpoint_count; /* -e and the config's */
    char *model;
    bool suites[SUITE_COUNT];
    int passes;
    bool quick;
    int burst[16];
    size_t burst_count;
    int max_tokens; /* 0: the suite's own */
    enum workload workload;
    enum thinking thinking; /* THINKING_DEFAULT: the suite's own */
    bool thinking_set;
    char *extra_body;
    double timeout_s; /* of a call; 0: 900 */
    double pause_s;
    uint64_t seed;
    bool seed_set;
    char *salt; /* NULL: random */
    enum order order;
    bool no_stream;
    char *resume, *beside, *weights, *suite_file;
    bool json;
    char *results, *config;
    bool default_config, plain, version, help;
    enum color color;
    char *theme;
    enum glyphs glyphs;
    /* replay, dump */
    double speed;      /* INFINITY: max */
    double until_s;    /* NaN: the end */
    int width, height; /* 0: the terminal's */
    char *keys, *dump; /* "text" "ansi" "svg" */
    char *format, *output;
    double fail_over; /* percent; NaN */
    bool yes;
};

void options_init(struct options *options);
void options_done(struct options *options);
/* Parse argv over what is set. False: `error` says which word is wrong and what it could be. */
bool options_parse(struct options *options, int argc, char **argv, struct error *error);
/* Set one by its long name, as the config file's "defaults" do. */
bool options_set(struct options *options, const char *name, const char *value, struct error *error);
/* "NAME=URL[,key=value…]" or a bare URL into an endpoint. */
bool options_endpoint(const char *text, struct endpoint *endpoint, struct error *error);

void options_help(struct buf *out); /* --help, from the table */
void options_resolved(const struct options *options,
                      struct buf *out); /* JSON object for the log's header */

/* The user's file: endpoints, defaults, theme. Missing file at the default place is no error. All
 * errors found, one a line, in `errors` (file:line:column: what). */
bool config_read(struct options *options, const char *path, struct buf *errors);
void config_default(struct buf *out); /* a commented file with every key */

#endif
