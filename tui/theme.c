#include "theme.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "base/embed.h"
#include "base/json.h"
#include "base/text.h"

#define THEME_BYTES_MAX (256 * 1024)
#define DEFAULT_THEME "default"
#define PICTURE_BACKGROUND 0x16181d
#define PICTURE_FOREGROUND 0xc9d1d9

static const struct style plain_style = {COLOR_DEFAULT, COLOR_DEFAULT, false, false, false, false};

/* One theme file while it is read. */
struct source {
    const char *file; /* for messages */
    const char *text;
    size_t length;
    struct buf *warnings; /* may be NULL */
};

static void warn(const struct source *source, const char *path, const char *what) {
    int line, column;
    if (!source->warnings)
        return;
    if (json_locate(source->text, source->length, path, &line, &column))
        buf_printf(source->warnings, "%s:%d:%d: %s: %s\n", source->file, line, column, path, what);
    else
        buf_printf(source->warnings, "%s: %s: %s\n", source->file, path, what);
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "#rrggbb" or "default". */
static bool parse_color(const char *text, int32_t *color) {
    if (strcmp(text, "default") == 0) {
        *color = COLOR_DEFAULT;
        return true;
    }
    if (text[0] != '#' || strlen(text) != 7)
        return false;
    int32_t rgb = 0;
    for (int i = 1; i < 7; i++) {
        if (hex_digit(text[i]) < 0)
            return false;
        rgb = rgb * 16 + hex_digit(text[i]);
    }
    *color = rgb;
    return true;
}

static void read_color(const struct source *source, const char *path, const cJSON *value,
                       int32_t *color) {
    if (!cJSON_IsString(value) || !parse_color(value->valuestring, color))
        warn(source, path, "not a colour: \"#rrggbb\" or \"default\" is");
}

static bool *attribute_of(struct style *style, const char *word) {
    if (strcmp(word, "bold") == 0)
        return &style->bold;
    if (strcmp(word, "dim") == 0)
        return &style->dim;
    if (strcmp(word, "reverse") == 0)
        return &style->reverse;
    return strcmp(word, "underline") == 0 ? &style->underline : NULL;
}

static void read_style(const struct source *source, const char *role_path, const cJSON *object,
                       struct style *style) {
    if (!cJSON_IsObject(object)) {
        warn(source, role_path, "not an object such as {\"fg\": \"#98c379\", \"bold\": true}");
        return;
    }
    *style = plain_style;
    const cJSON *item;
    cJSON_ArrayForEach(item, object) {
        char path[160];
        snprintf(path, sizeof path, "%s.%s", role_path, item->string);
        bool *attribute = attribute_of(style, item->string);
        if (strcmp(item->string, "fg") == 0)
            read_color(source, path, item, &style->fg);
        else if (strcmp(item->string, "bg") == 0)
            read_color(source, path, item, &style->bg);
        else if (!attribute)
            warn(source, path, "unknown field: fg, bg, bold, dim, reverse, underline are known");
        else if (!cJSON_IsBool(item))
            warn(source, path, "neither true nor false");
        else
            *attribute = cJSON_IsTrue(item);
    }
}

static void warn_unknown_role(const struct source *source, const char *path, const char *word) {
    char what[96] = "unknown role";
    for (int role = 0, best = 3; role < ROLE_COUNT; role++) {
        int distance = text_distance(word, role_word(role), best);
        if (distance >= best)
            continue;
        best = distance;
        snprintf(what, sizeof what, "unknown role: did you mean \"%s\"?", role_word(role));
    }
    warn(source, path, what);
}

static void read_roles(const struct source *source, const cJSON *roles, struct theme *theme) {
    const cJSON *item;
    cJSON_ArrayForEach(item, roles) {
        char path[128];
        snprintf(path, sizeof path, "roles.%s", item->string);
        int role = role_find(item->string);
        if (role < 0)
            warn_unknown_role(source, path, item->string);
        else
            read_style(source, path, item, &theme->styles[role]);
    }
}

/* Lay one file over the theme. */
static bool read_theme(const struct source *source, struct theme *theme, struct error *error) {
    cJSON *tree = json_parse_commented(source->file, source->text, source->length, error);
    if (!tree)
        return false;
    const cJSON *item, *object = cJSON_IsObject(tree) ? tree : NULL;
    bool ok = object || error_set(error, "%s: not a JSON object", source->file);
    cJSON_ArrayForEach(item, object) {
        if (strcmp(item->string, "name") == 0 && cJSON_IsString(item))
            text_visible(theme->name, sizeof theme->name, item->valuestring,
                         strlen(item->valuestring));
        else if (strcmp(item->string, "background") == 0)
            read_color(source, "background", item, &theme->background);
        else if (strcmp(item->string, "foreground") == 0)
            read_color(source, "foreground", item, &theme->foreground);
        else if (strcmp(item->string, "paint") == 0 && cJSON_IsBool(item))
            theme->paint = cJSON_IsTrue(item);
        else if (strcmp(item->string, "roles") == 0 && cJSON_IsObject(item))
            read_roles(source, item, theme);
        else
            warn(source, item->string,
                 "not understood: name, background, foreground, paint, roles are");
    }
    json_free(tree);
    return ok;
}

static bool read_embedded(const char *name, struct theme *theme, struct error *error) {
    const struct embedded *file = embed_find(embed_themes, name);
    if (!file)
        return false;
    struct source source = {file->name, file->text, file->length, NULL};
    return read_theme(&source, theme, error);
}

static bool read_file(const char *path, struct theme *theme, struct buf *warnings,
                      struct error *error) {
    struct buf text;
    buf_init(&text, THEME_BYTES_MAX);
    bool ok = buf_read_file(&text, path, error);
    if (ok) {
        struct source source = {path, buf_string(&text), text.length, warnings};
        ok = read_theme(&source, theme, error);
    }
    buf_done(&text);
    return ok;
}

static bool is_path(const char *name) {
    size_t length = strlen(name);
    return strchr(name, '/') || (length > 5 && strcmp(name + length - 5, ".json") == 0);
}

static bool no_such_theme(const char *name, struct error *error) {
    char known[200] = "";
    for (size_t i = 0; theme_builtin(i); i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", theme_builtin(i));
    }
    error_set(error, "theme \"%s\": no such theme", name);
    return error_hint(error, "built in: %s; or give the path of a JSON file", known);
}

/* False with nothing in `found` when no directory has it. */
static bool find_file(const char *name, const char *const *directories, size_t count,
                      char found[4096]) {
    for (size_t i = 0; i < count; i++) {
        int length = snprintf(found, 4096, "%s/%s.json", directories[i], name);
        if (length > 0 && length < 4096 && access(found, R_OK) == 0)
            return true;
    }
    return false;
}

/* A theme that brings its own ground leaves nothing to the terminal's colours. */
static void paint(struct theme *theme) {
    for (int role = 0; role < ROLE_COUNT; role++) {
        struct style *style = &theme->styles[role];
        if (style->fg == COLOR_DEFAULT)
            style->fg = theme->foreground;
        if (style->bg == COLOR_DEFAULT)
            style->bg = theme->background;
    }
}

bool theme_load(struct theme *theme, const char *name_or_path, const char *const *directories,
                size_t directory_count, struct buf *warnings, struct error *error) {
    char found[4096];
    *theme = (struct theme){.background = PICTURE_BACKGROUND, .foreground = PICTURE_FOREGROUND};
    for (int role = 0; role < ROLE_COUNT; role++)
        theme->styles[role] = plain_style;
    bool ok = read_embedded(DEFAULT_THEME, theme, error);
    assert(ok);
    if (is_path(name_or_path))
        ok = read_file(name_or_path, theme, warnings, error);
    else if (find_file(name_or_path, directories, directory_count, found))
        ok = read_file(found, theme, warnings, error);
    else if (embed_find(embed_themes, name_or_path))
        ok = read_embedded(name_or_path, theme, error);
    else
        ok = no_such_theme(name_or_path, error);
    theme->selection = theme->styles[ROLE_SELECTION];
    if (theme->paint)
        paint(theme);
    return ok;
}

const char *theme_builtin(size_t index) {
    size_t count = 0;
    while (embed_themes[count].name)
        count++;
    if (index == 0)
        return DEFAULT_THEME;
    for (size_t i = 0, at = 0; i < count; i++)
        if (strcmp(embed_themes[i].name, DEFAULT_THEME) != 0 && ++at == index)
            return embed_themes[i].name;
    return NULL;
}

struct style theme_style(const struct theme *theme, enum role role, bool selected) {
    struct style style = theme->styles[role];
    if (!selected)
        return style;
    const struct style *over = &theme->selection;
    if (over->fg != COLOR_DEFAULT)
        style.fg = over->fg;
    if (over->bg != COLOR_DEFAULT)
        style.bg = over->bg;
    style.bold |= over->bold;
    style.dim &= over->dim;
    style.reverse ^= over->reverse;
    style.underline |= over->underline;
    return style;
}

static int distance(int32_t rgb, int red, int green, int blue) {
    int r = (int)(rgb >> 16 & 0xff) - red, g = (int)(rgb >> 8 & 0xff) - green,
        b = (int)(rgb & 0xff) - blue;
    return r * r + g * g + b * b;
}

/* xterm's cube has steps 0, 95, 135 … 255 and its greys 8, 18 … 238. */
int theme_256(int32_t rgb) {
    static const int step[6] = {0, 95, 135, 175, 215, 255};
    int best = 16, best_distance = distance(rgb, 0, 0, 0);
    for (int i = 1; i < 240; i++) {
        int grey = 8 + (i - 216) * 10;
        int away = i < 216 ? distance(rgb, step[i / 36], step[i / 6 % 6], step[i % 6])
                           : distance(rgb, grey, grey, grey);
        if (away < best_distance) {
            best = 16 + i;
            best_distance = away;
        }
    }
    return best;
}

/* The hue decides: the six sectors of the colour circle are the six colours. Nearest by distance
 * would make every soft colour grey, and the meaning would be gone. */
int theme_16(int32_t rgb) {
    static const int sector[6] = {1, 3, 2, 6, 4, 5}; /* red, yellow, green, cyan, blue, magenta */
    int r = (int)(rgb >> 16 & 0xff), g = (int)(rgb >> 8 & 0xff), b = (int)(rgb & 0xff);
    int high = r > g ? (r > b ? r : b) : (g > b ? g : b);
    int low = r < g ? (r < b ? r : b) : (g < b ? g : b);
    int chroma = high - low;
    if (chroma * 5 <= high || chroma < 16) /* hardly any hue: a grey */
        return high < 64 ? 0 : high < 160 ? 8 : high < 224 ? 7 : 15;
    double hue = high == r   ? (double)(g - b) / chroma
                 : high == g ? 2 + (double)(b - r) / chroma
                             : 4 + (double)(r - g) / chroma;
    return sector[(int)(hue + 6.5) % 6] + (high > 216 ? 8 : 0);
}

static void ansi_style(const struct style *style, struct buf *out) {
    buf_text(out, "\033[0");
    if (style->bold)
        buf_text(out, ";1");
    if (style->dim)
        buf_text(out, ";2");
    if (style->underline)
        buf_text(out, ";4");
    if (style->reverse)
        buf_text(out, ";7");
    if (style->fg != COLOR_DEFAULT)
        buf_printf(out, ";38;5;%d", theme_256(style->fg));
    if (style->bg != COLOR_DEFAULT)
        buf_printf(out, ";48;5;%d", theme_256(style->bg));
    buf_char(out, 'm');
}

void frame_dump_ansi(const struct frame *frame, const struct theme *theme, struct buf *out) {
    const struct frame_cell *cell = frame->cells;
    for (int y = 0; y < frame->height; y++) {
        int now = -1; /* role and selection in force */
        for (int x = 0; x < frame->width; x++, cell++) {
            char bytes[4];
            int wanted = cell->role * 2 + cell->selected;
            if (cell->wide == 2)
                continue;
            if (wanted != now) {
                struct style style = theme_style(theme, cell->role, cell->selected);
                ansi_style(&style, out);
            }
            now = wanted;
            buf_append(out, bytes, text_encode(cell->code_point, bytes));
        }
        buf_text(out, "\033[0m\n");
    }
}
