#include "model/event_fields.h"

#include <stddef.h>

/* Bounds of lists; a chunk_us of the largest number still fits into a line (LOG_LINE_MAX). */
#define CHUNKS_MAX 1000000
#define CALLS_MAX 4096
#define RAILS_MAX 64
#define RESIDENTS_MAX 256
/* Of each text of call_output. Four of them, every byte escaped, fit into a line. */
#define OUTPUT_MAX ((size_t)256 << 10)

#define FIELD(key, kind, owner, member)                                                            \
    .name = key, .type = FIELD_##kind, .at = offsetof(struct owner, member)

static const struct field endpoint_fields[] = {
    {FIELD("ep", EP, event_endpoint, ep)},
    {FIELD("state", WORD, event_endpoint, state), .null = NULL_ZERO, .words = NAMES_ENDPOINT_STATE},
    {FIELD("engine", WORD, event_endpoint, engine), .null = NULL_MINUS, .words = NAMES_ENGINE},
    {FIELD("engine_version", STRING, event_endpoint, engine_version), .null = NULL_ZERO},
    {FIELD("model", STRING, event_endpoint, model), .null = NULL_ZERO},
    {FIELD("detail", STRING, event_endpoint, detail), .null = NULL_ZERO},
};

static const struct field capability_fields[] = {
    {FIELD("ep", EP, event_capability, ep)},
    {FIELD("name", STRING, event_capability, name)},
    {FIELD("value", STRING, event_capability, value), .null = NULL_ZERO},
    {FIELD("evidence", STRING, event_capability, evidence), .null = NULL_ZERO},
};

static const struct field phase_start_fields[] = {
    {FIELD("ep", EP, event_phase, ep)},
    {FIELD("suite", WORD, event_phase, suite), .words = NAMES_SUITE},
    {FIELD("phase", TEXT, event_phase, phase), .size = sizeof(((struct event_phase *)0)->phase)},
    {FIELD("pass", INT, event_phase, pass)},
    {FIELD("turns", INT, event_phase, turns), .null = NULL_ZERO, .sparse = true},
};

static const struct field phase_end_fields[] = {
    {FIELD("ep", EP, event_phase, ep)},
    {FIELD("suite", WORD, event_phase, suite), .words = NAMES_SUITE},
    {FIELD("phase", TEXT, event_phase, phase), .size = sizeof(((struct event_phase *)0)->phase)},
    {FIELD("pass", INT, event_phase, pass)},
    {FIELD("status", WORD, event_phase, status), .words = NAMES_PHASE_STATUS},
    {FIELD("reason", STRING, event_phase, reason), .null = NULL_ZERO},
};

static const struct field call_start_fields[] = {
    {FIELD("id", LONG, event_call_start, id)},
    {FIELD("ep", EP, event_call_start, ep)},
    {FIELD("suite", WORD, event_call_start, suite), .words = NAMES_SUITE},
    {FIELD("phase", TEXT, event_call_start, phase),
     .size = sizeof(((struct event_call_start *)0)->phase)},
    {FIELD("pass", INT, event_call_start, pass)},
    {FIELD("i", INT, event_call_start, index)},
    {FIELD("attempt", INT, event_call_start, attempt)},
};

static const struct field first_token_fields[] = {
    {FIELD("id", LONG, event_first_token, id)},
};

static const struct field calls_fields[] = {
    {FIELD("id", LONG, progress, id)},
    {FIELD("tokens", LONG, progress, tokens)},
};
static const struct list calls_list = {{calls_fields, COUNT_OF(calls_fields)},
                                       LIST_TUPLES,
                                       sizeof(struct progress),
                                       offsetof(struct event_progress, count),
                                       CALLS_MAX};
static const struct field progress_fields[] = {
    {FIELD("lane", STRING, event_progress, lane)},
    {FIELD("calls", LIST, event_progress, calls), .null = NULL_ZERO, .list = &calls_list},
};

