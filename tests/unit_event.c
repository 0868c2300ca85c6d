/* Events and their lines: the log's table word for word, stable round trips, hostile lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "model/event_fields.h"

#define LINE_MAX_BYTES ((size_t)8 << 20)

static char *line_of(const struct event *event) {
    struct buf out;
    buf_init(&out, LINE_MAX_BYTES);
    assert_true(event_encode(event, &out));
    return buf_take(&out);
}

/* encode(decode(line)) is the line; returns the event, which the caller frees with event_done. */
static struct event stable(const char *line) {
    struct event event;
    struct error error = {0};
    if (event_decode(&event, line, strlen(line), &error) != EVENT_DECODED)
        fail_msg("%s: %.200s", error.text, line);
    char *again = line_of(&event);
    assert_string_equal(again, line);
    free(again);
    return event;
}

/* ---- every kind as the log's description has it ---- */

static const char *const lines[EVENT_COUNT] = {
    [EVENT_ENDPOINT] =
        "{\"t\":5,\"e\":\"endpoint\",\"ep\":0,\"state\":\"up\",\"engine\":\"llama.cpp\","
        "\"engine_version\":\"b9000\",\"model\":\"qwen\",\"detail\":null}",
    [EVENT_CAPABILITY] =
        "{\"t\":5,\"e\":\"capability\",\"ep\":63,\"name\":\"slots\",\"value\":\"4\","
        "\"evidence\":\"/slots\"}",
    [EVENT_PHASE_START] = "{\"t\":5,\"e\":\"phase_start\",\"ep\":1,\"suite\":\"tool-call-stress\","
                          "\"phase\":\"turn-1\",\"pass\":2,\"turns\":27}",
    [EVENT_PHASE_END] =
        "{\"t\":5,\"e\":\"phase_end\",\"ep\":1,\"suite\":\"agentic\",\"phase\":\"cold\","
        "\"pass\":0,\"status\":\"skipped\",\"reason\":\"no restart command\"}",
    [EVENT_CALL_START] =
        "{\"t\":5,\"e\":\"call_start\",\"id\":7,\"ep\":0,\"suite\":\"burst\",\"phase\":"
        "\"burst-30\",\"pass\":0,\"i\":29,\"attempt\":1}",
    [EVENT_FIRST_TOKEN] = "{\"t\":5,\"e\":\"first_token\",\"id\":9007199254740992}",
    [EVENT_PROGRESS] = "{\"t\":5,\"e\":\"progress\",\"lane\":\"here\",\"calls\":[[1,20],[2,0]]}",
    [EVENT_CALL_END] =
        "{\"t\":5,\"e\":\"call_end\",\"id\":7,\"ep\":0,\"suite\":\"agentic\",\"phase\":\"warm\","
        "\"pass\":0,"
        "\"i\":0,\"start_us\":0,\"sent_us\":1,\"first_byte_us\":2,\"first_token_us\":3,"
        "\"first_content_us\":4,\"last_token_us\":5,\"end_us\":6,\"connect_ms\":0.25,\"http_"
        "status\":200,"
        "\"ttft_ms\":0.003,\"decode_tps\":51.23,\"prompt_tokens\":1800,\"cached_tokens\":0,"
        "\"completion_tokens\":3,\"tokens_source\":\"usage\",\"chunks\":3,\"reasoning_chars\":0,"
        "\"content_chars\":9,\"max_tokens\":400,\"finish\":\"stop\",\"chunk_us\":[1,1],\"server\":{"
        "\"a\":1.50,"
        "\"b\":[9007199254740993,\"é\"]},\"ok\":false,\"correct\":true,\"degenerate\":false,"
        "\"error\":{"
        "\"class\":\"stream_error\",\"detail\":\"boom\"},\"attempt\":0,\"prompt_chars\":7800,"
        "\"shared_chars\":7000,\"thinking\":\"off\",\"buffered\":false}",
    [EVENT_CALL_OUTPUT] =
        "{\"t\":5,\"e\":\"call_output\",\"id\":7,\"content\":\"a\\n\\\"b\\\"\",\"reasoning\":"
        "null,\"tool_calls\":\"[{\\\"broken\\\":\",\"request\":null,\"cut\":true}",
    [EVENT_SAMPLE] = "{\"t\":5,\"e\":\"sample\",\"lane\":\"here\",\"rails\":[{\"name\":\"cpu\","
                     "\"energy_j\":12.5,"
                     "\"pub_us\":4}],\"watts\":null,\"thermal\":\"nominal\",\"temp_c\":41.5,\"swap_"
                     "mb\":0,\"swapouts\":0,"
                     "\"pressure\":1,\"free_mb\":1024,\"gpu_pct\":99.9,\"power_source\":\"ac\","
                     "\"power_mode\":null,"
                     "\"kv_tokens\":null,\"engines\":[{\"ep\":0,\"pid\":123,\"rss_mb\":1.5,"
                     "\"footprint_mb\":null}],"
                     "\"others\":[{\"engine\":\"ollama\",\"pid\":null}]}",
    [EVENT_SCORE] =
        "{\"t\":5,\"e\":\"score\",\"ep\":0,\"suite\":\"instruct\",\"item\":\"json\",\"turn\":null,"
        "\"repeat\":0,\"pass\":1,\"points\":0.5,\"failure\":\"schema\",\"detail\":null}",
    [EVENT_FIGURE] =
        "{\"t\":5,\"e\":\"figure\",\"ep\":0,\"suite\":\"agentic\",\"phase\":\"cold\",\"metric\":"
        "\"ttft_ms\",\"stat\":\"median\",\"value\":2070,\"n\":null}",
    [EVENT_NOTE] = "{\"t\":5,\"e\":\"note\",\"level\":\"warn\",\"ep\":null,\"text\":\"slow disk\"}",
    [EVENT_RUN_END] = "{\"t\":5,\"e\":\"run_end\",\"status\":\"complete\",\"dropped\":0}",
};

