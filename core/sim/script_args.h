/* script_args: arguments for a tool's schema out of the words of a text. Pure. */
#ifndef SIM_SCRIPT_ARGS_H
#define SIM_SCRIPT_ARGS_H

#include "base/buf.h"

struct cJSON;

/* What is done to them. */
enum args_fault { ARGS_RIGHT, ARGS_EMPTY, ARGS_STRINGS };

/* Appends a JSON object for `schema` (of an object; NULL: no parameters). `leave` are names of
 * tools: not taken for values when they stand in backticks; a list of tool definitions, or NULL. */
void args_fill(struct buf *out, const struct cJSON *schema, const char *text,
               const struct cJSON *leave, enum args_fault fault);

/* The text of backticks `index` in `text`; false: there are fewer. */
bool args_span(const char *text, size_t index, const char **begin, size_t *length);

/* Appends `arguments` (of a call that failed) with what `text` has in backticks put in the place of
 * the text in them that is most like it. False: nothing came of it. */
bool args_correct(struct buf *out, const char *arguments, const char *text,
                  const struct cJSON *leave);

/* A text with a heading for each backticks from `from` on; false: there are none. */
bool args_document(struct buf *out, const char *text, size_t from, const struct cJSON *leave);

#endif
