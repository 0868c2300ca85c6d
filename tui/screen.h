/* screen: the terminal. The only file that knows curses. Main thread only. */
#ifndef TUI_SCREEN_H
#define TUI_SCREEN_H

#include "theme.h"

enum color_depth { DEPTH_MONO, DEPTH_8, DEPTH_16, DEPTH_256 };

/* Take the terminal; fd 2 goes to a temporary file until screen_close, which prints it. */
bool screen_open(bool color, const struct theme *theme, struct error *error);
void screen_close(void); /* idempotent; also the die hook */
void screen_theme(const struct theme *theme);
void screen_size(int *width, int *height);
void screen_show(const struct frame *frame);
/* A key (enum key) or KEY_ID_NONE when there is none; never waits. */
int screen_key(void);
/* Async-signal-safe emergency restore for crash handlers. */
void screen_emergency(void);
bool screen_utf8(void); /* codeset of the locale */

#endif