static void each_kind_has_its_line(void **state) {
    (void)state;
    for (int kind = 0; kind < EVENT_COUNT; kind++) {
        struct event event = stable(lines[kind]);
        assert_int_equal(event.kind, kind);
        assert_int_equal(event.t, 5);
        event_done(&event);
    }
}

static void fields_land_where_they_belong(void **state) {
    (void)state;
    struct event event = stable(lines[EVENT_CALL_END]);
    const struct call *call = &event.call;
    assert_int_equal(call->suite, SUITE_AGENTIC);
    assert_string_equal(call->phase, "warm");
    assert_int_equal(call->start_us, 0);
    assert_int_equal(call->end_us, 6);
    assert_true(call->ttft_ms == 0.003 && call->decode_tps == 51.23 && call->connect_ms == 0.25);
    assert_int_equal(call->cached_tokens, 0);
    assert_int_equal(call->tokens_source, TOKENS_USAGE);
    assert_int_equal(call->chunk_us_count, 2);
    assert_int_equal(call->error, ERROR_STREAM);
    assert_string_equal(call->error_detail, "boom");
    assert_string_equal(call->server, "{\"a\":1.50,\"b\":[9007199254740993,\"é\"]}");
    assert_int_equal(call->correct, CHECK_YES);
    assert_int_equal(call->thinking, THINKING_OFF);
    event_done(&event);
    event = stable(lines[EVENT_SAMPLE]);
    assert_true(isnan(event.sample.watts) && event.sample.swap_mb == 0);
    assert_null(event.sample.power_mode);
    assert_string_equal(event.sample.rails[0].name, "cpu");
    assert_int_equal(event.sample.engines[0].pid, 123);
    assert_true(isnan(event.sample.engines[0].footprint_mb));
    assert_int_equal(event.sample.others[0].engine, ENGINE_OLLAMA);
    assert_int_equal(event.sample.others[0].pid, -1);
    event_done(&event);
    event = stable(lines[EVENT_PROGRESS]);
    assert_int_equal(event.progress.count, 2);
    assert_int_equal(event.progress.calls[0].tokens, 20);
    event_done(&event);
    event = stable(lines[EVENT_NOTE]);
    assert_int_equal(event.note.ep, -1);
    event_done(&event);
}

