/* expected: in one line, what would have been right: for the score of an answer that was not. Pure.
 * The caller frees what it is given. */
#ifndef SUITES_EXPECTED_H
#define SUITES_EXPECTED_H

struct cJSON;

#define EXPECTED_MAX 300 /* bytes, with the NUL */

/* "edit_file with path, edits": a call of `tool`, with the members that its schema requires. */
char *expected_call(const struct cJSON *tools, const char *tool);
/* Of a single question: its "answer" (and "also"), its "instructions" ("words exactly 6;
 * lowercase"), or what its "check" looks for. */
char *expected_answer(const struct cJSON *item);

/* Of an episode, a function a scorer (quality_trace.h). */
char *expected_recovery(const struct cJSON *episode); /* "read_file with path `src/core/tally.c`" */
char *expected_brief(const struct cJSON *episode);
char *expected_delivery(const struct cJSON *episode);
char *expected_order(const struct cJSON *episode); /* "deploy, run_tests, in this order" */
char *expected_search(const struct cJSON *episode);

#endif
