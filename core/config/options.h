/* options: THE table of options: argv, the config file's "defaults", --help and --default-config
 * all come from it. Knows words and ranges; knows nothing of what is done with them. */
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
int command_find(const char *word);         /* -1 unknown */
const char *command_near(const char *word); /* one that is spelled much alike; NULL */

enum order { ORDER_INTERLEAVED, ORDER_BLOCKED };
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum glyphs { GLYPHS_AUTO, GLYPHS_BRAILLE, GLYPHS_BLOCK, GLYPHS_ASCII };

#define BURST_SIZES_MAX 16
#define BURST_SIZE_MAX 2000
#define OPTION_ROWS_MAX 64
#define BESIDE_MAX 7 /* with the live one eight on a screen */

struct options {
    enum command command;
    bool command_named; /* else it is the default one */
    char **operands;    /* RUN…, URL…, PROFILE…, FILE…; owned */
    size_t operand_count;
    struct endpoint *endpoints; /* to measure: those of -e, else the config file's */
    size_t endpoint_count;
    struct endpoint *configured; /* the config file's */
    size_t configured_count;
    char *model;
    bool suites[SUITE_COUNT];
    int passes;
    bool quick;
    int burst[BURST_SIZES_MAX];
    size_t burst_count;
    int tick;       /* calls of a tick */
    int max_tokens; /* 0: the suite's own */
    enum workload workload;
    enum thinking thinking; /* only if thinking_set; else the suite's own */
    bool thinking_set;
    char *extra_body; /* a JSON object */
    double timeout_s; /* of a call */
    double pause_s;   /* between calls */
    uint64_t seed;
    bool seed_set;
    char *salt; /* NULL: random */
    enum order order;
    bool no_stream;
    char *weights, *published, *suite_file;
    char *beside[BESIDE_MAX]; /* names of saved runs to play beside the live one; owned */
    size_t beside_count;
    char *resume; /* name of the run that goes on; NULL: a new one */
    bool json;
    char *results, *config;
    bool default_config, plain, version, help;
    enum color color;
    char *theme;
    enum glyphs glyphs;
    double speed;      /* of a replay; INFINITY: as fast as it goes */
    double until_s;    /* NaN: the end */
    int width, height; /* 0: the terminal's */
    char *keys;
    char *dump; /* "text" "ansi" "svg" */
    char *format;
    double fail_over; /* percent; NaN: never */
    int port;         /* first port of simulated engines; 0: any */
    bool yes;

    bool given[OPTION_ROWS_MAX]; /* by row of the table: named by the user or the config file */
    bool typed[OPTION_ROWS_MAX]; /* by the user, this time */
};

void options_init(struct options *options);
void options_done(struct options *options);

/* Parse argv over what is set. False: `error` says which word is wrong and what it could be. */
bool options_parse(struct options *options, int argc, char **argv, struct error *error);

/* Set one by its long name, as the config file's "defaults" do. */
bool options_set(struct options *options, const char *name, const char *value, struct error *error);

/* After the config file and argv: endpoints named by -e NAME come from the config file, --quick and
 * `demo` fill what was not given, suites get their default. Call once. */
bool options_settle(struct options *options, struct error *error);

/* --help, from the tables: of one command, or (COMMAND_COUNT) of all. */
void options_help(enum command command, struct buf *out);
/* Whether the command looks at this option (COMMAND_COUNT: any does). */
bool command_takes(enum command command, const char *option);

/* As resolved, a JSON object for the log's header. Secrets and commands left out; named where an
 * endpoint had them. */
void options_resolved(const struct options *options, struct buf *out);
/* As they were for a saved run, from its header: what it measures, how, and its endpoints. What no
 * log keeps is taken from the endpoints of that name in `options` (of -e and the config file), as
 * is an address that has changed. False and `error` when something of it is not given, or the run
 * was none of 'pitwall run'. */
bool options_restore(struct options *options, const struct run *run, struct error *error);

/* "NAME=URL[,key=value…]", "URL" or "NAME" (of the config file; url stays NULL) into an initialised
 * endpoint. */
bool endpoint_parse(const char *text, struct endpoint *endpoint, struct error *error);
/* Set one field by its key in the config file ("url", "engine", "key_env" …). */
bool endpoint_set(struct endpoint *endpoint, const char *key, const char *value,
                  struct error *error);
/* Keys of an endpoint in order, with what each means and a value as JSON; NULL past the last. */
const char *endpoint_key(size_t index, const char **about, const char **example);

#endif
