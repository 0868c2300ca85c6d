#include "layout.h"

#include "view.h"

enum {
    PADDED_WIDTH = 70,    /* of a box: so that one half of 120 columns is like a whole line */
    SPARK_VALUE = 5,      /* cells of a sparkline's figure */
    SPARK_MIN = 15,       /* a sparkline beside the phases: graph, blank, value */
    SPARK_BELOW_MIN = 9,  /* and below them */
    EVENTS_MIN = 6,       /* border included */
    DETAIL_MIN = 7,       /* border included */
    DETAIL_WIDTH = 96,    /* body width from which there is a detail pane */
    GRAPH_ROWS_MOST = 3,  /* of one sparkline */
    GRAPH_ROWS_TALL = 2,  /* before panes are thought of */
    ENGINE_BOXED = 30,    /* body height from which the engine view has boxes */
    ENGINE_SIDE = 110,    /* body width from which graphs stand beside the phase table */
    ENGINE_WIDE = 150,    /* and from which they have a column of their own */
    ENGINE_CALLS_MIN = 4, /* lines for calls, title included */
    ENGINE_CALLS_FEW = 8, /* with fewer there is no energy table */
    ENGINE_GRAPH_MIN = 6  /* lines for graphs, title included */
};

int layout_pad(int width) {
    return width >= PADDED_WIDTH ? 1 : 0;
}

static int at_most(int value, int most) {
    return value < most ? value : most;
}

static int at_least(int value, int least) {
    return value > least ? value : least;
}

static int between(int value, int least, int most) {
    return at_least(at_most(value, most), least);
}

void layout_screen(int width, int height, struct layout_screen *out) {
    *out = (struct layout_screen){.fits = width >= SCREEN_MIN_WIDTH && height >= SCREEN_MIN_HEIGHT};
    if (!out->fits)
        return;
    out->header = (struct rect){0, 0, width, 1};
    out->progress = (struct rect){0, 1, width, 1};
    out->body = (struct rect){0, 2, width, height - 3};
    out->bar = (struct rect){0, height - 1, width, 1};
}

/* Split `width` cells from `x` into LAYOUT_SPARKS equal spans with two blanks between. */
static void place_sparks(struct board_layout *out, int x, int width) {
    int step = width / LAYOUT_SPARKS;
    for (int i = 0; i < LAYOUT_SPARKS; i++)
        out->sparks[i] = (struct span){x + i * step, step - (i + 1 < LAYOUT_SPARKS ? 2 : 0)};
}

/* Name, phases, verdict in one line of `width` cells from `x`, in a box of `whole` cells;
 * `most_step` bounds a column. */
static void place_columns(struct board_layout *out, const struct board_want *want, int x, int width,
                          int whole, int most_step) {
    int verdict = whole >= 110 ? 11 : whole >= 70 ? 9 : 5;
    int gap = whole >= 70 ? 1 : 0;        /* else the cell of the marks keeps them apart */
    int step_min = want->value_width + 2; /* gap, value, one mark */
    int left = width - verdict - gap - want->columns * step_min;
    int name = between(want->name_width, 6, width / 5);
    name = at_least(name, at_most(want->model_width, at_most(left, width / 5)));
    int room = width - name - verdict - gap;

    out->column_count = between(room / step_min, 0, want->columns);
    out->column_step =
        out->column_count ? between(room / out->column_count, step_min, most_step) : step_min;
    int spare = room - out->column_count * out->column_step;
    int wider = whole >= 70 ? between(11 - verdict, 0, spare) : 0; /* for "serial-fifo" */
    verdict += wider;
    spare -= wider;
    int longer = between(want->name_width - name, 0, spare);
    name += longer;
    out->name = (struct span){x, name};
    out->column_x = x + name;
    out->mark_width = between(out->column_step - want->value_width - 1, 0, 2);
    int end = out->column_x + out->column_count * out->column_step;
    out->verdict = (struct span){end + gap, at_most(verdict, x + width - end - gap)};
}

