#include "sim/speech.h"

#include <string.h>

#include "model/stats.h"

#define TOKENS_DEFAULT 256  /* of a request without max_tokens */
#define SCRIPT_REASONING 40 /* tokens a scripted model thinks */
#define PIECE_BYTES 4       /* of a scripted text, whole characters */

/* ---- pieces of scripted texts ---- */

static size_t piece_at(const char *text, size_t at) {
    size_t length = 0;
    while (text[at + length] != '\0' &&
           (length < PIECE_BYTES || ((unsigned char)text[at + length] & 0xc0) == 0x80))
        length++;
    return length;
}

static int64_t count_pieces(const char *text) {
    int64_t count = 0;
    for (size_t at = 0; text != NULL && text[at] != '\0'; at += piece_at(text, at))
        count++;
    return count;
}

/* ---- the plan ---- */

static int64_t budget_of(const struct ask *ask) {
    return ask->max_tokens >= 0 ? ask->max_tokens : TOKENS_DEFAULT;
}

/* A call that is cut goes on until the budget is used up: "length" is said of nothing less. */
static void plan_script(struct speech *speech, const struct ask *ask, bool thinks) {
    speech->reasoning = thinks ? SCRIPT_REASONING : 0;
    int64_t before = speech->reasoning + count_pieces(speech->say.content);
    speech->calling = speech->say.name != NULL ? 1 + count_pieces(speech->say.arguments) : 0;
    if (speech->say.cut && before + speech->calling < budget_of(ask))
        speech->calling = budget_of(ask) - before;
    speech->total = before + speech->calling;
    if (speech->say.breaks && speech->total < SCRIPT_BREAKS_AT)
        speech->total = SCRIPT_BREAKS_AT;
}

static void plan_prose(struct speech *speech, const struct ask *ask, bool thinks) {
    speech->total = budget_of(ask);
    if (thinks)
        speech->reasoning = (int64_t)((double)speech->total * speech->profile->thinking.share);
}

static void take_script(struct speech *speech, const struct ask *ask, bool thinks) {
    enum script_id script = script_of_model(ask->model);
    if (ask->tree != NULL)
        script_play(&speech->say, script != SCRIPT_COUNT ? script : speech->profile->script,
                    ask->tree, thinks);
}

void speech_init(struct speech *speech, const struct ask *ask, const struct profile *profile) {
    uint64_t seed = stats_hash(0, buf_string(&ask->prompt));
    bool thinks = ask_thinks(ask, profile);
    *speech = (struct speech){.profile = profile, .draws = ~seed};
    prose_init(&speech->prose, seed);
    take_script(speech, ask, thinks);
    if (speech->say.content != NULL || speech->say.name != NULL)
        plan_script(speech, ask, thinks);
    else
        plan_prose(speech, ask, thinks);
    if (ask->max_tokens >= 0 && speech->total > ask->max_tokens) {
        speech->total = ask->max_tokens;
        speech->say.cut = true;
    }
    speech->is_question = ask->is_question && speech->say.content == NULL;
    speech->answer = ask->answer;
    if (prose_share(&speech->draws) < profile->wrong_answers)
        speech->answer += 1;
}

void speech_done(struct speech *speech) {
    script_done(&speech->say);
}

/* ---- saying it ---- */

int64_t speech_step(struct speech *speech) {
    const struct profile *profile = speech->profile;
    if (speech->done == 0)
        return 1;
    int64_t tokens = 1;
    if (profile->mtp.draft == 0) {
        tokens = profile->tokens_per_chunk;
    } else {
        speech->drafted += profile->mtp.draft;
        while (tokens <= profile->mtp.draft &&
               prose_share(&speech->draws) < profile->mtp.acceptance)
            tokens++;
        speech->accepted += tokens - 1;
    }
    int64_t left = speech->total - speech->done;
    return tokens < left ? tokens : left;
}

static void say_piece(const char *from, size_t *at, struct buf *text) {
    size_t length = piece_at(from, *at);
    buf_append(text, from + *at, length);
    *at += length;
}

static void say_prose(struct speech *speech, bool reasoning, struct buf *text) {
    char token[PROSE_TOKEN_MAX];
    int64_t left = speech->total - speech->done;
    if (!reasoning && speech->is_question && left <= PROSE_ANSWER_TOKENS)
        prose_answer((int)(PROSE_ANSWER_TOKENS - left), speech->answer, token);
    else
        prose_token(&speech->prose, token);
    buf_text(text, token);
}

static bool content_is_left(const struct speech *speech) {
    const char *content = speech->say.content;
    if (content != NULL)
        return content[speech->content_at] != '\0';
    return speech->say.name == NULL;
}

/* What the next token is of. A stream that breaks may be told to go on for longer than it has
 * something to say. */
static enum speech_kind kind_of_next(const struct speech *speech) {
    if (speech->done < speech->reasoning)
        return SPEECH_REASONING;
    return content_is_left(speech) || speech->say.name == NULL ? SPEECH_CONTENT : SPEECH_CALL;
}

static void say_token(struct speech *speech, enum speech_kind kind, struct buf *text) {
    if (kind == SPEECH_CALL && speech->named && speech->say.arguments[speech->call_at] != '\0')
        say_piece(speech->say.arguments, &speech->call_at, text);
    else if (kind == SPEECH_CALL && !speech->named)
        speech->named = true;
    else if (kind == SPEECH_CONTENT && speech->say.content != NULL && content_is_left(speech))
        say_piece(speech->say.content, &speech->content_at, text);
    else
        say_prose(speech, kind == SPEECH_REASONING, text);
    speech->done++;
}

int64_t speech_next(struct speech *speech, int64_t most, struct buf *text, enum speech_kind *kind) {
    int64_t count = 0;
    *kind = kind_of_next(speech);
    while (count < most && speech->done < speech->total && kind_of_next(speech) == *kind) {
        say_token(speech, *kind, text);
        count++;
    }
    return count;
}

bool speech_is_over(const struct speech *speech) {
    if (speech->say.breaks && speech->done >= SCRIPT_BREAKS_AT)
        return true;
    return speech->done >= speech->total;
}

const char *speech_finish(const struct speech *speech) {
    bool scripted = speech->say.content != NULL || speech->say.name != NULL;
    if (speech->say.cut || !scripted)
        return "length";
    return speech->say.name != NULL ? "tool_calls" : "stop";
}