static void new_events_are_absent(void **state) {
    (void)state;
    for (int kind = 0; kind < EVENT_COUNT; kind++) {
        struct event *event = event_new((enum event_kind)kind, 77);
        char *line = line_of(event);
        struct event again = stable(line);
        assert_true(event_bytes(event) >= sizeof *event);
        event_done(&again);
        free(line);
        event_free(event);
    }
    struct event *event = event_new(EVENT_SAMPLE, 0);
    assert_true(isnan(event->sample.watts) && isnan(event->sample.kv_tokens));
    event_free(event);
    event = event_new(EVENT_CALL_END, 0);
    assert_true(event->call.end_us == MARK_NONE && event->call.correct == CHECK_NONE);
    event_free(event);
    event = event_new(EVENT_ENDPOINT, 0);
    assert_int_equal(event->endpoint.engine, -1);
    event_free(event);
    event_free(NULL);
}

static void notes_are_formatted(void **state) {
    (void)state;
    struct event *event = event_note_new(9, NOTE_ERROR, 3, "%s: %d", "port", 80);
    assert_string_equal(event->note.text, "port: 80");
    char *line = line_of(event);
    assert_string_equal(
        line, "{\"t\":9,\"e\":\"note\",\"level\":\"error\",\"ep\":3,\"text\":\"port: 80\"}");
    free(line);
    event_free(event);
}

/* ---- property: any event comes back ---- */

static uint64_t next(uint64_t *random) {
    *random = *random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *random >> 24;
}

/* Bytes with controls, quotes, half characters, code points of every length. */
static size_t random_text(char *out, size_t most, uint64_t *random) {
    static const char *const parts[] = {"a",    "Z9 ", "\"", "\\", "\n",           "\x01",
                                        "\x7F", "é",   "模", "😀",  "\xE2\x80\xAE", "/"};
    size_t length = 0;
    for (uint64_t count = next(random) % 8; count > 0; count--) {
        const char *part = parts[next(random) % COUNT_OF(parts)];
        if (length + strlen(part) < most)
            length += (size_t)snprintf(out + length, most - length, "%s", part);
    }
    out[length] = '\0';
    return length;
}

static double random_double(uint64_t *random) {
    static const double some[] = {0, -0.0, 0.1, 1e-9, 123456.789, 1e22, -5, 4294967296.0};
    double value;
    uint64_t bits = next(random) << 32 ^ next(random);
    memcpy(&value, &bits, sizeof value);
    return next(random) % 2 || !isfinite(value) ? some[next(random) % COUNT_OF(some)] : value;
}

static void fill(const struct record *record, char *base, uint64_t *random);

static void fill_list(const struct field *field, char *base, uint64_t *random) {
    const struct list *list = field->list;
    size_t count = next(random) % 5;
    char *rows = count ? mem_zero(count, list->row_size) : NULL;
    for (size_t i = 0; i < count; i++) {
        record_clear(&list->row, rows + i * list->row_size);
        fill(&list->row, rows + i * list->row_size, random);
    }
    memcpy(base + field->at, &rows, sizeof rows);
    *(size_t *)(base + list->count_at) = count;
}

