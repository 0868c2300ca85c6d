/* The chunk that nearly every token comes in, read in one pass and without a tree: one choice, one
 * text, nothing else that says anything. Whatever is not just so is left to the full way. */
#include <string.h>

#include "base/scan.h"
#include "base/text.h"
#include "net/chat_inner.h"

static bool is_word(const struct slice *slice, const char *word) {
    return slice->length == strlen(word) && memcmp(slice->at, word, slice->length) == 0;
}

/* Place of a key in `words`, each of which may come once. */
static int take_key(const struct slice *key, const char *const *words, int count, unsigned *seen) {
    for (int i = 0; i < count; i++) {
        if (!is_word(key, words[i]) || *seen & 1u << i)
            continue;
        *seen |= 1u << i;
        return i;
    }
    return -1;
}

static bool take_null(struct scan *scan) {
    enum scan_kind kind;
    return scan_peek(scan) == SCAN_NULL && scan_word(scan, &kind) && kind == SCAN_NULL;
}

/* A string, or null as an empty one. */
static bool take_text(struct scan *scan, struct slice *text) {
    if (scan_peek(scan) != SCAN_STRING)
        return take_null(scan);
    if (!scan_value(scan, text))
        return false;
    text->at++; /* the quotes */
    text->length -= 2;
    return true;
}

static bool take_delta(struct scan *scan, struct brief *out) {
    static const char *const keys[] = {"content", "reasoning_content", "reasoning", "thinking",
                                       "role",    "tool_calls"};
    unsigned seen = 0;
    struct slice key;
    if (scan_peek(scan) != SCAN_OBJECT || !scan_open(scan, '{'))
        return false;
    while (scan_key(scan, &key)) {
        struct slice text = {NULL, 0};
        int which = take_key(&key, keys, COUNT_OF(keys), &seen);
        if (which < 0 || (which == 5 ? !take_null(scan) : !take_text(scan, &text)))
            return false;
        if (which >= 4 || text.length == 0)
            continue;
        if (out->text.length > 0) /* both, or reasoning under two names */
            return false;
        out->text = text;
        out->reasons = which > 0;
    }
    return !scan->problem;
}

static bool take_choice(struct scan *scan, struct brief *out) {
    static const char *const keys[] = {"delta", "index", "finish_reason", "logprobs"};
    unsigned seen = 0;
    struct slice key;
    if (scan_peek(scan) != SCAN_OBJECT || !scan_open(scan, '{'))
        return false;
    while (scan_key(scan, &key)) {
        int which = take_key(&key, keys, COUNT_OF(keys), &seen);
        bool good = which == 0   ? take_delta(scan, out)
                    : which == 1 ? scan_value(scan, NULL)
                                 : which > 1 && take_null(scan);
        if (!good)
            return false;
    }
    return !scan->problem && seen & 1u;
}

static bool take_choices(struct scan *scan, struct brief *out) {
    int count = 0;
    if (scan_peek(scan) != SCAN_ARRAY || !scan_open(scan, '['))
        return false;
    while (scan_item(scan))
        if (count++ > 0 || !take_choice(scan, out))
            return false;
    return !scan->problem && count == 1;
}

bool chat_brief(const char *data, size_t length, struct brief *out) {
    static const char *const keys[] = {"choices", "model", "system_fingerprint", "usage", "id",
                                       "created", "object"};
    unsigned seen = 0;
    struct scan scan;
    struct slice key;
    *out = (struct brief){{NULL, 0}, false, {NULL, 0}, {NULL, 0}};
    scan_init(&scan, data, length);
    if (scan_peek(&scan) != SCAN_OBJECT || !scan_open(&scan, '{'))
        return false;
    while (scan_key(&scan, &key)) {
        int which = take_key(&key, keys, COUNT_OF(keys), &seen);
        bool good = which == 0   ? take_choices(&scan, out)
                    : which == 1 ? take_text(&scan, &out->model)
                    : which == 2 ? take_text(&scan, &out->fingerprint)
                    : which == 3 ? take_null(&scan)
                                 : which > 3 && scan_value(&scan, NULL);
        if (!good)
            return false;
    }
    return scan_end(&scan) && !scan.odd && seen & 1u;
}

bool chat_brief_text(const struct slice *text, struct buf *to) {
    if (!memchr(text->at, '\\', text->length))
        return buf_append(to, text->at, text->length);
    struct scan scan;
    scan_init(&scan, text->at - 1, text->length + 2);
    return scan_string(&scan, to);
}

#define MOULD_MAX ((size_t)4096) /* a larger chunk is no usual one */

void mould_init(struct mould *mould) {
    *mould = (struct mould){.before = 0};
    buf_init(&mould->bytes, MOULD_MAX);
}

void mould_done(struct mould *mould) {
    buf_done(&mould->bytes);
}

void mould_take(struct mould *mould, const char *data, size_t length, const struct brief *brief) {
    mould->before = 0;
    buf_reset(&mould->bytes);
    if (brief->text.length == 0 || !buf_append(&mould->bytes, data, length))
        return;
    mould->before = (size_t)(brief->text.at - data);
    mould->after = length - mould->before - brief->text.length;
    mould->reasons = brief->reasons;
}

bool mould_fits(const struct mould *mould, const char *data, size_t length, struct brief *out) {
    size_t around = mould->before + mould->after;
    if (mould->before == 0 || length < around ||
        memcmp(mould->bytes.data, data, mould->before) != 0 ||
        memcmp(mould->bytes.data + mould->bytes.length - mould->after, data + length - mould->after,
               mould->after) != 0)
        return false;
    *out =
        (struct brief){.text = {data + mould->before, length - around}, .reasons = mould->reasons};
    for (size_t i = 0; i < out->text.length; i++) {
        unsigned char c = (unsigned char)out->text.at[i];
        if (c < 0x20 || c == '"' || c == '\\')
            return false;
    }
    return true;
}
