#include "sim/prose.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "model/stats.h"

static const char *const words[] = {
    "agent",   "answer",  "archive",  "array",   "audit",   "balance", "batch",   "before",
    "behind",  "block",   "bound",    "branch",  "buffer",  "build",   "cache",   "call",
    "careful", "carries", "change",   "channel", "check",   "chunk",   "clean",   "client",
    "close",   "column",  "command",  "compare", "compute", "config",  "confirm", "context",
    "copy",    "count",   "covers",   "cursor",  "daily",   "data",    "decide",  "default",
    "delay",   "depth",   "detail",   "differs", "direct",  "draft",   "driver",  "early",
    "edge",    "edit",    "empty",    "engine",  "entry",   "error",   "event",   "every",
    "exact",   "expect",  "export",   "extra",   "factor",  "fails",   "field",   "file",
    "filter",  "final",   "first",    "flag",    "folder",  "follow",  "format",  "frame",
    "fresh",   "from",    "gives",    "global",  "graph",   "group",   "guard",   "handle",
    "header",  "height",  "hidden",   "history", "holds",   "host",    "idle",    "image",
    "import",  "index",   "inner",    "input",   "inside",  "issue",   "item",    "joins",
    "keeps",   "kernel",  "known",    "label",   "large",   "later",   "layer",   "leaf",
    "length",  "level",   "limit",    "line",    "linear",  "links",   "list",    "loads",
    "local",   "lock",    "logs",     "longer",  "lookup",  "lower",   "main",    "map",
    "margin",  "marker",  "match",    "measure", "memory",  "merge",   "metric",  "middle",
    "minor",   "missing", "mode",     "module",  "moves",   "name",    "narrow",  "nearby",
    "needs",   "nested",  "never",    "node",    "note",    "notice",  "number",  "object",
    "offset",  "older",   "only",     "opens",   "order",   "origin",  "other",   "outer",
    "output",  "over",    "owner",    "packet",  "page",    "panel",   "parser",  "part",
    "pass",    "patch",   "path",     "pattern", "pending", "phase",   "pixel",   "place",
    "plan",    "point",   "policy",   "pool",    "port",    "prefix",  "present", "prints",
    "process", "profile", "prompt",   "proof",   "public",  "query",   "queue",   "quick",
    "range",   "rate",    "reader",   "ready",   "reason",  "record",  "reduce",  "region",
    "release", "remote",  "repair",   "reply",   "report",  "request", "resets",  "result",
    "retry",   "returns", "review",   "rounds",  "route",   "row",     "rule",    "runs",
    "safe",    "sample",  "scan",     "schema",  "scope",   "score",   "search",  "second",
    "section", "seed",    "sends",    "series",  "server",  "session", "shape",   "share",
    "short",   "signal",  "simple",   "single",  "size",    "slot",    "small",   "smooth",
    "socket",  "sorted",  "source",   "split",   "stable",  "stack",   "stage",   "start",
    "state",   "static",  "status",   "steady",  "step",    "stops",   "store",   "stream",
    "strict",  "string",  "subset",   "suite",   "switch",  "symbol",  "system",  "table",
    "target",  "task",    "template", "terms",   "test",    "theme",   "thread",  "through",
    "ticket",  "timer",   "token",    "tool",    "total",   "trace",   "track",   "tree",
    "trial",   "turn",    "under",    "unit",    "update",  "upper",   "user",    "value",
    "vector",  "version", "view",     "visit",   "waits",   "warm",    "watch",   "weight",
    "whole",   "width",   "window",   "within",  "without", "worker",  "writes",  "yields",
};

double prose_share(uint64_t *state) {
    return (double)(stats_random(state) >> 11) * 0x1p-53;
}

void prose_init(struct prose *prose, uint64_t seed) {
    *prose = (struct prose){.state = seed};
}

/* A sentence is 5 to 9 words, and one of the middle is a number: long texts keep finding words they
 * have not used. */
void prose_token(struct prose *prose, char out[PROSE_TOKEN_MAX]) {
    uint64_t draw = stats_random(&prose->state);
    bool begins = prose->left == 0;
    if (begins) {
        prose->left = 5 + (int)(draw >> 60) % 5;
        prose->sentences++;
    }
    const char *before = " ";
    if (begins && prose->sentences == 1)
        before = "";
    else if (begins && prose->sentences % 6 == 1)
        before = "\n\n";
    const char *close = prose->left == 1 ? "." : "";
    if (prose->left == 3) {
        snprintf(out, PROSE_TOKEN_MAX, "%s%d", before, (int)(draw % 90000) + 10);
    } else {
        snprintf(out, PROSE_TOKEN_MAX, "%s%s%s", before, words[draw % COUNT_OF(words)], close);
        char *first = out + strlen(before);
        if (begins)
            *first = (char)(*first - 'a' + 'A');
    }
    prose->left--;
}

void prose_answer(int index, int64_t answer, char out[PROSE_TOKEN_MAX]) {
    static const char *const lead[PROSE_ANSWER_TOKENS - 1] = {" So", " the", " answer", " is"};
    if (index < PROSE_ANSWER_TOKENS - 1)
        snprintf(out, PROSE_TOKEN_MAX, "%s", lead[index]);
    else
        snprintf(out, PROSE_TOKEN_MAX, "\n%" PRId64, answer);
}
