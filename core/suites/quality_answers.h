/* quality_answers: what a single answer is worth: probes of thinking, values, instructions. Pure.
 */
#ifndef SUITES_QUALITY_ANSWERS_H
#define SUITES_QUALITY_ANSWERS_H

#include "suites/score.h"

/* `item` is the question as it stands in the data. */

/* "check": "no-leak" (no tags of reasoning in the answer), "non-empty" (something visible within
 * the budget, cut off or not), "off" (no reasoning came). */
void answer_probe(struct score *score, const struct reply *reply, const struct cJSON *item);
/* "answer", or one of "also": the value behind the last "Answer:", else the last line. */
void answer_value(struct score *score, const struct reply *reply, const struct cJSON *item);
/* "instructions": 1 point when all hold strictly. The detail tells all four figures: "strict 2 of
 * 3, loose 3 of 3; words; 120 characters of reasoning left out". */
void answer_instructions(struct score *score, const struct reply *reply, const struct cJSON *item);

/* The value that a text ends with; the caller frees. */
char *answer_final(const char *text);

#endif
