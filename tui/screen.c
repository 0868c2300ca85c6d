#include "screen.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include <curses.h>

#include "keymap.h"

#define ESCAPE_DELAY_MS 25
#define EMERGENCY_BYTES 256
#define REPLAY_BYTES_MAX (256 * 1024) /* of what libraries wrote to fd 2 */
#define REPAINT_KEY 12                /* Ctrl-L */

/* How a role looks here; made when it is first drawn, since consoles have 64 pairs only. */
struct look {
    bool ready;
    attr_t attributes;
    short pair;
};

static struct {
    volatile sig_atomic_t open;
    SCREEN *curses;
    enum color_depth depth;
    bool default_colors;
    struct theme theme;
    struct look looks[ROLE_COUNT][2];
    short pairs; /* handed out, from 1 */
    short colors[2 * ROLE_COUNT + 1][2];
    struct frame shadow; /* what curses was given last */
    struct termios termios;
    bool has_termios;
    char emergency[EMERGENCY_BYTES];
    size_t emergency_length;
    int stderr_kept, stderr_file; /* -1: not taken */
} screen = {.stderr_kept = -1, .stderr_file = -1};

bool screen_utf8(void) {
    const char *codeset = nl_langinfo(CODESET);
    return strcmp(codeset, "UTF-8") == 0 || strcmp(codeset, "utf8") == 0;
}

/* ---- fd 2: a library that writes there would tear the screen ---- */

static void take_stderr(void) {
    char path[] = P_tmpdir "/pitwall-XXXXXX";
    int file = mkstemp(path);
    if (file < 0)
        return;
    unlink(path);
    fcntl(file, F_SETFD, FD_CLOEXEC);
    int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (kept < 0 || dup2(file, STDERR_FILENO) < 0) {
        close(file);
        if (kept >= 0)
            close(kept);
        return;
    }
    screen.stderr_file = file;
    screen.stderr_kept = kept;
}

/* Put fd 2 back and print what came meanwhile. Only async-signal-safe calls. */
static void give_stderr_back(void) {
    if (screen.stderr_kept < 0)
        return;
    dup2(screen.stderr_kept, STDERR_FILENO);
    char bytes[512];
    ssize_t got;
    off_t at = 0;
    while (at < REPLAY_BYTES_MAX &&
           (got = pread(screen.stderr_file, bytes, sizeof bytes, at)) > 0) {
        for (ssize_t i = 0; i < got; i++)
            if ((bytes[i] >= 0 && bytes[i] < ' ' && bytes[i] != '\n' && bytes[i] != '\t') ||
                bytes[i] == 0x7f)
                bytes[i] = '?';
        if (write(STDERR_FILENO, bytes, (size_t)got) < 0)
            break;
        at += got;
    }
    close(screen.stderr_file);
    close(screen.stderr_kept);
    screen.stderr_file = screen.stderr_kept = -1;
}

/* ---- the terminal ---- */

/* Append a terminfo string without its "$<5>" delays. */
static void prepare_emergency(const char *capability) {
    const char *text = tigetstr(capability);
    if (!text || text == (const char *)-1)
        return;
    while (*text && screen.emergency_length < EMERGENCY_BYTES) {
        const char *end = text[0] == '$' && text[1] == '<' ? strchr(text, '>') : NULL;
        if (end)
            text = end + 1;
        else
            screen.emergency[screen.emergency_length++] = *text++;
    }
}

static enum color_depth depth_of(bool color) {
    if (!color || !has_colors() || start_color() == ERR || COLORS < 8)
        return DEPTH_MONO;
    screen.default_colors = use_default_colors() == OK;
    return COLORS >= 256 ? DEPTH_256 : COLORS >= 16 ? DEPTH_16 : DEPTH_8;
}

static void set_modes(void) {
    static const char *const restoring[] = {"sgr0", "op", "rmkx", "cnorm", "rmcup"};
    screen.emergency_length = 0;
    for (size_t i = 0; i < COUNT_OF(restoring); i++)
        prepare_emergency(restoring[i]);
    cbreak();
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    leaveok(stdscr, TRUE);
    typeahead(-1); /* no half-drawn frames while keys come in */
    curs_set(0);
    set_escdelay(ESCAPE_DELAY_MS);
}

