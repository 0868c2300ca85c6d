#include "model/event.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/event_fields.h"
#include "model/record.h"

#define NOTE_TEXT 1024

const char *event_word(enum event_kind kind) {
    return event_kinds[kind].word;
}

/* The union's members all begin where the union does. */
static char *body_of(const struct event *event) {
    return (char *)&event->endpoint;
}

static void event_clear(struct event *event, enum event_kind kind, int64_t t) {
    memset(event, 0, sizeof *event);
    event->t = t;
    event->kind = kind;
    record_clear(&event_kinds[kind].record, body_of(event));
    if (kind == EVENT_CALL_END)
        call_init(&event->call);
}

struct event *event_new(enum event_kind kind, int64_t t) {
    struct event *event = mem_alloc(sizeof *event);
    event_clear(event, kind, t);
    return event;
}

void event_done(struct event *event) {
    record_done(&event_kinds[event->kind].record, body_of(event));
}

void event_free(struct event *event) {
    if (!event)
        return;
    event_done(event);
    free(event);
}

size_t event_bytes(const struct event *event) {
    return sizeof *event + record_bytes(&event_kinds[event->kind].record, body_of(event));
}

bool event_measures(const struct event *event) {
    if (event->kind == EVENT_CALL_END)
        return event->call.ok && !phase_is_warmup(event->call.phase);
    return event->kind == EVENT_SCORE && !isnan(event->score.points);
}

struct event *event_note_new(int64_t t, enum note_level level, int ep, const char *format, ...) {
    struct event *event = event_new(EVENT_NOTE, t);
    char text[NOTE_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    event->note.level = level;
    event->note.ep = ep;
    event->note.text = mem_string(text);
    return event;
}

bool event_encode(const struct event *event, struct buf *out) {
    const struct event_table *table = &event_kinds[event->kind];
    struct event marked;
    if (event->kind == EVENT_CALL_OUTPUT && record_cuts(&table->record, body_of(event))) {
        marked = *event;
        marked.output.cut = true;
        event = &marked;
    }
    struct json_writer writer;
    json_begin(&writer, out);
    json_open(&writer, NULL, '{');
    json_put_integer(&writer, "t", event->t);
    json_put_string(&writer, "e", table->word);
    record_write(&table->record, body_of(event), &writer);
    json_close(&writer, '}');
    return json_end(&writer);
}

/* `t` and `e`, wherever they stand. -1 = a kind of another version, EVENT_COUNT = broken. */
static int read_start(const struct record_reader *reader, int64_t *t, struct error *error) {
    struct scan at;
    struct slice word;
    double time;
    if (!record_find(reader, "t", &at) || !scan_number(&at, &time)) {
        error_set(error, "t: %s", at.problem);
        return EVENT_COUNT;
    }
    if (!(time >= 0 && time <= 9007199254740992.0) || time != (double)(int64_t)time) {
        error_set(error, "t: not a time");
        return EVENT_COUNT;
    }
    *t = (int64_t)time;
    if (!record_find(reader, "e", &at) || scan_peek(&at) != SCAN_STRING ||
        !scan_value(&at, &word)) {
        error_set(error, "e: %s", at.problem ? at.problem : "a string is expected");
        return EVENT_COUNT;
    }
    for (int kind = 0; kind < EVENT_COUNT; kind++) {
        const char *known = event_kinds[kind].word;
        if (strlen(known) == word.length - 2 && memcmp(known, word.at + 1, word.length - 2) == 0)
            return kind;
    }
    return -1;
}

static bool read_body(struct event *event, int kind, struct record_reader *reader) {
    if (kind < 0)
        return scan_value(&reader->scan, NULL) && scan_end(&reader->scan);
    return record_read(&event_kinds[kind].record, body_of(event), reader) &&
           scan_end(&reader->scan);
}

enum event_decoded event_decode(struct event *event, const char *line, size_t length,
                                struct error *error) {
    struct record_reader reader;
    record_reader_init(&reader, line, length);
    int64_t t = 0;
    enum event_decoded result = EVENT_BROKEN;
    int kind = read_start(&reader, &t, error);
    if (kind == EVENT_COUNT)
        goto out;
    if (kind >= 0)
        event_clear(event, (enum event_kind)kind, t);
    if (read_body(event, kind, &reader)) {
        result = kind >= 0 ? EVENT_DECODED : EVENT_UNKNOWN;
        goto out;
    }
    if (kind >= 0)
        event_done(event);
    error_set(error, "%s%s%s (at byte %zu)", reader.field ? reader.field : "",
              reader.field ? ": " : "", reader.scan.problem,
              (size_t)(reader.scan.at - reader.scan.begin));
out:
    record_reader_done(&reader);
    return result;
}
