#include "store/published.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/json.h"

#define MODELS_MAX 256
#define WORDS_MAX 32
#define WORD_SIZE 24

struct published {
    struct cJSON *tree;
    struct published_model *models;
    size_t count, capacity;
};

/* ---- the file ---- */

static bool read_figure(struct published_model *model, const struct cJSON *from,
                        struct error *error) {
    int part = part_find(json_string(from, "part"));
    double percent = json_number(from, "percent");
    if (part < 0 || part_suite((enum part_id)part) >= 0 || !(percent >= 0 && percent <= 100))
        return error_set(error, "published figures: %s has a figure that is none", model->name);
    struct published_figure *figure = &model->of[part];
    *figure = (struct published_figure){.score = percent / 100,
                                        .source = json_string(from, "source"),
                                        .date = json_string(from, "date"),
                                        .standing = json_string(from, "standing")};
    if (!figure->source || !figure->date)
        return error_set(error, "published figures: %s has a figure without source or date",
                         model->name);
    return true;
}

static bool read_model(struct published *published, const struct cJSON *from, struct error *error) {
    struct published_model model = {.name = json_string(from, "model"),
                                    .words = json_string(from, "words")};
    if (!model.name || !model.words || !model.words[0])
        return error_set(error, "published figures: a model without name or words");
    for (int part = 0; part < PART_COUNT; part++)
        model.of[part].score = NAN;
    const struct cJSON *figure;
    cJSON_ArrayForEach(figure, json_array(from, "figures")) {
        if (!read_figure(&model, figure, error))
            return false;
    }
    published->models = mem_grow(published->models, published->count, &published->capacity,
                                 sizeof *published->models);
    published->models[published->count++] = model;
    return true;
}

struct published *published_parse(const char *text, size_t length, struct error *error) {
    struct cJSON *tree = json_parse(text, length, error);
    if (!tree)
        return NULL;
    struct published *published = mem_zero(1, sizeof *published);
    published->tree = tree;
    const struct cJSON *model;
    bool good = json_array(tree, "models") != NULL;
    if (!good)
        error_set(error, "published figures: no \"models\"");
    cJSON_ArrayForEach(model, json_array(tree, "models")) {
        good = good && published->count < MODELS_MAX && read_model(published, model, error);
    }
    if (good)
        return published;
    published_free(published);
    return NULL;
}

struct published *published_embedded(void) {
    struct error error = {0};
    const struct embedded *file = embed_find(embed_suites, "published");
    struct published *published = file ? published_parse(file->text, file->length, &error) : NULL;
    if (!published)
        die("the embedded published figures: %s", error.text);
    return published;
}

void published_free(struct published *published) {
    if (!published)
        return;
    json_free(published->tree);
    free(published->models);
    free(published);
}

/* ---- words ---- */

struct words {
    char of[WORDS_MAX][WORD_SIZE];
    size_t count;
    bool cut; /* too many or too long: matches nothing */
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Bytes of the word that begins here: letters and digits, a point between digits; a name of three
 * letters or more ends at a digit, so that "qwen3.6" is two words and "q4" and "35b" are one. */
static size_t word_length(const char *at) {
    size_t length = 0, letters = 0;
    for (;; length++) {
        char c = at[length];
        if (is_letter(c))
            letters++;
        else if (is_digit(c) && letters >= 3 && letters == length)
            return length;
        else if (!is_digit(c) &&
                 !(c == '.' && length > 0 && is_digit(at[length - 1]) && is_digit(at[length + 1])))
            return length;
    }
}

static void cut_words(struct words *words, const char *text) {
    words->count = 0;
    words->cut = false;
    while (*text) {
        size_t length = word_length(text);
        if (length == 0) {
            /* a letter beyond ASCII may make another name of it */
            words->cut = words->cut || (unsigned char)*text >= 0x80;
            text++;
            continue;
        }
        if (words->count == WORDS_MAX || length >= WORD_SIZE) {
            words->cut = true;
            return;
        }
        char *word = words->of[words->count++];
        for (size_t i = 0; i < length; i++)
            word[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
        word[length] = '\0';
        text += length;
    }
}

static bool among(const char *word, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

/* A quantisation, which may go on: q4 k m, mxfp 4. */
static bool names_a_quantisation(const char *word) {
    static const char *const words[] = {"q2",  "q3",  "q4",  "q5",  "q6",  "q8",   "iq1", "iq2",
                                        "iq3", "iq4", "tq1", "tq2", "int", "mxfp", "nvfp"};
    return among(word, words, COUNT_OF(words));
}

/* Elsewhere a lone number or letter may be a version. */
static bool goes_on(const char *word) {
    static const char *const words[] = {"k",   "m",  "s", "l", "xl", "xs",
                                        "xxs", "nl", "0", "1", "4",  "8"};
    return among(word, words, COUNT_OF(words));
}

/* Words of a file or a package of the same model; none of them makes another model of it. */
static bool names_a_file(const char *word) {
    static const char *const words[] = {
        "gguf", "mlx",  "awq",  "gptq", "safetensors", "unsloth",  "ud",    "mtp",  "dense",
        "it",   "bf16", "fp16", "f16",  "fp32",        "f32",      "fp8",   "2bit", "3bit",
        "4bit", "5bit", "6bit", "8bit", "dwq",         "instruct", "latest"};
    return among(word, words, COUNT_OF(words));
}

static bool same_model(const struct words *id, const struct words *model, struct buf *over) {
    size_t next = 0;
    bool quantisation = false;
    for (size_t i = 0; i < id->count; i++) {
        const char *word = id->of[i];
        if (next < model->count && strcmp(word, model->of[next]) == 0) {
            next++;
            quantisation = false;
            continue;
        }
        quantisation = names_a_quantisation(word) || (quantisation && goes_on(word));
        if (!quantisation && !names_a_file(word))
            return false;
        buf_printf(over, "%s%s", over->length ? " " : "", word);
    }
    return next == model->count;
}

const struct published_model *published_find(const struct published *published, const char *id,
                                             struct buf *over) {
    struct words words, model;
    if (!id)
        return NULL;
    const char *slash = strrchr(id, '/');
    cut_words(&words, slash ? slash + 1 : id);
    for (size_t i = 0; !words.cut && i < published->count; i++) {
        struct buf left;
        buf_init(&left, WORDS_MAX * WORD_SIZE);
        cut_words(&model, published->models[i].words);
        bool same = same_model(&words, &model, &left);
        if (same && over)
            buf_text(over, buf_string(&left));
        buf_done(&left);
        if (same)
            return &published->models[i];
    }
    return NULL;
}
