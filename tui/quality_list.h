/* quality_list: the quality view's lines: a section a suite, in it a line for each endpoint and
 * phase; where they stand, and what is selected. Draws nothing. */
#ifndef TUI_QUALITY_LIST_H
#define TUI_QUALITY_LIST_H

#include "scorecard.h"

struct quality_line {
    int card;
    const struct row_ref *ref; /* into the list's rows */
    int column;
    bool leads, alone; /* first of its endpoint in this section; the only one */
};
struct quality_list {
    struct rows rows;
    struct scorecard cards[SUITE_COUNT];
    int card_count;
    struct quality_line *lines;
    int count;
    size_t capacity;
};
void quality_list_collect(const struct scene *scene, const struct ui *ui, struct quality_list *out);
void quality_list_done(struct quality_list *list);

/* The line of the selected endpoint and phase; while none is chosen, where the endpoint is at work,
 * else its first. -1: no lines. */
int quality_list_selected(const struct quality_list *list, const struct ui *ui);
void quality_list_select(const struct quality_list *list, struct ui *ui, int line);
/* Lines on screen before this one: a head above each section, a blank between them. */
int quality_list_place(const struct quality_list *list, int line);
int quality_list_height(const struct quality_list *list);

struct quality_layout {
    struct rect box, list, detail; /* list: inside the box */
    int label, strip, failures;    /* cells; failures 0: no room */
    bool latency;
};
void quality_list_layout(const struct quality_list *list, struct rect rect,
                         struct quality_layout *out);
/* All repeats stand beside each other; else a turn is one mark over its repeats. */
bool quality_list_spread(const struct scorecard *card, int strip);

/* Place in `at` of the selected call; of none chosen, the last that failed, else the last. -1: no
 * turn is scored. */
int quality_list_turn(const struct scored *scored, const struct ui *ui);
/* The next place with another call in this direction, in the order on screen; -1: none. */
int quality_list_step(const struct scorecard *card, const struct scored *scored, bool spread,
                      int from, int by, bool failing);

#endif