static void fill_field(const struct field *field, char *base, uint64_t *random) {
    char *at = base + field->at;
    char text[200];
    int count;
    switch (field->type) {
    case FIELD_INT:
        *(int *)at = (int)(next(random) % INT32_MAX);
        break;
    case FIELD_EP:
        *(int *)at = (int)(next(random) % ENDPOINTS_MAX);
        break;
    case FIELD_LONG:
        *(int64_t *)at = (int64_t)(next(random) << 13 & ((UINT64_C(1) << 53) - 1));
        break;
    case FIELD_DOUBLE:
        *(double *)at = random_double(random);
        break;
    case FIELD_BOOL:
        *(bool *)at = next(random) % 2;
        break;
    case FIELD_CHECK:
        *(int *)at = (int)(next(random) % 2);
        break;
    case FIELD_WORD:
        names_words(field->words, &count);
        *(int *)at = (int)(next(random) % (uint64_t)count);
        break;
    case FIELD_TEXT:
        random_text(at, field->size, random);
        break;
    case FIELD_STRING:
        random_text(text, sizeof text, random);
        *(char **)at = mem_string(text);
        break;
    case FIELD_RAW:
        *(char **)at = mem_string(next(random) % 2 ? " {\"x\" : [1, 2.50,\"\\u00e9\"] } " : "1");
        break;
    case FIELD_OBJECT:
        fill(field->object, at, random);
        break;
    case FIELD_LIST:
        fill_list(field, base, random);
        break;
    }
}

static void fill(const struct record *record, char *base, uint64_t *random) {
    for (size_t i = 0; i < record->count; i++)
        if (record->fields[i].null == NULL_BAD || next(random) % 4)
            fill_field(&record->fields[i], base, random);
}

static struct event *random_event(enum event_kind kind, uint64_t *random) {
    struct event *event = event_new(kind, (int64_t)next(random));
    fill(&event_kinds[kind].record, (char *)&event->endpoint, random);
    return event;
}

static void any_event_comes_back(void **state) {
    (void)state;
    uint64_t random = 2026;
    for (int kind = 0; kind < EVENT_COUNT; kind++)
        for (int round = 0; round < 300; round++) {
            struct event *event = random_event((enum event_kind)kind, &random);
            char *line = line_of(event);
            assert_null(strchr(line, '\n'));
            struct event again = stable(line);
            event_done(&again);
            free(line);
            event_free(event);
        }
}

/* A line cut anywhere is broken; a line with a byte changed is decoded or broken, never worse, and
 * what is decoded is stable from then on. */
static void damaged_lines_do_no_harm(void **state) {
    (void)state;
    uint64_t random = 5;
    for (int kind = 0; kind < EVENT_COUNT; kind++) {
        size_t length = strlen(lines[kind]);
        struct event event;
        struct error error;
        for (size_t i = 0; i < length; i++)
            assert_int_equal(event_decode(&event, lines[kind], i, &error), EVENT_BROKEN);
        for (int round = 0; round < 2000; round++) {
            char *line = mem_string(lines[kind]);
            line[next(&random) % length] = (char)(next(&random) & 0xFF);
            if (event_decode(&event, line, length, &error) == EVENT_DECODED) {
                char *once = line_of(&event);
                struct event again;
                if (event_decode(&again, once, strlen(once), &error) == EVENT_DECODED) {
                    char *twice = line_of(&again);
                    assert_string_equal(once, twice);
                    free(twice);
                    event_done(&again);
                }
                free(once);
                event_done(&event);
            }
            free(line);
        }
    }
}

/* ---- hostile lines ---- */

static void broken(const char *line, const char *reason) {
    struct event event;
    struct error error = {0};
    enum event_decoded got = event_decode(&event, line, strlen(line), &error);
    if (got == EVENT_DECODED)
        event_done(&event);
    if (got != EVENT_BROKEN || !strstr(error.text, reason))
        fail_msg("%.200s: %d %s", line, (int)got, error.text);
}