static const struct field chunk_fields[] = {{.type = FIELD_LONG}};
static const struct list chunk_list = {{chunk_fields, 1},
                                       LIST_VALUES,
                                       sizeof(int64_t),
                                       offsetof(struct call, chunk_us_count),
                                       CHUNKS_MAX};
static const struct field error_fields[] = {
    {FIELD("class", WORD, call, error), .null = NULL_ZERO, .words = NAMES_ERROR},
    {FIELD("detail", STRING, call, error_detail), .null = NULL_ZERO},
};
static const struct record error_record = {error_fields, COUNT_OF(error_fields)};
static const struct field call_end_fields[] = {
    {FIELD("id", LONG, call, id)},
    {FIELD("ep", EP, call, ep)},
    {FIELD("suite", WORD, call, suite), .words = NAMES_SUITE},
    {FIELD("phase", TEXT, call, phase), .size = sizeof(((struct call *)0)->phase)},
    {FIELD("pass", INT, call, pass)},
    {FIELD("i", INT, call, index)},
    {FIELD("start_us", LONG, call, start_us), .null = NULL_MINUS},
    {FIELD("sent_us", LONG, call, sent_us), .null = NULL_MINUS},
    {FIELD("first_byte_us", LONG, call, first_byte_us), .null = NULL_MINUS},
    {FIELD("first_token_us", LONG, call, first_token_us), .null = NULL_MINUS},
    {FIELD("first_content_us", LONG, call, first_content_us), .null = NULL_MINUS},
    {FIELD("last_token_us", LONG, call, last_token_us), .null = NULL_MINUS},
    {FIELD("end_us", LONG, call, end_us), .null = NULL_MINUS},
    {FIELD("connect_ms", DOUBLE, call, connect_ms), .null = NULL_ZERO},
    {FIELD("http_status", INT, call, http_status), .null = NULL_ZERO},
    {FIELD("ttft_ms", DOUBLE, call, ttft_ms), .null = NULL_ZERO},
    {FIELD("decode_tps", DOUBLE, call, decode_tps), .null = NULL_ZERO},
    {FIELD("prompt_tokens", LONG, call, prompt_tokens), .null = NULL_MINUS},
    {FIELD("cached_tokens", LONG, call, cached_tokens), .null = NULL_MINUS},
    {FIELD("completion_tokens", LONG, call, completion_tokens), .null = NULL_MINUS},
    {FIELD("tokens_source", WORD, call, tokens_source), .null = NULL_ZERO, .words = NAMES_TOKENS},
    {FIELD("chunks", INT, call, chunks)},
    {FIELD("reasoning_chars", LONG, call, reasoning_chars)},
    {FIELD("content_chars", LONG, call, content_chars)},
    {FIELD("max_tokens", INT, call, max_tokens)},
    {FIELD("finish", TEXT, call, finish), .null = NULL_ZERO,
     .size = sizeof(((struct call *)0)->finish)},
    {FIELD("chunk_us", LIST, call, chunk_us), .null = NULL_ZERO, .list = &chunk_list},
    {FIELD("server", RAW, call, server), .null = NULL_ZERO},
    {FIELD("ok", BOOL, call, ok)},
    {FIELD("correct", CHECK, call, correct), .null = NULL_ZERO},
    {FIELD("degenerate", BOOL, call, degenerate)},
    {.name = "error", .type = FIELD_OBJECT, .null = NULL_ZERO, .object = &error_record},
    {FIELD("attempt", INT, call, attempt)},
    {FIELD("prompt_chars", LONG, call, prompt_chars), .null = NULL_MINUS},
    {FIELD("shared_chars", INT, call, shared_chars)},
    {FIELD("thinking", WORD, call, thinking), .words = NAMES_THINKING},
    {FIELD("buffered", BOOL, call, buffered)},
};

