/* theme: role → style, from a JSON file; resolved for the colours a terminal has. */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include "frame.h"

enum { COLOR_DEFAULT = -1 };
struct style {
    int32_t fg, bg; /* 0xRRGGBB or COLOR_DEFAULT */
    bool bold, dim, reverse, underline;
};
struct theme {
    char name[40];
    struct style styles[ROLE_COUNT];
    struct style selection;         /* over a selected cell's own style */
    int32_t background, foreground; /* of pictures; a terminal keeps its own unless `paint` */
    bool paint;
};

/* `name_or_path` with a '/' or ending in ".json" is a file; else NAME.json in the directories in
 * order, else the built-in of that name. Roles that the file leaves out look as in "default".
 * Unknown roles, fields and bad colours: a line each in `warnings` (may be NULL). Fails when there
 * is no such theme or its JSON is broken. */
bool theme_load(struct theme *theme, const char *name_or_path, const char *const *directories,
                size_t directory_count, struct buf *warnings, struct error *error);
/* Names of the built-in themes, "default" first. */
const char *theme_builtin(size_t index); /* NULL past the last */

/* How a cell looks: its role's style with the selection laid over it. */
struct style theme_style(const struct theme *theme, enum role role, bool selected);

/* Nearest of the cube and the greys (16..255: the lower 16 are the user's own), and of the 16 by
 * hue, so that a pale green is green and not grey. Both take 0xRRGGBB. */
int theme_256(int32_t rgb);
int theme_16(int32_t rgb);

void frame_dump_ansi(const struct frame *frame, const struct theme *theme, struct buf *out);
/* One <text> a run of cells placed on the grid; a picture that rsvg-convert renders right. */
void frame_dump_svg(const struct frame *frame, const struct theme *theme, const char *title,
                    struct buf *out);

#endif