static void hostile_lines_are_broken_with_a_reason(void **state) {
    (void)state;
    broken("", "t: ");
    broken("[]", "t: ");
    broken("{\"e\":\"note\"}", "t: missing");
    broken("{\"t\":1}", "e: missing");
    broken("{\"t\":\"1\",\"e\":\"note\"}", "t: ");
    broken("{\"t\":-1,\"e\":\"note\"}", "t: ");
    broken("{\"t\":1.5,\"e\":\"note\"}", "t: ");
    broken("{\"t\":1e300,\"e\":\"note\"}", "t: ");
    broken("{\"t\":1e999,\"e\":\"note\"}", "t: ");
    broken("{\"t\":1,\"e\":7}", "e: ");
    broken("{\"t\":1,\"e\":null}", "e: ");
    broken("{\"t\":1,\"e\":\"first_token\"}", "id: missing");
    broken("{\"t\":1,\"e\":\"first_token\",\"id\":null}", "id: null");
    broken("{\"t\":1,\"e\":\"first_token\",\"id\":\"7\"}", "id: a number");
    broken("{\"t\":1,\"e\":\"first_token\",\"id\":7.5}", "id: a whole");
    broken("{\"t\":1,\"e\":\"first_token\",\"id\":1e17}", "id: the number is out");
    broken("{\"t\":1,\"e\":\"first_token\",\"id\":7,\"id\":8}", "id: given twice");
    broken("{\"t\":1,\"e\":\"first_token\",\"id\":7} x", "follows");
    broken("{\"t\":1,\"e\":\"first_token\",\"id\":7,}", "comma");
    broken("{\"t\":1,\"e\":\"note\",\"level\":\"loud\",\"ep\":null,\"text\":\"\"}", "level: ");
    broken("{\"t\":1,\"e\":\"note\",\"level\":\"info\",\"ep\":64,\"text\":\"\"}", "ep: ");
    broken("{\"t\":1,\"e\":\"note\",\"level\":\"info\",\"ep\":-1,\"text\":\"\"}", "ep: ");
    broken("{\"t\":1,\"e\":\"note\",\"level\":\"info\",\"ep\":0,\"text\":{}}", "text: ");
    broken("{\"t\":1,\"e\":\"run_end\",\"status\":\"complete\",\"dropped\":true}", "dropped: ");
    broken(
        "{\"t\":1,\"e\":\"phase_start\",\"ep\":0,\"suite\":\"nosuch\",\"phase\":\"x\",\"pass\":0}",
        "suite: ");
    broken("{\"t\":1,\"e\":\"phase_start\",\"ep\":0,\"suite\":\"solo\",\"phase\":"
           "\"123456789012345678901234\",\"pass\":0}",
           "phase: ");
    broken("{\"t\":1,\"e\":\"phase_start\",\"ep\":0,\"suite\":\"solo\",\"phase\":\"x\",\"pass\":"
           "3000000000}",
           "pass: ");
    broken("{\"t\":1,\"e\":\"progress\",\"lane\":\"x\",\"calls\":[[1]]}", "calls: ");
    broken("{\"t\":1,\"e\":\"progress\",\"lane\":\"x\",\"calls\":[[1,2,3]]}", "calls: ");
    broken("{\"t\":1,\"e\":\"progress\",\"lane\":\"x\",\"calls\":[1,2]}", "calls: ");
    broken("{\"t\":1,\"e\":\"progress\",\"lane\":\"x\",\"calls\":{}}", "calls: ");
    broken("{\"t\":1,\"e\":\"sample\",\"lane\":\"x\",\"rails\":[null]}", "rails: ");
    broken("{\"t\":1,\"e\":\"sample\",\"lane\":\"x\",\"rails\":[{\"name\":\"a\"},{}]}",
           "name: missing");
}

static void other_versions_are_skipped(void **state) {
    (void)state;
    struct event event;
    struct error error;
    const char *unknown = "{\"t\":1,\"e\":\"weather\",\"x\":[{}]}";
    assert_int_equal(event_decode(&event, unknown, strlen(unknown), &error), EVENT_UNKNOWN);
    const char *torn = "{\"t\":1,\"e\":\"weather\",\"x\":[{}";
    assert_int_equal(event_decode(&event, torn, strlen(torn), &error), EVENT_BROKEN);
    /* fields of another version, in any order, with white space */
    const char *more = " { \"new\" : {\"a\":[1]} , \"id\":7, \"e\" : \"first_token\", \"t\" : 3 } ";
    assert_int_equal(event_decode(&event, more, strlen(more), &error), EVENT_DECODED);
    assert_int_equal(event.t, 3);
    assert_int_equal(event.first_token.id, 7);
    event_done(&event);
}

/* ---- bounds ---- */

