/* reply_parts: members that several kinds of replies share, and the replies of Ollama's own API.
 * For reply.c alone. */
#ifndef SIM_REPLY_PARTS_H
#define SIM_REPLY_PARTS_H

#include "base/json.h"
#include "sim/reply.h"

void reply_put_usage(const struct reply *reply, struct json_writer *w,
                     const struct reply_figures *figures);
/* llama.cpp's "timings". */
void reply_put_timings(struct json_writer *w, const struct reply_figures *figures);
/* "stats" of LM Studio's /api/v0, and what it tells of the model in a whole reply. */
void reply_put_stats(struct json_writer *w, const char *finish,
                     const struct reply_figures *figures);
void reply_put_runtime(const struct reply *reply, struct json_writer *w);

/* Lines of /api/chat. `done` NULL: not the last. */
void reply_line(const struct reply *reply, struct buf *out, const struct reply_texts *texts,
                const char *done, const struct reply_figures *figures);

#endif
