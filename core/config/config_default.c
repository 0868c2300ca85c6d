/* The file that --default-config prints, from the tables of options and of an endpoint's keys. */
#include <string.h>

#include "config/config.h"
#include "config/option_table.h"

/* What an option may be where its default does not stand in struct options, as JSON. */
static const struct {
    const char *name, *value;
    bool is_default;
} values[] = {
    {"model", "\"Qwen3.6-35B-A3B\"", false},
    {"suite", "[\"agentic\"]", true},
    {"burst", "[30, 60, 80]", true},
    {"max-tokens", "256", false},
    {"thinking", "\"off\"", false},
    {"extra-body", "{\"top_k\": 20}", false},
    {"seed", "1", false},
    {"salt", "\"random\"", true},
    {"weights", "\"weights.json\"", false},
    {"published", "\"published.json\"", false},
    {"suite-file", "\"suite.json\"", false},
    {"speed", "1", true},
    {"until", "\"1m30s\"", false},
    {"size", "\"120x40\"", false},
    {"keys", "\"jj<Enter>\"", false},
    {"dump", "\"text\"", false},
    {"format", "\"table\"", true},
    {"fail-over", "\"5%\"", false},
    {"results", "\"/var/tmp/pitwall\"", false},
};

/* Not for a file: the command line's own, and what stands elsewhere in it. */
static bool is_left_out(const char *name) {
    static const char *const names[] = {"endpoint", "theme",          "config", "resume",
                                        "help",     "default-config", "version"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void put_choice(struct buf *out, const char *choices, unsigned index) {
    while (index-- > 0)
        choices += strcspn(choices, "|") + 1;
    buf_printf(out, "\"%.*s\"", (int)strcspn(choices, "|"), choices);
}

/* The value as JSON; whether it is the default. */
static bool put_value(struct buf *out, const struct options *defaults,
                      const struct option_row *row) {
    const char *place = (const char *)defaults + row->offset;
    switch (row->kind) {
    case OPTION_FLAG:
        return buf_text(out, "false");
    case OPTION_INTEGER:
        if (*(const int *)(const void *)place < row->least)
            break; /* below what may be asked for: the suite's own */
        return buf_printf(out, "%d", *(const int *)(const void *)place);
    case OPTION_NUMBER:
        return buf_printf(out, "%g", *(const double *)(const void *)place);
    case OPTION_CHOICE:
        put_choice(out, row->choices, *(const unsigned *)(const void *)place);
        return true;
    case OPTION_TEXT:
    case OPTION_CUSTOM:
        break;
    }
    for (size_t i = 0; i < COUNT_OF(values); i++)
        if (strcmp(values[i].name, row->name) == 0) {
            buf_text(out, values[i].value);
            return values[i].is_default;
        }
    buf_printf(out, "\"%s\"", row->argument);
    return false;
}

static void put_options(struct buf *out) {
    struct options defaults;
    size_t count;
    const char *group = "";
    const struct option_row *rows = option_rows(&count);
    options_init(&defaults);
    for (size_t i = 0; i < count; i++) {
        if (is_left_out(rows[i].name))
            continue;
        if (strcmp(group, rows[i].group) != 0)
            buf_printf(out, "%s    // %s\n", group[0] ? "\n" : "", rows[i].group);
        group = rows[i].group;
        buf_printf(out, "    // \"%s\": ", rows[i].name);
        bool known = put_value(out, &defaults, &rows[i]);
        buf_printf(out, ",  // %s%s\n", known ? "" : "for example; ", rows[i].help);
    }
    options_done(&defaults);
}

static void put_endpoints(struct buf *out, int (*port_of)(enum engine_id engine)) {
    const char *key, *about, *example;
    buf_text(out, "    // Engines at their usual ports on this machine:\n");
    for (int engine = 0; engine < ENGINE_COUNT; engine++) {
        int port = port_of((enum engine_id)engine);
        const char *word = engine_word((enum engine_id)engine);
        if (port > 0)
            buf_printf(out,
                       "    // {\"name\": \"%s\", \"url\": \"http://127.0.0.1:%d\", "
                       "\"engine\": \"%s\"},\n",
                       word, port, word);
    }
    buf_text(out,
             "    // One with every key, each an example; name and url are needed:\n    // {\n");
    for (size_t i = 0; (key = endpoint_key(i, &about, &example)); i++)
        buf_printf(out, "    //   \"%s\": %s,  // %s\n", key, example, about);
    buf_text(out, "    // },\n");
}

void config_default(struct buf *out, int (*port_of)(enum engine_id engine)) {
    buf_text(out,
             "// pitwall's config file: JSON with comments, trailing commas allowed. Every key "
             "is optional:\n// take the // away in front of what you set.\n{\n"
             "  // What is measured, all of it unless -e NAME picks some. With none given, "
             "pitwall looks\n  // for engines on this machine.\n"
             "  \"endpoints\": [\n");
    put_endpoints(out, port_of);
    buf_text(out, "  ],\n\n  // Options by their long names; the command line goes over them. Each "
                  "line has the\n  // default, or says that it is an example.\n"
                  "  \"defaults\": {\n");
    put_options(out);
    buf_text(out, "  },\n\n  // A built-in theme or a file.\n  \"theme\": \"default\"\n}\n");
}