static void place_across(struct board_layout *out, const struct board_want *want, int x,
                         int width) {
    int label_step = between(want->label_width + 2, want->value_width + 3, want->value_width + 7);
    int name = between(want->name_width, 6, width / 5);
    int spark_room = width - name - want->columns * (want->value_width + 3) - 13;

    out->spark_value = SPARK_VALUE;
    out->beside = spark_room >= LAYOUT_SPARKS * SPARK_MIN;
    if (!out->beside) {
        place_columns(out, want, x, width, width, want->value_width + 6);
        place_sparks(out, out->column_x + 1, x + width - out->column_x - 1);
        return;
    }
    int step =
        between((width - name - 13 - LAYOUT_SPARKS * (SPARK_MIN + 2)) / at_least(want->columns, 1),
                want->value_width + 3, label_step);
    place_columns(out, want, x, name + want->columns * step + 12, width, step);
    int sparks_x = out->verdict.x + out->verdict.width + 1;
    place_sparks(out, sparks_x, x + width - sparks_x);
}

/* Lines that rows of this height take, with what belongs to them. */
static int list_lines(const struct board_layout *out, const struct board_want *want,
                      int row_height) {
    int below = out->deltas == DELTA_BELOW ? want->deltas : 0;
    return want->rows * row_height + want->labels + below;
}

static int height_with(const struct board_layout *out, int graph_rows) {
    if (!out->beside)
        return 1 + graph_rows;
    return graph_rows > 1 ? graph_rows + 1 : 1; /* tall ones need a blank between them */
}

/* Decide the height of a row, then the panes below, from the lines left inside the body. */
static void place_down(struct board_layout *out, const struct board_want *want, struct rect body) {
    bool sparks_fit = out->sparks[0].width >= SPARK_BELOW_MIN;
    int suite_line = want->suites > 1 ? 1 : 0;
    int bare = body.height - 2 - 1 - suite_line; /* without a line of sparkline titles */
    int room = bare - (out->beside ? 0 : 1);

    if (want->deltas > 0 && out->deltas != DELTA_BESIDE && list_lines(out, want, 1) > bare)
        out->deltas = DELTA_INSTEAD;
    out->graph_rows = sparks_fit && list_lines(out, want, height_with(out, 1)) <= room ? 1 : 0;
    if (out->graph_rows == 0)
        room = bare;
    if (out->graph_rows == 0 && out->beside && sparks_fit)
        out->graph_rows = 1; /* beside the phases they cost no line */
    while (out->graph_rows > 0 && out->graph_rows < GRAPH_ROWS_TALL &&
           list_lines(out, want, height_with(out, out->graph_rows + 1)) <= room)
        out->graph_rows++;
    int left = room - list_lines(out, want, height_with(out, out->graph_rows));
    int panes = left >= EVENTS_MIN ? left : 0;
    if (out->graph_rows == GRAPH_ROWS_TALL && panes >= EVENTS_MIN + want->rows * 2) {
        out->graph_rows = GRAPH_ROWS_MOST;
        panes = room - list_lines(out, want, height_with(out, out->graph_rows));
    }
    int note = !panes && left >= 1 ? 1 : 0;
    out->row_height = height_with(out, out->graph_rows);

    out->box = (struct rect){body.x, body.y, body.width, body.height - panes - note};
    int head = 1 + suite_line + (out->graph_rows > 0 && !out->beside ? 1 : 0);
    int runs = at_most(want->labels, at_least(out->box.height - 2 - head, 0));
    out->runs = (struct rect){body.x + 1, body.y + 1, body.width - 2, runs};
    out->head = (struct rect){body.x + 1, body.y + 1 + runs, body.width - 2, head};
    out->list = (struct rect){body.x + 1, body.y + 1 + runs + head, body.width - 2,
                              at_least(out->box.height - 2 - runs - head, 0)};
    int y = body.y + out->box.height;
    if (note)
        out->note = (struct rect){body.x, y, body.width, 1};
    if (!panes)
        return;
    out->events = (struct rect){body.x, y, body.width, panes};
    if (panes >= DETAIL_MIN && body.width >= DETAIL_WIDTH) {
        int width = body.width * 3 / 5;
        out->detail = (struct rect){body.x, y, width, panes};
        out->events = (struct rect){body.x + width, y, body.width - width, panes};
    }
}

