/* The chats of a probe: streaming, thinking, cancel, prefix cache, tools. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "engines/probe_call.h"
#include "engines/probe_inner.h"

#define SYSTEM_SENTENCES 90 /* about 1,500 tokens: prefill that shows, also on a quick engine */
#define GRACE_US INT64_C(400000) /* in which a server may notice that its client left */

/* ---- chats ---- */

static bool mentions(const char *text, const char *word) {
    return text && strstr(text, word);
}

/* From the first chat that went well. */
static void judge_figures(struct prober *self, const struct call *c) {
    if (!c->ok || self->probe->found[PROBE_USAGE].evidence[0])
        return;
    if (c->tokens_source == TOKENS_USAGE)
        probe_say(self, PROBE_USAGE, "yes", "%lld tokens in %d chunks",
                  (long long)c->completion_tokens, c->chunks);
    else if (c->tokens_source == TOKENS_TIMINGS)
        probe_say(self, PROBE_USAGE, "own", "%lld tokens, in its own figures only",
                  (long long)c->completion_tokens);
    else if (self->dialect.include_usage || self->dialect.native_ollama)
        probe_say(self, PROBE_USAGE, "no", "none came: tokens would be counted in chunks");
    else
        probe_say(self, PROBE_USAGE, "refused", "stream_options is refused");
    if (c->server)
        probe_say(self, PROBE_FIGURES, "yes", "%.190s", c->server);
    else
        probe_say(self, PROBE_FIGURES, "no", "%s",
                  self->row->figures ? self->row->figures : "none in the stream");
}

static void ask(struct prober *self, struct probe_call *call) {
    probe_call_perform(call, self->fetcher, self->endpoint, &self->dialect, self->header,
                       probe_left_ms(self));
    judge_figures(self, &call->call);
}

/* What came when nothing was said about thinking, and how. */
static void judge_stream(struct prober *self, const struct probe_call *call) {
    const struct call *c = &call->call;
    if (c->chunks > 1 && !c->buffered)
        probe_say(self, PROBE_STREAMING, "yes", "%d chunks, the first after %.0f ms", c->chunks,
                  c->ttft_ms);
    else
        probe_say(self, PROBE_STREAMING, "no", "%s",
                  c->buffered ? "all chunks at once" : "the reply came in one piece");
    bool inside = mentions(chat_content(call->stream), "<think>");
    if (c->reasoning_chars > 0 || inside)
        probe_say(self, PROBE_THINKING, "on", "unasked: %lld characters of reasoning%s",
                  (long long)c->reasoning_chars, inside ? ", a think tag in the content" : "");
    else
        probe_say(self, PROBE_THINKING, "off", "no reasoning unless asked for");
}

static bool refuses_usage(const struct call *call) {
    return (call->http_status == 400 || call->http_status == 422) &&
           (mentions(call->error_detail, "stream_options") ||
            mentions(call->error_detail, "include_usage"));
}

static void learn_version(struct prober *self, const struct probe_call *call) {
    if (!self->finding->version)
        self->finding->version =
            engine_version_in(self->endpoint->engine, chat_fingerprint(call->stream));
}

/* The first chat; false when not even a token came, for then the others would fail alike. */
static bool probe_stream(struct prober *self) {
    struct probe_call call = {.user = "Count from 1 to 20, separated by commas.",
                              .max_tokens = 48,
                              .thinking = THINKING_DEFAULT};
    ask(self, &call);
    if (refuses_usage(&call.call)) {
        self->dialect.include_usage = false;
        probe_call_done(&call);
        ask(self, &call);
    }
    bool any = call.call.ok || call.call.chunks > 0;
    learn_version(self, &call);
    if (any)
        judge_stream(self, &call);
    else if (fetch_wants_key(call.call.http_status))
        probe_say_key(self, PROBE_STREAMING, call.call.http_status);
    else
        probe_say(self, PROBE_STREAMING, "no", "%s: %.150s", error_word(call.call.error),
                  call.call.error_detail ? call.call.error_detail : "");
    probe_call_done(&call);
    return any;
}

