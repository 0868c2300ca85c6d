/* scripted: the quality suites on a fake engine without any delay, whose models are the simulated
 * engines' own scripts. For tests. */
#ifndef TESTS_SCRIPTED_H
#define TESTS_SCRIPTED_H

#include <math.h>

#include <cjson/cJSON.h>

#include "base/json.h"
#include "rig.h"
#include "sim/script.h"
#include "suites/quality.h"

/* ---- an engine that says what a script says ---- */

static inline void put_delta(struct buf *out, const char *member, const char *text) {
    struct json_writer w;
    buf_reset(out);
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_open(&w, "choices", '[');
    json_open(&w, NULL, '{');
    json_open(&w, "delta", '{');
    json_put_string(&w, member, text);
    json_close(&w, '}');
    json_close(&w, '}');
    json_close(&w, ']');
    json_close(&w, '}');
}

/* A piece of a tool call. No id: some servers give none. */
static inline void put_call(struct buf *out, const char *name, const char *arguments) {
    struct json_writer w;
    buf_reset(out);
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_open(&w, "choices", '[');
    json_open(&w, NULL, '{');
    json_open(&w, "delta", '{');
    json_open(&w, "tool_calls", '[');
    json_open(&w, NULL, '{');
    json_put_integer(&w, "index", 0);
    json_open(&w, "function", '{');
    if (name)
        json_put_string(&w, "name", name);
    json_put_string(&w, "arguments", arguments);
    json_close(&w, '}');
    json_close(&w, '}');
    json_close(&w, ']');
    json_close(&w, '}');
    json_close(&w, '}');
    json_close(&w, ']');
    json_close(&w, '}');
}

static inline bool send_call(int fd, const struct script_say *say, struct buf *out) {
    size_t half = strlen(say->arguments) / 2;
    while (half > 0 && ((unsigned char)say->arguments[half] & 0xc0) == 0x80)
        half--;
    char *first = mem_bytes(say->arguments, half);
    put_call(out, say->name, first);
    free(first);
    if (!fake_chunk(fd, buf_string(out)))
        return false;
    put_call(out, NULL, say->arguments + half);
    return fake_chunk(fd, buf_string(out));
}

static inline bool send_end(int fd, const struct script_say *say, int64_t max_tokens,
                            int64_t prompt) {
    const char *finish = say->cut ? "length" : say->name ? "tool_calls" : "stop";
    char *last = mem_format("{\"choices\":[{\"delta\":{},\"finish_reason\":\"%s\"}]}", finish);
    char *usage = mem_format("{\"choices\":[],\"usage\":{\"prompt_tokens\":%d,"
                             "\"completion_tokens\":%d}}",
                             (int)prompt, say->cut ? (int)max_tokens : 12);
    bool sent = fake_chunk(fd, last) && fake_chunk(fd, usage) && fake_chunk(fd, "[DONE]") &&
                sockets_send(fd, "0\r\n\r\n");
    free(last);
    free(usage);
    return sent;
}

static inline bool send_stream(int fd, const struct script_say *say, bool thinks,
                               int64_t max_tokens, int64_t prompt) {
    struct buf out;
    buf_init(&out, 1 << 22);
    bool sent = sockets_send(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                 "Transfer-Encoding: chunked\r\n\r\n");
    put_delta(&out, "reasoning_content", "The next step is plain.");
    sent = sent && (!thinks || fake_chunk(fd, buf_string(&out)));
    put_delta(&out, "content", say->content ? say->content : "It is as it is.");
    if (say->content || !say->name)
        sent = sent && fake_chunk(fd, buf_string(&out));
    if (say->breaks) {
        fake_chunk(fd, "{\"error\":{\"message\":\"the sampler failed\",\"code\":500}}");
        buf_done(&out);
        return false;
    }
    if (say->name)
        sent = sent && send_call(fd, say, &out);
    buf_done(&out);
    return sent && send_end(fd, say, max_tokens, prompt);
}

static inline bool play(struct fake *fake, int fd, const char *request) {
    (void)fake;
    const char *body = strstr(request, "\r\n\r\n") + 4;
    struct cJSON *tree = json_parse(body, strlen(body), NULL);
    struct script_say say;
    assert_non_null(tree);
    bool thinks = json_bool(json_object(tree, "chat_template_kwargs"), "enable_thinking", false);
    script_play(&say, script_of_model(json_string(tree, "model")), tree, thinks);
    bool open = say.status ? fake_reply(fd, say.status, "{\"error\":{\"message\":\"template\"}}")
                           : send_stream(fd, &say, thinks, json_integer(tree, "max_tokens", 0),
                                         (int64_t)strlen(body) / 4);
    script_done(&say);
    json_free(tree);
    return open;
}

/* ---- a suite on it ---- */

struct bed {
    struct fake fake;
    struct rig rig;
    struct lane *lane;
};

static inline void bed_begin(struct bed *bed, const char *model,
                             bool (*script)(struct fake *, int, const char *)) {
    char *more = mem_format(",model=%s", model);
    fake_start(&bed->fake);
    bed->fake.script = script;
    rig_begin(&bed->rig);
    bed->rig.options.quick = false;
    bed->rig.options.passes = 3; /* which are the repeats */
    rig_endpoint(&bed->rig, "a", bed->fake.port, more);
    free(more);
}

static inline void bed_run(struct bed *bed, enum suite_id suite) {
    memset(bed->rig.options.suites, 0, sizeof bed->rig.options.suites);
    bed->rig.options.suites[suite] = true;
    rig_plan(&bed->rig);
    bed->lane = lane_new(&bed->rig.bench, "here");
    lane_add(bed->lane, 0);
    suite_of(suite)->run(bed->lane, &bed->rig.run.endpoints[0], 0);
    rig_take(&bed->rig, 0);
}

static inline void bed_end(struct bed *bed) {
    lane_free(bed->lane);
    rig_done(&bed->rig);
    fake_done(&bed->fake);
}

struct sum {
    int scored;    /* with points */
    double points; /* of them */
    int engine;    /* engine's faults */
    int failures;  /* of the kind asked for */
};

static inline struct sum sum_of(const struct bed *bed, const char *failure) {
    struct sum sum = {0};
    for (size_t i = 0; i < bed->rig.count; i++) {
        const struct event *event = bed->rig.events[i];
        if (event->kind != EVENT_SCORE)
            continue;
        const struct event_score *score = &event->score;
        bool engine = score->failure && strncmp(score->failure, "engine:", 7) == 0;
        assert_true(engine == (bool)isnan(score->points));
        assert_true(engine || score->points == 1 || score->failure);
        sum.engine += engine;
        sum.scored += !engine;
        sum.points += engine ? 0 : score->points;
        sum.failures += score->failure && failure && strcmp(score->failure, failure) == 0;
    }
    return sum;
}

#endif