void layout_board(struct rect body, const struct board_want *want, struct board_layout *out) {
    *out = (struct board_layout){.row_height = 1};
    if (body.width < 3 || body.height < 3)
        return;
    int pad = 1 + layout_pad(body.width);
    struct board_want wider = *want;
    if (want->deltas > 0) {
        wider.value_width += DELTA_WIDTH;
        out->deltas = DELTA_BESIDE;
    }
    place_across(out, &wider, body.x + pad, body.width - 2 * pad);
    if (out->column_count < want->columns && want->deltas > 0) {
        out->deltas = DELTA_BELOW;
        wider.value_width = at_least(want->value_width, DELTA_WIDTH - 1);
        place_across(out, &wider, body.x + pad, body.width - 2 * pad);
    }
    place_down(out, want, body);
}

/* Lines of the energy table's section, when `left` is enough for it and the calls; else none. */
static int energy_lines(const struct engine_want *want, int left, int frame) {
    int need = want->energy + frame;
    int calls = between(want->calls + 1, ENGINE_CALLS_MIN, ENGINE_CALLS_FEW) + frame;
    return want->energy > 0 && left >= need + calls ? need : 0;
}

/* Below the facts: phases with graphs beside or under them, then calls over the whole width. */
static void stack_engine(struct engine_layout *out, const struct engine_want *want,
                         struct rect rest, int frame) {
    bool side = rest.width >= ENGINE_SIDE;
    int least_calls = ENGINE_CALLS_MIN + frame, calls = want->calls + 1 + frame;
    int phases = at_most(want->phases + 1 + frame, at_least(rest.height - least_calls, 0));
    int width = side ? rest.width * 3 / 5 : rest.width;
    int energy = energy_lines(want, rest.height - phases, frame);
    rest.height -= energy;
    if (side) /* what the calls do not need, up to half, makes the graphs taller */
        phases = at_least(phases, at_most(rest.height - calls, rest.height / 2));
    out->phases = (struct rect){rest.x, rest.y, width, phases};
    if (side)
        out->graphs = (struct rect){rest.x + width, rest.y, rest.width - width, phases};
    out->energy = (struct rect){rest.x, rest.y + phases, rest.width, energy};
    int y = rest.y + phases + energy, left = rest.height - phases;
    int graphs = at_least(left / 3, at_most(left - calls, left / 2));
    if (!side && graphs >= ENGINE_GRAPH_MIN + frame) {
        out->graphs = (struct rect){rest.x, y, rest.width, graphs};
        y += graphs;
        left -= graphs;
    }
    out->calls = (struct rect){rest.x, y, rest.width, left};
}

void layout_engine(struct rect body, const struct engine_want *want, struct engine_layout *out) {
    *out = (struct engine_layout){.boxed = body.height >= ENGINE_BOXED};
    if (body.width < 3 || body.height < 3)
        return;
    int frame = out->boxed ? 2 : 1; /* lines a section needs besides its own */
    int facts = at_most(at_most(want->facts, body.height / 3) + frame, body.height);
    out->facts = (struct rect){body.x, body.y, body.width, facts};
    struct rect rest = {body.x, body.y + facts, body.width, body.height - facts};
    if (body.width < ENGINE_WIDE || !out->boxed) {
        stack_engine(out, want, rest, frame);
        return;
    }
    int width = rest.width * 3 / 5;
    int phases = at_most(want->phases + 1 + frame, rest.height / 2);
    out->phases = (struct rect){rest.x, rest.y, width, phases};
    int energy = energy_lines(want, rest.height - phases, frame);
    out->energy = (struct rect){rest.x, rest.y + phases, width, energy};
    out->calls =
        (struct rect){rest.x, rest.y + phases + energy, width, rest.height - phases - energy};
    out->graphs = (struct rect){rest.x + width, rest.y, rest.width - width, rest.height};
}

int layout_scroll(int count, int height, int selected) {
    if (count <= height || height <= 0)
        return 0;
    return between(selected - height / 2, 0, count - height);
}
