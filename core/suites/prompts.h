/* prompts: deterministic, generated, coherent texts of a size in characters (protocol 2). No two
 * segments of a text are equal. Same seed, same text. */
#ifndef SUITES_PROMPTS_H
#define SUITES_PROMPTS_H

#include "model/run.h"

/* A salt of fixed length (SALT_CHARS) at the very start of a system prompt. policy "none" gives a
 * constant one. Drawn per run, pass, endpoint and suite. Caller frees. */
#define SALT_CHARS 24
char *prompt_salt(const char *policy, const char *run_id, int pass, int ep, enum suite_id suite,
                  int variant);

/* System prompt A, B, C …: agent instructions and a tool list, ≈ 7,000 (orchestrator) or 31,500
 * (deep) characters. Caller frees. */
char *prompt_system(enum workload workload, char which, const char *salt);
/* Only who it is, its duty and how to answer, ≈ 700 characters: for a quick burst, where prefill
 * would take longer than all else. Caller frees. */
char *prompt_brief(const char *salt);
/* User messages X, Y, Z, W …: ≈ 800 or 8,000 characters; each asks for an answer long enough not to
 * stop early. */
char *prompt_user(enum workload workload, char which, uint64_t seed);
/* The 50 K-token user, ≈ 265,000 characters. */
char *prompt_long(uint64_t seed);
/* The unrelated warm-up. */
char *prompt_warmup(void);
/* Burst and tick: question i of n, with its one integer answer. */
char *prompt_question(uint64_t seed, int index, int64_t *answer);

#endif
