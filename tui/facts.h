/* facts: what is known of one endpoint, as labelled lines: who it is, what the suites say of it,
 * which gates tripped and why. For the engine view and the board's detail pane. */
#ifndef TUI_FACTS_H
#define TUI_FACTS_H

#include "draw.h"

struct fact {
    char label[12];
    char value[320];
    enum role role; /* of the value */
};
#define FACTS_MOST 24

/* Fill `facts`; returns how many. */
int facts_collect(const struct row_ref *ref, struct fact facts[FACTS_MOST]);
/* Draw as many as fit, one line each. */
void facts_draw(const struct draw *draw, struct rect rect, const struct fact *facts, int count);

/* The verdict that stands in the board's row: the suite's one word and its ratio. */
const struct verdict *facts_verdict(const struct row_ref *ref);
enum role facts_verdict_role(const struct verdict *verdict);
/* "memory pressure" of gate memory_pressure. */
#define GATE_TEXT 32
void facts_gate_title(enum gate_id gate, char out[GATE_TEXT]);
enum role facts_gate_role(enum gate_id gate);

#endif
