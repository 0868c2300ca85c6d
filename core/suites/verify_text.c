#include "suites/verify_text.h"

#include <string.h>

#include "base/text.h"
#include "base/util.h"

/* ---- code points ---- */

struct range {
    uint32_t first, last;
};

static bool is_in(const struct range *ranges, size_t count, uint32_t c) {
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

bool uni_is_space(uint32_t c) {
    static const struct range spaces[] = {
        {'\t', '\r'},     {' ', ' '},       {0x85, 0x85},     {0xa0, 0xa0},     {0x1680, 0x1680},
        {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}};
    return is_in(spaces, COUNT_OF(spaces), c);
}

bool uni_is_cjk(uint32_t c) {
    static const struct range cjk[] = {{0x3041, 0x3096},  {0x30a1, 0x30fa}, {0x3400, 0x4dbf},
                                       {0x4e00, 0x9fff},  {0xf900, 0xfaff}, {0xff66, 0xff9d},
                                       {0x20000, 0x3ffff}};
    return is_in(cjk, COUNT_OF(cjk), c);
}

bool uni_is_letter(uint32_t c) {
    static const struct range letters[] = {
        {'A', 'Z'},       {'a', 'z'},       {0xaa, 0xaa},     {0xb5, 0xb5},     {0xba, 0xba},
        {0xc0, 0xd6},     {0xd8, 0xf6},     {0xf8, 0x2c1},    {0x300, 0x374},   {0x376, 0x37d},
        {0x37f, 0x386},   {0x388, 0x481},   {0x483, 0x556},   {0x561, 0x587},   {0x591, 0x5bd},
        {0x5c1, 0x5f2},   {0x610, 0x61a},   {0x620, 0x65f},   {0x66e, 0x6d3},   {0x6d5, 0x6dc},
        {0x6fa, 0x6ff},   {0x710, 0x85b},   {0x8a0, 0x963},   {0x971, 0xe4e},   {0xe80, 0x1360},
        {0x1369, 0x167f}, {0x1681, 0x16ea}, {0x1700, 0x1734}, {0x1780, 0x17d3}, {0x1820, 0x1fff},
        {0x2c00, 0x2cf3}, {0x2d00, 0x2dff}, {0x30fc, 0x30fe}, {0x3105, 0x318e}, {0xa000, 0xa48c},
        {0xa4d0, 0xa4fd}, {0xa610, 0xa6ef}, {0xa717, 0xabff}, {0xac00, 0xd7a3}, {0xfb00, 0xfdff},
        {0xfe70, 0xfefc}, {0xff21, 0xff3a}, {0xff41, 0xff5a}};
    return uni_is_cjk(c) || is_in(letters, COUNT_OF(letters), c);
}

static bool is_digit(uint32_t c) {
    static const struct range digits[] = {
        {'0', '9'}, {0x660, 0x669}, {0x966, 0x96f}, {0xff10, 0xff19}};
    return is_in(digits, COUNT_OF(digits), c);
}

/* Blocks where capital and small letter alternate. */
static bool alternates(uint32_t c, bool *capital_is_even) {
    static const struct {
        struct range range;
        bool even;
    } blocks[] = {{{0x100, 0x137}, true},  {{0x139, 0x148}, false}, {{0x14a, 0x177}, true},
                  {{0x179, 0x17e}, false}, {{0x1de, 0x1ef}, true},  {{0x1f8, 0x21f}, true},
                  {{0x222, 0x233}, true},  {{0x246, 0x24f}, true},  {{0x460, 0x481}, true},
                  {{0x48a, 0x4bf}, true},  {{0x4d0, 0x52f}, true},  {{0x1e00, 0x1e95}, true},
                  {{0x1ea0, 0x1eff}, true}};
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        if (c >= blocks[i].range.first && c <= blocks[i].range.last && c != 0x131 && c != 0x130) {
            *capital_is_even = blocks[i].even;
            return true;
        }
    return false;
}

/* Blocks where the small letter stands at a fixed distance. */
static const struct {
    struct range capitals;
    uint32_t distance;
} shifts[] = {{{'A', 'Z'}, 32},      {{0xc0, 0xd6}, 32},   {{0xd8, 0xde}, 32},
              {{0x391, 0x3a1}, 32},  {{0x3a3, 0x3ab}, 32}, {{0x388, 0x38a}, 37},
              {{0x386, 0x386}, 38},  {{0x38c, 0x38c}, 64}, {{0x38e, 0x38f}, 63},
              {{0x400, 0x40f}, 80},  {{0x410, 0x42f}, 32}, {{0x531, 0x556}, 48},
              {{0xff21, 0xff3a}, 32}};

uint32_t uni_lower(uint32_t c) {
    bool even;
    for (size_t i = 0; i < COUNT_OF(shifts); i++)
        if (c >= shifts[i].capitals.first && c <= shifts[i].capitals.last)
            return c + shifts[i].distance;
    if (c == 0x130)
        return 'i';
    if (c == 0x178)
        return 0xff;
    if (alternates(c, &even) && (c % 2 == 0) == even)
        return c + 1;
    return c;
}

bool uni_is_upper(uint32_t c) {
    return uni_lower(c) != c;
}

bool uni_is_lower(uint32_t c) {
    bool even;
    for (size_t i = 0; i < COUNT_OF(shifts); i++)
        if (c >= shifts[i].capitals.first + shifts[i].distance &&
            c <= shifts[i].capitals.last + shifts[i].distance)
            return true;
    if (c == 0xdf || c == 0xff || c == 0x131 || c == 0x3c2)
        return true;
    return alternates(c, &even) && (c % 2 == 0) != even;
}

static uint32_t decode(const char *at, size_t *used) {
    uint32_t c = 0;
    *used = text_decode(at, strnlen(at, 4), &c);
    return c;
}

bool verify_same(const char *a, size_t length_a, const char *b, size_t length_b) {
    size_t i = 0, k = 0;
    while (i < length_a && k < length_b) {
        uint32_t x, y;
        i += text_decode(a + i, length_a - i, &x);
        k += text_decode(b + k, length_b - k, &y);
        if (uni_lower(x) != uni_lower(y))
            return false;
    }
    return i == length_a && k == length_b;
}

/* ---- words ---- */

static bool parts_words(uint32_t c) {
    return uni_is_space(c) || c == 0x2013 || c == 0x2014 || c == 0x2026 || c == 0x3001 ||
           c == 0x3002 || c == 0xff0c || c == 0xff01 || c == 0xff1f;
}

static bool belongs(uint32_t c) {
    return uni_is_letter(c) || is_digit(c);
}

bool verify_next_word(const char **at, struct span *word) {
    const char *p = *at, *begin = NULL, *end = NULL;
    while (*p) {
        size_t used;
        uint32_t c = decode(p, &used);
        if (begin && (parts_words(c) || uni_is_cjk(c)))
            break;
        p += used;
        if (!belongs(c))
            continue;
        if (!begin)
            begin = p - used;
        end = p;
        if (uni_is_cjk(c))
            break;
    }
    *at = p;
    if (!begin)
        return false;
    *word = (struct span){begin, (size_t)(end - begin)};
    return true;
}

int verify_words(const char *text) {
    struct span word;
    int count = 0;
    while (verify_next_word(&text, &word))
        count++;
    return count;
}

static bool ends_word(const char *text, const char *at) {
    size_t used, back = 1;
    if (at == text)
        return true;
    while (back < 4 && at - back > text && ((unsigned char)at[-(ptrdiff_t)back] & 0xc0) == 0x80)
        back++;
    uint32_t c = decode(at - back, &used);
    return !belongs(c) || uni_is_cjk(c);
}

static bool begins_word(const char *at) {
    size_t used;
    uint32_t c = decode(at, &used);
    return *at == '\0' || !belongs(c) || uni_is_cjk(c);
}

/* The bytes of `text` that `word` covers, case aside; 0: it does not stand here. */
static size_t match(const char *text, const char *word) {
    const char *begin = text;
    while (*word) {
        size_t used_text, used_word;
        if (*text == '\0')
            return 0;
        uint32_t a = decode(text, &used_text), b = decode(word, &used_word);
        if (uni_lower(a) != uni_lower(b))
            return 0;
        text += used_text;
        word += used_word;
    }
    return (size_t)(text - begin);
}

int verify_occurrences(const char *text, const char *word) {
    int count = 0;
    if (!word[0])
        return 0;
    for (const char *p = text; *p;) {
        size_t used, covered = match(p, word);
        if (covered > 0 && ends_word(text, p) && begins_word(p + covered)) {
            count++;
            p += covered;
        } else {
            decode(p, &used);
            p += used;
        }
    }
    return count;
}

/* ---- lines and paragraphs ---- */

bool verify_next_line(const char **at, struct span *line) {
    const char *p = *at;
    if (*p == '\0')
        return false;
    size_t length = strcspn(p, "\n");
    *at = p + length + (p[length] == '\n');
    while (length > 0 && p[length - 1] == '\r')
        length--;
    *line = (struct span){p, length};
    return true;
}

static bool is_blank(const struct span *span) {
    for (size_t i = 0; i < span->length;) {
        uint32_t c;
        i += text_decode(span->at + i, span->length - i, &c);
        if (!uni_is_space(c))
            return false;
    }
    return true;
}

bool verify_next_paragraph(const char **at, struct span *paragraph) {
    struct span line;
    *paragraph = (struct span){NULL, 0};
    while (verify_next_line(at, &line)) {
        if (!is_blank(&line)) {
            if (!paragraph->at)
                paragraph->at = line.at;
            paragraph->length = (size_t)(line.at + line.length - paragraph->at);
        } else if (paragraph->at) {
            break;
        }
    }
    return paragraph->at != NULL;
}

int verify_paragraphs(const char *text) {
    struct span paragraph;
    int count = 0;
    while (verify_next_paragraph(&text, &paragraph))
        count++;
    return count;
}

/* ---- sentences ---- */

static bool is_end_mark(uint32_t c) {
    return c == '.' || c == '!' || c == '?' || c == 0x2026 || c == 0x3002 || c == 0xff01 ||
           c == 0xff1f || c == 0x203d || c == 0x61f || c == 0x6d4 || c == 0x964;
}

static bool is_wide_end(uint32_t c) {
    return c == 0x3002 || c == 0xff01 || c == 0xff1f || c == 0x964;
}

static bool is_closer(uint32_t c) {
    return c == '"' || c == '\'' || c == ')' || c == ']' || c == '*' || c == '_' || c == '`' ||
           c == 0x201d || c == 0x2019 || c == 0xbb || c == 0x300d || c == 0xff09;
}

/* The word right before a full stop is one that does not end a sentence. */
static bool is_abbreviation(const char *begin, const char *dot) {
    static const char *const words[] = {"mr",  "mrs", "ms",  "dr",     "prof", "st",  "vs",  "e.g",
                                        "i.e", "cf",  "fig", "approx", "z.b",  "d.h", "bzw", "ca",
                                        "nr",  "vgl", "sr",  "jr",     "resp", "p.ex"};
    const char *from = dot;
    while (from > begin && (unsigned char)from[-1] > ' ' && from[-1] != '(')
        from--;
    size_t length = (size_t)(dot - from);
    if (length == 1 && from[0] >= 'A' && from[0] <= 'Z' && from[0] != 'I')
        return true; /* an initial */
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (verify_same(from, length, words[i], strlen(words[i])))
            return true;
    return false;
}

static bool begins_line(const char *begin, const char *at) {
    while (at > begin && (at[-1] == ' ' || at[-1] == '\t'))
        at--;
    return at == begin || at[-1] == '\n';
}

/* "3." at the start of a line, or of the text. */
static bool is_list_number(const char *begin, const char *dot) {
    const char *from = dot;
    while (from > begin && from[-1] >= '0' && from[-1] <= '9')
        from--;
    return from < dot && begins_line(begin, from);
}

/* A new line that starts something of its own. */
static bool opens_item(const char *line) {
    line += strspn(line, " \t");
    if (*line == '\n' || *line == '\r' || *line == '#')
        return true;
    if (strchr("-*+", *line) && *line && line[1] == ' ')
        return true;
    size_t digits = strspn(line, "0123456789");
    return digits > 0 && digits < 4 && (line[digits] == '.' || line[digits] == ')') &&
           line[digits + 1] == ' ';
}

/* Behind the end marks at `p` and their closing quotes; NULL when they end no sentence. */
static const char *sentence_end(const char *begin, const char *p) {
    const char *mark = p;
    bool only_stop = true, wide = false;
    size_t used;
    for (uint32_t c = decode(p, &used); *p && is_end_mark(c); c = decode(p, &used)) {
        only_stop = only_stop && c == '.' && p == mark;
        wide = wide || is_wide_end(c);
        p += used;
    }
    for (uint32_t c = decode(p, &used); *p && is_closer(c); c = decode(p, &used))
        p += used;
    uint32_t next = decode(p, &used);
    if (*p && !uni_is_space(next) && !wide)
        return NULL;
    if (only_stop && (is_list_number(begin, mark) || (*p && is_abbreviation(begin, mark))))
        return NULL;
    return p;
}

bool verify_next_sentence(const char **at, struct span *sentence) {
    const char *begin = *at, *first = NULL, *end = NULL;
    const char *p = begin;
    while (*p && !end) {
        size_t used;
        uint32_t c = decode(p, &used);
        if (belongs(c) && !first)
            first = p;
        if (is_end_mark(c)) {
            end = sentence_end(begin, p);
            if (end && !first) /* marks without a word are no sentence */
                begin = p = end, end = NULL;
            else
                p = end ? end : p + used;
            continue;
        }
        p += used;
        if (c == '\n' && opens_item(p) && first)
            end = p;
    }
    *at = p;
    if (!first)
        return false;
    *sentence = (struct span){first, (size_t)((end ? end : p) - first)};
    return true;
}

int verify_sentences(const char *text) {
    struct span sentence;
    int count = 0;
    while (verify_next_sentence(&text, &sentence))
        count++;
    return count;
}
