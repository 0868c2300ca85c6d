#include "base/text.h"

#include <string.h>
#include <strings.h>

#include "base/util.h"

#define REPLACEMENT 0xFFFD

/* Length and smallest code point of a sequence by its lead byte; 0 = not a lead byte. */
static size_t sequence_length(unsigned char lead, uint32_t *bits, uint32_t *smallest) {
    if (lead >= 0xC2 && lead <= 0xDF) {
        *bits = lead & 0x1F;
        *smallest = 0x80;
        return 2;
    }
    if ((lead & 0xF0) == 0xE0) {
        *bits = lead & 0x0F;
        *smallest = 0x800;
        return 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        *bits = lead & 0x07;
        *smallest = 0x10000;
        return 4;
    }
    return 0;
}

size_t text_decode(const char *bytes, size_t length, uint32_t *code_point) {
    *code_point = REPLACEMENT;
    if (length == 0)
        return 0;
    unsigned char lead = (unsigned char)bytes[0];
    if (lead < 0x80) {
        *code_point = lead;
        return 1;
    }
    uint32_t value = 0, smallest = 0;
    size_t wanted = sequence_length(lead, &value, &smallest);
    if (wanted == 0 || wanted > length)
        return 1;
    for (size_t i = 1; i < wanted; i++) {
        unsigned char next = (unsigned char)bytes[i];
        if ((next & 0xC0) != 0x80)
            return 1;
        value = value << 6 | (next & 0x3F);
    }
    if (value < smallest || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 1;
    *code_point = value;
    return wanted;
}

size_t text_encode(uint32_t c, char out[4]) {
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        c = REPLACEMENT;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

struct span {
    uint32_t first, last;
};

/* What takes no cell and steers a terminal or the order of letters: bidi marks and overrides,
 * zero-width spaces and joiners, invisible operators, annotations, tags. Sorted. */
static const struct span invisible[] = {
    {0x061C, 0x061C}, {0x180B, 0x180F}, {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F},
    {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0xE0FFF},
};

/* The code point shown in place of `c`; 0 = shown as nothing. */
static uint32_t visible(uint32_t c) {
    if (c < 0x20)
        return 0x2400 + c;
    if (c < 0x7F)
        return c;
    if (c == 0x7F)
        return 0x2421;
    if (c < 0xA0 || c == 0xAD)
        return REPLACEMENT;
    /* variation selectors: terminals disagree on the width they cause */
    if (c >= 0xFE00 && c <= 0xFE0F)
        return 0;
    for (size_t i = 0; i < COUNT_OF(invisible); i++)
        if (c >= invisible[i].first && c <= invisible[i].last)
            return REPLACEMENT;
    return c;
}

size_t text_cells(const char *utf8) {
    size_t cells = 0;
    size_t length = strlen(utf8);
    while (length > 0) {
        uint32_t c;
        size_t used = text_decode(utf8, length, &c);
        c = visible(c);
        if (c)
            cells += (size_t)text_width(c);
        utf8 += used;
        length -= used;
    }
    return cells;
}

void text_visible(char *out, size_t size, const char *utf8, size_t length) {
    if (size == 0)
        return;
    size_t written = 0;
    while (length > 0) {
        uint32_t c;
        size_t used = text_decode(utf8, length, &c);
        c = visible(c);
        utf8 += used;
        length -= used;
        if (!c)
            continue;
        char bytes[4];
        size_t count = text_encode(c, bytes);
        if (written + count >= size)
            break;
        memcpy(out + written, bytes, count);
        written += count;
    }
    out[written] = '\0';
}

#define DISTANCE_MAX 64 /* longer words are far from anything */

static int lower(char c) {
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

static int least(int a, int b) {
    return a < b ? a : b;
}

int text_distance(const char *a, const char *b, int most) {
    size_t a_length = strlen(a), b_length = strlen(b);
    if (a_length > DISTANCE_MAX || b_length > DISTANCE_MAX)
        return strcasecmp(a, b) == 0 ? 0 : most + 1;
    int row[DISTANCE_MAX + 1]; /* distances of a's first i letters to b's first j */
    for (size_t j = 0; j <= b_length; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= a_length; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= b_length; j++) {
            int replaced = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
            diagonal = row[j];
            row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
        }
    }
    return least(row[b_length], most + 1);
}

int64_t text_code_points(const char *utf8) {
    int64_t count = 0;
    for (; utf8 && *utf8; utf8++)
        count += ((unsigned char)*utf8 & 0xC0) != 0x80;
    return count;
}

const char *text_find(const char *text, const char *word) {
    size_t length = strlen(word);
    for (; text; text++) {
        if (strncasecmp(text, word, length) == 0)
            return text;
        if (!*text)
            break;
    }
    return NULL;
}
