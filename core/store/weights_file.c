#include "store/weights_file.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "base/json.h"

#define FILE_MAX ((size_t)1 << 20)
#define WEIGHT_MAX 1e6

static void suggest(const char *word, struct error *error) {
    if (part_near(word))
        error_hint(error, "did you mean %s?", part_near(word));
    else
        error_hint(error, "parts are swe-bench-verified, bfcl, terminal-bench, livebench-coding, "
                          "long-horizon and the quality suites");
}

static bool read_part(struct weights *weights, const struct json_file *source,
                      const struct cJSON *member, struct error *error) {
    int part = part_find(member->string);
    if (part < 0) {
        json_blame(source, member->string, error, "unknown part", member->string);
        suggest(member->string, error);
        return false;
    }
    if (!cJSON_IsNumber(member) || !(member->valuedouble >= 0 && member->valuedouble <= WEIGHT_MAX))
        return json_blame(source, member->string, error, "a weight is a number from 0 to 1000000",
                          member->string);
    if (!isnan(weights->of[part]))
        return json_blame(source, member->string, error, "named twice", member->string);
    weights->of[part] = member->valuedouble;
    return true;
}

bool weights_parse(struct weights *weights, const char *file, const char *text, size_t length,
                   struct error *error) {
    struct json_file source = {file, text, length};
    struct weights read;
    double total = 0;
    struct cJSON *tree = json_parse_commented(file, text, length, error);
    if (!tree)
        return false;
    for (int part = 0; part < PART_COUNT; part++)
        read.of[part] = NAN; /* not named yet */
    bool good = cJSON_IsObject(tree);
    if (!good)
        json_blame(&source, "", error, "an object of part and weight is expected", NULL);
    for (const struct cJSON *member = good ? tree->child : NULL; member && good;
         member = member->next)
        good = read_part(&read, &source, member, error);
    for (int part = 0; part < PART_COUNT; part++) {
        read.of[part] = isnan(read.of[part]) ? 0 : read.of[part];
        total += read.of[part];
    }
    if (good && !(total > 0))
        good = json_blame(&source, "", error, "no part has a weight", NULL);
    if (good)
        *weights = read;
    json_free(tree);
    return good;
}

bool weights_read(struct weights *weights, const char *path, struct error *error) {
    struct buf text;
    buf_init(&text, FILE_MAX);
    bool good = buf_read_file(&text, path, error) &&
                weights_parse(weights, path, buf_string(&text), text.length, error);
    buf_done(&text);
    return good;
}