static void long_lists_are_bounded(void **state) {
    (void)state;
    struct event *event = event_new(EVENT_CALL_END, 1);
    event->call.chunk_us_count = 1000001;
    event->call.chunk_us = mem_zero(event->call.chunk_us_count, sizeof(int64_t));
    char *line = line_of(event);
    struct event again = stable(line);
    assert_int_equal(again.call.chunk_us_count, 1000000);
    event_done(&again);
    /* one more written by another hand */
    char *at = strstr(line, "\"chunk_us\":[0");
    struct buf longer;
    buf_init(&longer, LINE_MAX_BYTES);
    buf_append(&longer, line, (size_t)(at - line));
    buf_text(&longer, "\"chunk_us\":[0,0");
    buf_text(&longer, at + strlen("\"chunk_us\":[0"));
    broken(buf_string(&longer), "chunk_us: too many");
    buf_done(&longer);
    free(line);
    event_free(event);
}

/* The short way through a list and the long one read the same. */
static void lists_of_numbers_in_any_form(void **state) {
    (void)state;
    static const struct {
        const char *list;
        int64_t last; /* -1: broken */
        size_t count;
    } forms[] = {
        {"[7]", 7, 1},
        {"[ 7 , 8 ]", 8, 2},
        {"[1,2 ,3,-4,123456789,1234567890,12345678901,5]", 5, 8},
        {"[0,0,9007199254740992]", INT64_C(9007199254740992), 3},
        {"[1,2,3e2]", 300, 3},
        {"[1,2,]", -1, 0},
        {"[,1]", -1, 0},
        {"[1,007]", -1, 0},
        {"[1,2.5]", -1, 0},
        {"[1,\"2\"]", -1, 0},
        {"[1,[2]]", -1, 0},
        {"[1,2}", -1, 0},
        {"[1 2]", -1, 0},
        {"[1,2,9007199254740994]", -1, 0},
    };
    const char *at = strstr(lines[EVENT_CALL_END], "[1,1]");
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        char *line = mem_format("%.*s%s%s", (int)(at - lines[EVENT_CALL_END]),
                                lines[EVENT_CALL_END], forms[i].list, at + strlen("[1,1]"));
        struct event event;
        struct error error;
        if (forms[i].last < 0) {
            assert_int_equal(event_decode(&event, line, strlen(line), &error), EVENT_BROKEN);
        } else {
            assert_int_equal(event_decode(&event, line, strlen(line), &error), EVENT_DECODED);
            assert_int_equal(event.call.chunk_us_count, forms[i].count);
            assert_true(event.call.chunk_us[forms[i].count - 1] == forms[i].last);
            event_done(&event);
        }
        free(line);
    }
}

static void long_texts_are_cut_and_marked(void **state) {
    (void)state;
    size_t most = (size_t)256 << 10;
    struct event *event = event_new(EVENT_CALL_OUTPUT, 1);
    event->output.content = mem_zero(most + 1, 1);
    memset(event->output.content, 'x', most);
    char *line = line_of(event);
    assert_non_null(strstr(line, "\"cut\":false"));
    free(line);
    free(event->output.content);
    event->output.content = mem_zero(most + 3, 1);
    memset(event->output.content, 'x', most - 1);
    memcpy(event->output.content + most - 1, "é", 2); /* no half letter */
    line = line_of(event);
    struct event again = stable(line);
    assert_int_equal(strlen(again.output.content), most - 1);
    assert_true(again.output.cut);
    assert_false(event->output.cut); /* immutable */
    event_done(&again);
    free(line);
    memset(event->output.content, 0xFF, most); /* each becomes three bytes */
    line = line_of(event);
    again = stable(line);
    assert_true(strlen(again.output.content) <= most);
    assert_true(again.output.cut);
    event_done(&again);
    free(line);
    event_free(event);
    event = event_new(EVENT_NOTE, 1);
    event->note.text = mem_zero(100001, 1);
    memset(event->note.text, '\x01', 100000);
    line = line_of(event);
    again = stable(line);
    assert_int_equal(strlen(again.note.text), RECORD_STRING_MAX);
    event_done(&again);
    free(line);
    event_free(event);
}

