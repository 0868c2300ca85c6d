#include "store/published.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/json.h"
#include "base/text.h"

#define FILE_MAX ((size_t)4 << 20)
#define MODELS_MAX 256
#define TEXT_MAX_BYTES 400
#define WORDS_MAX 32
#define WORD_SIZE 24

struct published {
    struct cJSON *tree;
    struct published_model *models;
    size_t count, capacity;
};

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

/* ---- the file ---- */

/* A text that is there, and not too long for a report's line. */
static bool is_text(const char *text) {
    return text && text[0] && strlen(text) <= TEXT_MAX_BYTES;
}

/* "2026-06" or "2026-06-17". */
static bool is_date(const char *text) {
    static const char form[] = "0000-00-00";
    size_t length = text ? strlen(text) : 0;
    for (size_t i = 0; i < length && i < sizeof form - 1; i++)
        if (form[i] == '0' ? !(text[i] >= '0' && text[i] <= '9') : text[i] != form[i])
            return false;
    return length == 7 || length == 10;
}

static bool bad_figure(const struct json_file *source, const char *path, const char *member,
                       const char *what, const char *word, struct error *error) {
    char *at = mem_format("%s.%s", path, member);
    json_blame(source, at, error, what, word);
    free(at);
    return false;
}

static bool bad_part(const struct json_file *source, const char *path, const char *word,
                     struct error *error) {
    const char *near = part_near(word);
    bad_figure(source, path, "part",
               word && part_find(word) >= 0 ? "a suite's score is measured, never published"
                                            : "\"part\" names no benchmark",
               word, error);
    if (near && part_suite((enum part_id)part_find(near)) < 0)
        error_hint(error, "did you mean %s?", near);
    else
        error_hint(error, "swe-bench-verified, bfcl, terminal-bench or livebench-coding");
    return false;
}

static bool read_figure(struct published_model *model, const struct json_file *source,
                        const char *path, const struct cJSON *from, struct error *error) {
    const char *word = json_string(from, "part");
    int part = word ? part_find(word) : -1;
    double percent = json_number(from, "percent");
    if (part < 0 || part_suite((enum part_id)part) >= 0)
        return bad_part(source, path, word, error);
    struct published_figure *figure = &model->of[part];
    if (!isnan(figure->score))
        return bad_figure(source, path, "part", "named twice", word, error);
    *figure = (struct published_figure){.score = percent / 100,
                                        .source = json_string(from, "source"),
                                        .date = json_string(from, "date"),
                                        .standing = json_string(from, "standing")};
    if (!(percent >= 0 && percent <= 100))
        return bad_figure(source, path, "percent", "\"percent\" is a number from 0 to 100", NULL,
                          error);
    if (!is_text(figure->source) || (figure->standing && !is_text(figure->standing)))
        return bad_figure(source, path, "source",
                          "a figure needs a \"source\", a text of 1 to 400 "
                          "bytes; so may \"standing\" be",
                          NULL, error);
    if (!is_date(figure->date))
        return bad_figure(source, path, "date", "a figure needs a \"date\", YYYY-MM or YYYY-MM-DD",
                          figure->date, error);
    return true;
}

static bool read_figures(struct published_model *model, const struct json_file *source,
                         const char *path, const struct cJSON *from, struct error *error) {
    const struct cJSON *figures = json_array(from, "figures"), *figure;
    int index = 0;
    bool good = figures && figures->child;
    if (!good)
        bad_figure(source, path, "figures", "a model needs \"figures\", an array", NULL, error);
    cJSON_ArrayForEach(figure, figures) {
        char *at = mem_format("%s.figures[%d]", path, index++);
        good = good && read_figure(model, source, at, figure, error);
        free(at);
    }
    return good;
}

static bool read_model(struct published *published, const struct json_file *source,
                       const char *path, const struct cJSON *from, struct error *error) {
    struct published_model model = {.name = json_string(from, "model"),
                                    .words = json_string(from, "words")};
    struct words words;
    if (!is_text(model.name))
        return bad_figure(source, path, "model", "a model needs a name, \"model\"", NULL, error);
    cut_words(&words, model.words ? model.words : "");
    if (!is_text(model.words) || words.cut || words.count == 0)
        return bad_figure(source, path, "words",
                          "a model needs \"words\" that its ids have in this order, letters and "
                          "digits",
                          model.words, error);
    for (int part = 0; part < PART_COUNT; part++)
        model.of[part].score = NAN;
    if (!read_figures(&model, source, path, from, error))
        return false;
    published->models = mem_grow(published->models, published->count, &published->capacity,
                                 sizeof *published->models);
    published->models[published->count++] = model;
    return true;
}

static bool read_models(struct published *published, const struct json_file *source,
                        struct error *error) {
    const struct cJSON *models = json_array(published->tree, "models"), *model;
    int index = 0;
    bool good = models && cJSON_GetArraySize(models) <= MODELS_MAX;
    if (!good)
        json_blame(source, "models", error, "\"models\" is an array of at most 256 models", NULL);
    cJSON_ArrayForEach(model, models) {
        char *at = mem_format("models[%d]", index++);
        good = good && read_model(published, source, at, model, error);
        free(at);
    }
    return good;
}

struct published *published_parse(const char *file, const char *text, size_t length,
                                  struct error *error) {
    struct json_file source = {file, text, length};
    struct cJSON *tree = json_parse_commented(file, text, length, error);
    if (!tree)
        return NULL;
    struct published *published = mem_zero(1, sizeof *published);
    published->tree = tree;
    if (read_models(published, &source, error))
        return published;
    published_free(published);
    return NULL;
}

struct published *published_read(const char *path, struct error *error) {
    struct buf text;
    struct published *published = NULL;
    buf_init(&text, FILE_MAX);
    if (buf_read_file(&text, path, error))
        published = published_parse(path, buf_string(&text), text.length, error);
    buf_done(&text);
    return published;
}

struct published *published_embedded(void) {
    struct error error = {0};
    const struct embedded *file = embed_find(embed_suites, "published");
    struct published *published =
        file ? published_parse("published.json", file->text, file->length, &error) : NULL;
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

/* ---- which model an id names ---- */

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