static const struct field call_output_fields[] = {
    {FIELD("id", LONG, event_call_output, id)},
    {FIELD("content", STRING, event_call_output, content), .null = NULL_ZERO, .size = OUTPUT_MAX},
    {FIELD("reasoning", STRING, event_call_output, reasoning), .null = NULL_ZERO,
     .size = OUTPUT_MAX},
    {FIELD("tool_calls", STRING, event_call_output, tool_calls), .null = NULL_ZERO,
     .size = OUTPUT_MAX},
    {FIELD("request", STRING, event_call_output, request), .null = NULL_ZERO, .size = OUTPUT_MAX},
    {FIELD("cut", BOOL, event_call_output, cut)},
};

static const struct field rails_fields[] = {
    {FIELD("name", TEXT, rail, name), .size = sizeof(((struct rail *)0)->name)},
    {FIELD("energy_j", DOUBLE, rail, energy_j), .null = NULL_ZERO},
    {FIELD("pub_us", LONG, rail, pub_us), .null = NULL_MINUS},
};
static const struct list rails_list = {{rails_fields, COUNT_OF(rails_fields)},
                                       LIST_OBJECTS,
                                       sizeof(struct rail),
                                       offsetof(struct sample, rail_count),
                                       RAILS_MAX};
static const struct field engines_fields[] = {
    {FIELD("ep", EP, engine_memory, ep)},
    {FIELD("pid", INT, engine_memory, pid), .null = NULL_MINUS},
    {FIELD("rss_mb", DOUBLE, engine_memory, rss_mb), .null = NULL_ZERO},
    {FIELD("footprint_mb", DOUBLE, engine_memory, footprint_mb), .null = NULL_ZERO},
};
static const struct list engines_list = {{engines_fields, COUNT_OF(engines_fields)},
                                         LIST_OBJECTS,
                                         sizeof(struct engine_memory),
                                         offsetof(struct sample, engine_count),
                                         RESIDENTS_MAX};
static const struct field others_fields[] = {
    {FIELD("engine", WORD, resident, engine), .null = NULL_MINUS, .words = NAMES_ENGINE},
    {FIELD("pid", INT, resident, pid), .null = NULL_MINUS},
};
static const struct list others_list = {{others_fields, COUNT_OF(others_fields)},
                                        LIST_OBJECTS,
                                        sizeof(struct resident),
                                        offsetof(struct sample, other_count),
                                        RESIDENTS_MAX};
static const struct field sample_fields[] = {
    {FIELD("lane", STRING, sample, lane)},
    {FIELD("rails", LIST, sample, rails), .null = NULL_ZERO, .list = &rails_list},
    {FIELD("watts", DOUBLE, sample, watts), .null = NULL_ZERO},
    {FIELD("thermal", WORD, sample, thermal), .null = NULL_ZERO, .words = NAMES_THERMAL},
    {FIELD("temp_c", DOUBLE, sample, temp_c), .null = NULL_ZERO},
    {FIELD("swap_mb", DOUBLE, sample, swap_mb), .null = NULL_ZERO},
    {FIELD("swapouts", DOUBLE, sample, swapouts), .null = NULL_ZERO},
    {FIELD("pressure", DOUBLE, sample, pressure), .null = NULL_ZERO},
    {FIELD("free_mb", DOUBLE, sample, free_mb), .null = NULL_ZERO},
    {FIELD("gpu_pct", DOUBLE, sample, gpu_pct), .null = NULL_ZERO},
    {FIELD("power_source", STRING, sample, power_source), .null = NULL_ZERO},
    {FIELD("power_mode", STRING, sample, power_mode), .null = NULL_ZERO},
    {FIELD("kv_tokens", DOUBLE, sample, kv_tokens), .null = NULL_ZERO},
    {FIELD("engines", LIST, sample, engines), .null = NULL_ZERO, .list = &engines_list},
    {FIELD("others", LIST, sample, others), .null = NULL_ZERO, .list = &others_list},
};