static void a_full_buffer_gets_no_half_line(void **state) {
    (void)state;
    struct buf out;
    buf_init(&out, 30);
    buf_text(&out, "before");
    struct event *event = event_note_new(1, NOTE_INFO, 0, "does not fit");
    assert_false(event_encode(event, &out));
    assert_string_equal(buf_string(&out), "before");
    event_free(event);
    buf_done(&out);
}

static void raw_json_never_breaks_a_line(void **state) {
    (void)state;
    struct event *event = event_new(EVENT_CALL_END, 1);
    static const char *const raw[] = {"{\n \"a\"\n: 1\r\n}", "{\"a\":", "", "x\ny", "{} {}"};
    static const char *const expected[] = {"{\"a\":1}", "null", "null", "null", "null"};
    for (size_t i = 0; i < COUNT_OF(raw); i++) {
        event->call.server = mem_string(raw[i]);
        char *line = line_of(event);
        char wanted[64];
        snprintf(wanted, sizeof wanted, "\"server\":%s,\"ok\"", expected[i]);
        assert_non_null(strstr(line, wanted));
        struct event again = stable(line);
        event_done(&again);
        free(line);
        free(event->call.server);
        event->call.server = NULL;
    }
    event_free(event);
}

static void bytes_count_what_is_owned(void **state) {
    (void)state;
    struct event *event = event_new(EVENT_CALL_OUTPUT, 1);
    size_t empty = event_bytes(event);
    event->output.content = mem_string("0123456789");
    assert_true(event_bytes(event) >= empty + 10);
    event_free(event);
    event = event_new(EVENT_CALL_END, 1);
    empty = event_bytes(event);
    event->call.chunk_us = mem_zero(100, sizeof(int64_t));
    event->call.chunk_us_count = 100;
    event->call.error_detail = mem_string("0123456789");
    assert_true(event_bytes(event) >= empty + 810);
    event_free(event);
}

/* What a line of an older log did not say, it does not say when it is written again. */
static void test_fields_that_came_later(void **state) {
    (void)state;
    struct event old = stable("{\"t\":5,\"e\":\"phase_start\",\"ep\":1,\"suite\":\"recovery\","
                              "\"phase\":\"run\",\"pass\":2}");
    assert_int_equal(old.phase.turns, 0);
    event_done(&old);
    struct event now = stable("{\"t\":5,\"e\":\"phase_start\",\"ep\":1,\"suite\":\"recovery\","
                              "\"phase\":\"run\",\"pass\":2,\"turns\":15}");
    assert_int_equal(now.phase.turns, 15);
    event_done(&now);
    struct event score =
        stable("{\"t\":5,\"e\":\"score\",\"ep\":0,\"suite\":\"recovery\",\"item\":\"a\",\"turn\":0,"
               "\"repeat\":0,"
               "\"pass\":0,\"points\":0,\"failure\":\"f\",\"detail\":null,\"expected\":\"b\"}");
    assert_string_equal(score.score.expected, "b");
    event_done(&score);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_that_came_later),
        cmocka_unit_test(each_kind_has_its_line),
        cmocka_unit_test(fields_land_where_they_belong),
        cmocka_unit_test(new_events_are_absent),
        cmocka_unit_test(notes_are_formatted),
        cmocka_unit_test(any_event_comes_back),
        cmocka_unit_test(damaged_lines_do_no_harm),
        cmocka_unit_test(hostile_lines_are_broken_with_a_reason),
        cmocka_unit_test(other_versions_are_skipped),
        cmocka_unit_test(long_lists_are_bounded),
        cmocka_unit_test(lists_of_numbers_in_any_form),
        cmocka_unit_test(long_texts_are_cut_and_marked),
        cmocka_unit_test(a_full_buffer_gets_no_half_line),
        cmocka_unit_test(raw_json_never_breaks_a_line),
        cmocka_unit_test(bytes_count_what_is_owned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