/* A small request when nothing else runs, with thinking off. */
static void probe_idle(struct prober *self) {
    struct probe_call call = {
        .user = "Say the word ready.", .max_tokens = 16, .thinking = THINKING_OFF};
    ask(self, &call);
    const struct call *c = &call.call;
    self->idle_ms = c->ttft_ms;
    bool inside = mentions(chat_content(call.stream), "<think>");
    if (!c->ok && c->chunks == 0)
        probe_say(self, PROBE_THINKING_OFF, "no", "%s: %.150s", error_word(c->error),
                  c->error_detail ? c->error_detail : "");
    else if (c->reasoning_chars > 0 || inside)
        probe_say(self, PROBE_THINKING_OFF, "ignored", "asked off, and it reasons");
    else
        probe_say(self, PROBE_THINKING_OFF, "yes", "asked off, and no reasoning came");
    probe_call_done(&call);
}

static int64_t running_now(struct prober *self) {
    struct fetch fetch = {.header = self->header};
    if (!self->row->slots)
        return -1;
    int64_t ms = probe_left_ms(self) < ROUTE_MS ? probe_left_ms(self) : ROUTE_MS;
    fetch_start(self->fetcher, &fetch, self->endpoint->url, self->row->slots, ms);
    fetch_finish(self->fetcher, &fetch, 1);
    struct cJSON *tree = fetch_json(&fetch);
    int64_t running = tree ? probe_running(tree) : -1;
    json_free(tree);
    fetch_done(&fetch);
    return running;
}

static void rest(struct prober *self, int64_t us) {
    int64_t until = clock_us() + us;
    while (clock_us() < until)
        fetch_wait(self->fetcher, until - clock_us());
}

/* The next request tells: on an engine with one slot it waits for the decode that nobody reads any
 * more. One that batches answers at once either way: there its own count of requests decides. */
static void judge_cancel(struct prober *self, double next_ms, int64_t running) {
    bool waits = next_ms > 3 * self->idle_ms + 250;
    if (running > 0)
        probe_say(self, PROBE_CANCEL, "no", "%lld still in work %d ms after the client left",
                  (long long)running, (int)(GRACE_US / 1000));
    else if (waits)
        probe_say(self, PROBE_CANCEL, "no", "next TTFT %.0f ms, idle %.0f ms", next_ms,
                  self->idle_ms);
    else if (running == 0)
        probe_say(self, PROBE_CANCEL, "yes", "nothing in work; next TTFT %.0f ms, idle %.0f ms",
                  next_ms, self->idle_ms);
    else
        probe_say(self, PROBE_CANCEL, "yes", "next TTFT %.0f ms, idle %.0f ms (as if it batched)",
                  next_ms, self->idle_ms);
}

static void probe_cancel(struct prober *self) {
    struct probe_call left = {.user = "Count from 1 to 400, one number a line, nothing else.",
                              .max_tokens = 600,
                              .thinking = THINKING_OFF,
                              .leave_after = 4};
    struct probe_call next = {
        .user = "Say the word done.", .max_tokens = 8, .thinking = THINKING_OFF};
    ask(self, &left);
    if (!left.left || isnan(self->idle_ms)) {
        probe_say(self, PROBE_CANCEL, "", "not measured: %s",
                  left.left ? "no idle reference" : "the answer was over before it could be left");
        probe_call_done(&left);
        return;
    }
    probe_call_done(&left);
    rest(self, GRACE_US);
    int64_t running = running_now(self);
    ask(self, &next);
    if (next.call.ok)
        judge_cancel(self, next.call.ttft_ms, running);
    else
        probe_say(self, PROBE_CANCEL, "no", "the next request failed: %s",
                  error_word(next.call.error));
    probe_call_done(&next);
}

/* A system prompt of its own kind each time; no two sentences are the same. */
static char *system_text(void) {
    static const char *const things[] = {"crate", "ledger", "valve", "beacon", "hopper", "relay"};
    static const char *const places[] = {"north dock", "yard", "cold store", "quay", "annex"};
    uint64_t draw = clock_entropy();
    struct buf text;
    buf_init(&text, 1 << 16);
    buf_printf(&text, "Inventory %016llx.", (unsigned long long)draw);
    for (uint64_t i = 0; i < SYSTEM_SENTENCES; i++) {
        draw = draw * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        buf_printf(&text, " Entry %d: %d units of %s type %d lie in the %s, shelf %d.", (int)i + 1,
                   (int)(draw >> 33 & 1023), things[(draw >> 43) % COUNT_OF(things)],
                   (int)(draw >> 49 & 255), places[(draw >> 57) % COUNT_OF(places)],
                   (int)(draw >> 28 & 31));
    }
    return buf_take(&text);
}