static const struct field score_fields[] = {
    {FIELD("ep", EP, event_score, ep)},
    {FIELD("suite", WORD, event_score, suite), .words = NAMES_SUITE},
    {FIELD("item", TEXT, event_score, item), .size = sizeof(((struct event_score *)0)->item)},
    {FIELD("turn", INT, event_score, turn), .null = NULL_MINUS},
    {FIELD("repeat", INT, event_score, repeat), .null = NULL_MINUS},
    {FIELD("pass", INT, event_score, pass), .null = NULL_MINUS},
    {FIELD("points", DOUBLE, event_score, points), .null = NULL_ZERO},
    {FIELD("failure", STRING, event_score, failure), .null = NULL_ZERO},
    {FIELD("detail", STRING, event_score, detail), .null = NULL_ZERO},
    {FIELD("expected", STRING, event_score, expected), .null = NULL_ZERO, .sparse = true},
};

static const struct field figure_fields[] = {
    {FIELD("ep", EP, event_figure, ep)},
    {FIELD("suite", WORD, event_figure, suite), .words = NAMES_SUITE},
    {FIELD("phase", TEXT, event_figure, phase), .size = sizeof(((struct event_figure *)0)->phase)},
    {FIELD("metric", TEXT, event_figure, metric),
     .size = sizeof(((struct event_figure *)0)->metric)},
    {FIELD("stat", TEXT, event_figure, stat), .size = sizeof(((struct event_figure *)0)->stat)},
    {FIELD("value", DOUBLE, event_figure, value), .null = NULL_ZERO},
    {FIELD("n", LONG, event_figure, n), .null = NULL_MINUS},
};

static const struct field note_fields[] = {
    {FIELD("level", WORD, event_note, level), .words = NAMES_NOTE_LEVEL},
    {FIELD("ep", EP, event_note, ep), .null = NULL_MINUS},
    {FIELD("text", STRING, event_note, text)},
};

static const struct field run_end_fields[] = {
    {FIELD("status", WORD, event_run_end, status), .words = NAMES_RUN_STATUS},
    {FIELD("dropped", LONG, event_run_end, dropped)},
};

const struct event_table event_kinds[EVENT_COUNT] = {
    [EVENT_ENDPOINT] = {"endpoint", {endpoint_fields, COUNT_OF(endpoint_fields)}},
    [EVENT_CAPABILITY] = {"capability", {capability_fields, COUNT_OF(capability_fields)}},
    [EVENT_PHASE_START] = {"phase_start", {phase_start_fields, COUNT_OF(phase_start_fields)}},
    [EVENT_PHASE_END] = {"phase_end", {phase_end_fields, COUNT_OF(phase_end_fields)}},
    [EVENT_CALL_START] = {"call_start", {call_start_fields, COUNT_OF(call_start_fields)}},
    [EVENT_FIRST_TOKEN] = {"first_token", {first_token_fields, COUNT_OF(first_token_fields)}},
    [EVENT_PROGRESS] = {"progress", {progress_fields, COUNT_OF(progress_fields)}},
    [EVENT_CALL_END] = {"call_end", {call_end_fields, COUNT_OF(call_end_fields)}},
    [EVENT_CALL_OUTPUT] = {"call_output", {call_output_fields, COUNT_OF(call_output_fields)}},
    [EVENT_SAMPLE] = {"sample", {sample_fields, COUNT_OF(sample_fields)}},
    [EVENT_SCORE] = {"score", {score_fields, COUNT_OF(score_fields)}},
    [EVENT_FIGURE] = {"figure", {figure_fields, COUNT_OF(figure_fields)}},
    [EVENT_NOTE] = {"note", {note_fields, COUNT_OF(note_fields)}},
    [EVENT_RUN_END] = {"run_end", {run_end_fields, COUNT_OF(run_end_fields)}},
};