bool screen_open(bool color, const struct theme *theme, struct error *error) {
    assert(!screen.open);
    screen.has_termios = tcgetattr(STDIN_FILENO, &screen.termios) == 0;
    screen.curses = newterm(NULL, stdout, stdin);
    if (!screen.curses) {
        error_set(error, "terminal: curses does not know this TERM");
        return error_hint(error, "set TERM to what the terminal is, or use --plain");
    }
    set_modes();
    screen.depth = depth_of(color);
    frame_init(&screen.shadow);
    screen_theme(theme);
    take_stderr();
    screen.open = 1;
    die_hook(screen_close);
    return true;
}

void screen_close(void) {
    if (!screen.open)
        return;
    screen.open = 0;
    die_hook(NULL);
    endwin();
    delscreen(screen.curses);
    screen.curses = NULL;
    frame_done(&screen.shadow);
    give_stderr_back();
}

void screen_emergency(void) {
    if (!screen.open)
        return;
    screen.open = 0;
    ssize_t ignored = write(STDOUT_FILENO, screen.emergency, screen.emergency_length);
    (void)ignored;
    if (screen.has_termios)
        tcsetattr(STDIN_FILENO, TCSANOW, &screen.termios);
    give_stderr_back();
}

/* ---- colours ---- */

void screen_theme(const struct theme *theme) {
    screen.theme = *theme;
    if (screen.depth == DEPTH_MONO) { /* weight and underline instead of colour */
        struct error ignored;
        theme_load(&screen.theme, "mono", NULL, 0, NULL, &ignored);
    }
    screen.pairs = 0;
    memset(screen.looks, 0, sizeof screen.looks);
    frame_resize(&screen.shadow, 0, 0); /* everything is drawn again */
}

static short color_here(int32_t rgb, attr_t *attributes) {
    if (rgb == COLOR_DEFAULT)
        return -1;
    if (screen.depth == DEPTH_256)
        return (short)theme_256(rgb);
    int color = theme_16(rgb);
    if (screen.depth == DEPTH_16 || color < 8)
        return (short)color;
    if (color > 8)
        *attributes |= A_BOLD;
    return (short)(color == 8 ? COLOR_WHITE : color - 8); /* 8 is a grey: never bold white */
}

/* The pair for two colours; 0, the terminal's own, when the pairs are used up. */
static short pair_of(short fg, short bg) {
    for (short pair = 1; pair <= screen.pairs; pair++)
        if (screen.colors[pair][0] == fg && screen.colors[pair][1] == bg)
            return pair;
    short next = (short)(screen.pairs + 1);
    if (next >= COLOR_PAIRS || (size_t)next >= COUNT_OF(screen.colors) ||
        init_pair(next, fg, bg) == ERR)
        return 0;
    screen.pairs = next;
    screen.colors[next][0] = fg;
    screen.colors[next][1] = bg;
    return next;
}

static void add_colors(struct look *look, const struct style *style) {
    attr_t none = 0;
    short fg = color_here(style->fg, &look->attributes), bg = color_here(style->bg, &none);
    if (!screen.default_colors) {
        fg = fg < 0 ? COLOR_WHITE : fg;
        bg = bg < 0 ? COLOR_BLACK : bg;
    }
    if (fg == bg && fg >= 0) /* two colours that fell together */
        fg = bg == COLOR_BLACK ? COLOR_WHITE : COLOR_BLACK;
    look->pair = fg < 0 && bg < 0 ? 0 : pair_of(fg, bg);
}

/* With few colours a selected cell is reversed: its ground could be any role's colour. */
static struct look look_of(enum role role, bool selected) {
    bool few = screen.depth == DEPTH_8 || screen.depth == DEPTH_16;
    struct style style = theme_style(&screen.theme, role, selected && !few);
    struct look look = {.ready = true};
    if (style.bold)
        look.attributes |= A_BOLD;
    if (style.dim)
        look.attributes |= A_DIM;
    if (style.underline)
        look.attributes |= A_UNDERLINE;
    if (style.reverse != (selected && few))
        look.attributes |= A_REVERSE;
    if (screen.depth != DEPTH_MONO)
        add_colors(&look, &style);
    return look;
}

