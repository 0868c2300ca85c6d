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
    struct style selection;
};

/* Built-in by name ("default" …), else a file. Unknown roles: warnings in `warnings` (may be NULL).
 */
bool theme_load(struct theme *theme, const char *name_or_path, const char *const *directories,
                size_t directory_count, struct buf *warnings, struct error *error);
const char *const *theme_builtin(size_t *count);

/* Nearest colour of the 256 cube and of the 16; for the screen and ansi dumps. */
int theme_256(int32_t rgb);
int theme_16(int32_t rgb);

void frame_dump_ansi(const struct frame *frame, const struct theme *theme, struct buf *out);
/* One <text> a run of cells placed on the grid; a picture that rsvg-convert renders right. */
void frame_dump_svg(const struct frame *frame, const struct theme *theme, const char *title,
                    struct buf *out);

#endif
