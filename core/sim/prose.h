/* prose: what a simulated engine says: English-looking sentences, seeded, never degenerate. */
#ifndef SIM_PROSE_H
#define SIM_PROSE_H

#include <stddef.h>
#include <stdint.h>

#define PROSE_TOKEN_MAX 32

struct prose {
    uint64_t state;
    int left;      /* words to the end of the sentence; 0: begin one */
    int sentences; /* written */
};

void prose_init(struct prose *prose, uint64_t seed);
/* The next token: one word with the blank before it and what closes its sentence. Never empty. */
void prose_token(struct prose *prose, char out[PROSE_TOKEN_MAX]);
/* Token `index` of those that end a reply with `answer`, alone on the last line. */
#define PROSE_ANSWER_TOKENS 5
void prose_answer(int index, int64_t answer, char out[PROSE_TOKEN_MAX]);

/* The next of a seeded sequence as a share in [0, 1). */
double prose_share(uint64_t *state);

#endif