/* ---- drawing ---- */

void screen_size(int *width, int *height) {
    getmaxyx(stdscr, *height, *width);
}

/* What this locale can print in the cells that the frame gave it. */
static wchar_t printable(const struct frame_cell *cell) {
    if (cell->code_point < 0x7f)
        return (wchar_t)cell->code_point;
    int cells = cell->wide == 1 ? 2 : 1;
    if (!screen_utf8() || wcwidth((wchar_t)cell->code_point) != cells)
        return L'?';
    return (wchar_t)cell->code_point;
}

static void draw_cell(const struct frame_cell *cell, int x, int y) {
    struct look *look = &screen.looks[cell->role][cell->selected != 0];
    wchar_t text[2] = {printable(cell), L'\0'};
    cchar_t shown;
    if (!look->ready)
        *look = look_of(cell->role, cell->selected != 0);
    if (cell->wide == 1 && text[0] == L'?') { /* its right half would stay as it was */
        setcchar(&shown, L" ", look->attributes, look->pair, NULL);
        mvadd_wchnstr(y, x + 1, &shown, 1);
    }
    setcchar(&shown, text, look->attributes, look->pair, NULL);
    mvadd_wchnstr(y, x, &shown, 1);
}

static bool same_cell(const struct frame_cell *a, const struct frame_cell *b) {
    return a->code_point == b->code_point && a->role == b->role && a->wide == b->wide &&
           a->selected == b->selected;
}

void screen_show(const struct frame *frame) {
    bool all = screen.shadow.width != frame->width || screen.shadow.height != frame->height;
    if (all) {
        frame_resize(&screen.shadow, frame->width, frame->height);
        erase();
    }
    size_t at = 0;
    for (int y = 0; y < frame->height; y++)
        for (int x = 0; x < frame->width; x++, at++) {
            const struct frame_cell *cell = &frame->cells[at];
            if (!all && same_cell(cell, &screen.shadow.cells[at]))
                continue;
            screen.shadow.cells[at] = *cell;
            if (cell->wide != 2)
                draw_cell(cell, x, y);
        }
    refresh();
}

/* ---- keys ---- */

static int special_key(wint_t key) {
    static const struct {
        wint_t curses;
        int key;
    } keys[] = {
        {KEY_UP, KEY_ID_UP},         {KEY_DOWN, KEY_ID_DOWN},
        {KEY_LEFT, KEY_ID_LEFT},     {KEY_RIGHT, KEY_ID_RIGHT},
        {KEY_PPAGE, KEY_ID_PAGE_UP}, {KEY_NPAGE, KEY_ID_PAGE_DOWN},
        {KEY_HOME, KEY_ID_HOME},     {KEY_END, KEY_ID_END},
        {KEY_BTAB, KEY_ID_BACKTAB},  {KEY_ENTER, KEY_ID_ENTER},
        {KEY_F(1), KEY_ID_F1},       {KEY_F(10), KEY_ID_F10},
        {KEY_RESIZE, KEY_ID_RESIZE}, {KEY_BACKSPACE, KEY_ID_BACKSPACE},
    };
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (keys[i].curses == key)
            return keys[i].key;
    return KEY_ID_NONE;
}

static int character_key(wint_t key) {
    switch (key) {
    case '\n':
        return KEY_ID_ENTER;
    case '\b':
        return KEY_ID_BACKSPACE;
    case 3:
        return KEY_ID_INTERRUPT;
    case REPAINT_KEY:
        clearok(curscr, TRUE);
        return KEY_ID_RESIZE;
    }
    return key < 0x110000 ? (int)key : KEY_ID_NONE;
}

int screen_key(void) {
    wint_t key;
    for (;;) {
        int kind = get_wch(&key);
        if (kind == ERR)
            return KEY_ID_NONE;
        int known = kind == KEY_CODE_YES ? special_key(key) : character_key(key);
        if (known != KEY_ID_NONE) /* a key nobody knows must not hide those behind it */
            return known;
    }
}