static void judge_prefix(struct prober *self, const struct call *cold, const struct call *again) {
    double ratio = again->ttft_ms / cold->ttft_ms;
    if (again->cached_tokens != COUNT_NONE)
        probe_say(self, PROBE_CACHED, "yes", "%lld of %lld prompt tokens",
                  (long long)again->cached_tokens, (long long)again->prompt_tokens);
    else
        probe_say(self, PROBE_CACHED, "no", "not in its replies%s%s",
                  self->row->cached ? "; documented as " : "",
                  self->row->cached ? self->row->cached : "");
    bool counted = again->cached_tokens != COUNT_NONE && again->prompt_tokens > 0;
    double share = counted ? (double)again->cached_tokens / (double)again->prompt_tokens : NAN;
    bool reused = counted ? share > 0.5 : ratio < 0.5;
    bool unclear = !counted && ratio >= 0.5 && ratio < 0.8;
    probe_say(self, PROBE_PREFIX,
              unclear  ? "unclear"
              : reused ? "yes"
                       : "no",
              "same system, new user: TTFT %.0f ms against %.0f ms cold%s", again->ttft_ms,
              cold->ttft_ms, counted ? "; tokens counted" : "");
}

static void probe_prefix(struct prober *self) {
    char *system = system_text();
    struct probe_call cold = {.system = system,
                              .user = "How many units has entry 7? Answer with the number.",
                              .max_tokens = 8,
                              .thinking = THINKING_OFF};
    struct probe_call again = cold;
    again.user = "On which shelf is entry 12? Answer with the number.";
    ask(self, &cold);
    ask(self, &again);
    if (cold.call.ok && again.call.ok) {
        judge_prefix(self, &cold.call, &again.call);
    } else {
        const struct call *bad = cold.call.ok ? &again.call : &cold.call;
        probe_say(self, PROBE_PREFIX, "", "not measured: %s: %.120s", error_word(bad->error),
                  bad->error_detail ? bad->error_detail : "");
        probe_say(self, PROBE_CACHED, "", "not measured: %s", error_word(bad->error));
    }
    probe_call_done(&cold);
    probe_call_done(&again);
    free(system);
}

static void judge_tools(struct prober *self, const struct probe_call *call) {
    size_t count = 0;
    const struct tool_call *calls = chat_tool_calls(call->stream, &count);
    const char *arguments = count > 0 && calls[0].arguments ? calls[0].arguments : "";
    struct cJSON *tree = json_parse(arguments, strlen(arguments), NULL);
    if (!call->call.ok)
        probe_say(self, PROBE_TOOLS, "no", "%s: %.150s", error_word(call->call.error),
                  call->call.error_detail ? call->call.error_detail : "");
    else if (count == 0)
        probe_say(self, PROBE_TOOLS, "no", "asked for a call, it answered in text");
    else if (!calls[0].name || strcmp(calls[0].name, "get_weather") != 0)
        probe_say(self, PROBE_TOOLS, "partial", "a call of another tool: %.60s",
                  calls[0].name ? calls[0].name : "no name");
    else if (!cJSON_IsObject(tree) || !json_string(tree, "city"))
        probe_say(self, PROBE_TOOLS, "partial", "a call with bad arguments: %.100s", arguments);
    else
        probe_say(self, PROBE_TOOLS, "yes", "get_weather(%.100s)", arguments);
    json_free(tree);
}

static void probe_tools(struct prober *self) {
    static const char tools[] =
        "[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"description\":"
        "\"Current weather of a city\",\"parameters\":{\"type\":\"object\",\"properties\":"
        "{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}}}]";
    struct probe_call call = {
        .user = "What is the weather in Oslo right now? Call the tool get_weather to find out.",
        .tools = tools,
        .max_tokens = 128,
        .thinking = THINKING_OFF};
    ask(self, &call);
    judge_tools(self, &call);
    probe_call_done(&call);
}

void probe_chats(struct prober *self) {
    static void (*const steps[])(struct prober *) = {probe_idle, probe_cancel, probe_prefix,
                                                     probe_tools};
    if (!probe_stream(self)) {
        probe_mark_rest(self, self->probe->found[PROBE_STREAMING].evidence);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(steps) && clock_us() < self->until_us; i++)
        steps[i](self);
    probe_mark_rest(self, "out of time");
}
