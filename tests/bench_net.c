/* bench_net URL STREAMS TOKENS ROUNDS: what our own client adds. Streams at once on one lane, held
 * against the simulated engine's own truth. Prints one line of key=value for bench.sh:
 *   ttft_p50_ms ttft_p99_ms   our first-token mark − the engine's moment of writing it
 *   decode_pct                largest deviation of decode t/s, percent (median over calls)
 *   span_ms                   last sent − first start, median over rounds
 *   cpu_us                    client CPU per streamed token, of the lane's thread
 *   late_ms lost */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/json.h"
#include "model/stats.h"
#include "suites/lane.h"

#define REQUEST_BYTES 10000
#define TRUTH_LIMIT ((size_t)64 << 20)

struct figures {
    struct values ttft_ms, decode_pct, span_ms, cpu_us, late_ms;
    size_t lost, truths;
};

static const char *no_key(const char *variable) {
    (void)variable;
    return NULL;
}

static const struct dialect *openai(const struct endpoint *endpoint) {
    (void)endpoint;
    return &dialect_openai;
}

/* Nobody folds here: what the lane tells is thrown away, outside the measured time. */
static void drain(struct queue *queue) {
    struct item items[256];
    size_t count;
    while ((count = queue_pop(queue, items, COUNT_OF(items))) > 0)
        for (size_t i = 0; i < count; i++)
            event_free(items[i].event);
}

static int64_t integer_of(const struct cJSON *object, const char *key) {
    double value = json_number(object, key);
    return isnan(value) ? 0 : (int64_t)value;
}

static void hold_against(struct figures *out, const struct cJSON *record, const struct call *call,
                         int64_t epoch_ns) {
    int64_t first = integer_of(record, "first_token_ns"),
            last = integer_of(record, "last_token_ns");
    int64_t tokens = integer_of(record, "completion_tokens");
    if (first == 0 || call->first_token_us == MARK_NONE)
        return;
    out->truths++;
    values_add(&out->ttft_ms, (double)(epoch_ns + call->first_token_us * 1000 - first) / 1e6);
    if (last > first && tokens > 1 && !isnan(call->decode_tps)) {
        double truth = (double)(tokens - 1) * 1e9 / (double)(last - first);
        values_add(&out->decode_pct, 100 * fabs(call->decode_tps / truth - 1));
    }
}

/* The engine's truth of these calls, by request id; each is looked for in the order they ended. */
static void read_truth(struct figures *out, struct lane *lane, const char *url,
                       const struct lane_call *calls, size_t count) {
    struct http_reply reply = {0};
    struct error error = {0};
    char *path = mem_format("%s/truth", url);
    int64_t epoch_ns = lane_bench(lane)->epoch_ns;
    struct loop *loop = loop_new();
    struct http *http = http_new(loop, "bench");
    if (!http_fetch(http, "GET", path, NULL, 0, NULL, 10000, TRUTH_LIMIT, &reply, &error))
        die("bench: %s: %s", path, error.text);
    struct cJSON *list = json_parse(reply.body, reply.length, NULL);
    for (const struct cJSON *record = list ? list->child : NULL; record; record = record->next) {
        const char *id = json_string(record, "id");
        const char *slash = id ? strrchr(id, '/') : NULL;
        const char *run = lane_bench(lane)->run->id;
        bool ours = slash && strncmp(id, run, strlen(run)) == 0; /* others asked it too */
        int64_t place = ours ? strtoll(slash + 1, NULL, 10) - calls[0].call.id : -1;
        if (place >= 0 && (size_t)place < count)
            hold_against(out, record, &calls[place].call, epoch_ns);
    }
    json_free(list);
    http_reply_done(&reply);
    http_free(http);
    loop_free(loop);
    free(path);
}

static void fill(struct lane *lane, struct lane_call *calls, size_t count, int tokens,
                 struct chat_message *message) {
    for (size_t i = 0; i < count; i++) {
        lane_call_init(&calls[i], 0, SUITE_BURST, "bench", 0, (int)i);
        lane_call_defaults(lane, &calls[i]);
        calls[i].request.messages = message;
        calls[i].request.message_count = 1;
        calls[i].request.max_tokens = tokens;
    }
}

static double span_ms(const struct lane_call *calls, size_t count) {
    int64_t from = INT64_MAX, to = 0;
    for (size_t i = 0; i < count; i++) {
        const struct call *call = &calls[i].call;
        if (call->start_us == MARK_NONE || call->sent_us == MARK_NONE)
            continue;
        from = call->start_us < from ? call->start_us : from;
        to = call->sent_us > to ? call->sent_us : to;
    }
    return to > from ? (double)(to - from) / 1e3 : NAN;
}

static void one_round(struct figures *out, struct lane *lane, const char *url, size_t count,
                      int tokens, struct chat_message *message) {
    struct lane_call *calls = mem_zero(count, sizeof *calls);
    fill(lane, calls, count, tokens, message);
    lane_connect(lane, 0, count, NULL);
    lane_lateness_us(lane);
    int64_t cpu = clock_cpu_us(), came = 0;
    lane_perform(lane, calls, count);
    cpu = clock_cpu_us() - cpu;
    values_add(&out->late_ms, (double)lane_lateness_us(lane) / 1e3);
    for (size_t i = 0; i < count; i++) {
        out->lost += !calls[i].call.ok || calls[i].call.completion_tokens != tokens ||
                     calls[i].call.chunks != tokens;
        came += calls[i].call.chunks;
    }
    values_add(&out->cpu_us, (double)cpu / (double)(came > 0 ? came : 1));
    values_add(&out->span_ms, span_ms(calls, count));
    read_truth(out, lane, url, calls, count);
    drain(lane_bench(lane)->queue);
    for (size_t i = 0; i < count; i++)
        lane_call_done(&calls[i]);
    free(calls);
}

static double median(const struct values *values) {
    return stats_median(values->at, values->count);
}

static void print(const struct figures *of) {
    printf("ttft_p50_ms=%.3f ttft_p99_ms=%.3f decode_pct=%.3f span_ms=%.2f cpu_us=%.2f "
           "late_ms=%.2f truths=%zu lost=%zu\n",
           stats_percentile(of->ttft_ms.at, of->ttft_ms.count, 50),
           stats_percentile(of->ttft_ms.at, of->ttft_ms.count, 99),
           stats_percentile(of->decode_pct.at, of->decode_pct.count, 99), median(&of->span_ms),
           median(&of->cpu_us), median(&of->late_ms), of->truths, of->lost);
}

int main(int argc, char **argv) {
    if (argc != 5)
        die("usage: bench_net URL STREAMS TOKENS ROUNDS");
    size_t streams = (size_t)strtoul(argv[2], NULL, 10);
    int tokens = (int)strtol(argv[3], NULL, 10), rounds = (int)strtol(argv[4], NULL, 10);
    struct rlimit limit = {8192, 8192};
    setrlimit(RLIMIT_NOFILE, &limit);
    http_global_init();
    struct options options;
    options_init(&options);
    struct run run;
    run_init(&run);
    run.id = mem_format("bench-%llx", (unsigned long long)clock_entropy());
    run.endpoints = mem_zero(1, sizeof *run.endpoints);
    run.endpoint_count = 1;
    endpoint_init(&run.endpoints[0]);
    run.endpoints[0].name = mem_string("bench");
    run.endpoints[0].url = mem_string(argv[1]);
    run.endpoints[0].model = mem_string("bench");
    struct bench bench = {.run = &run,
                          .options = &options,
                          .queue = queue_new((size_t)1 << 30),
                          .epoch_ns = clock_ns(),
                          .key_of = no_key,
                          .dialect_of = openai};
    atomic_init(&bench.next_id, 1);
    atomic_init(&bench.stop, false);
    struct lane *lane = lane_new(&bench, "bench");
    lane_add(lane, 0);
    char *text = mem_alloc(REQUEST_BYTES + 1);
    for (size_t i = 0; i < REQUEST_BYTES; i++)
        text[i] = "the quick brown fox jumps over the lazy dog "[i % 44];
    text[REQUEST_BYTES] = '\0';
    struct chat_message message = {.role = "user", .content = text};
    struct figures figures = {0};
    for (int round = 0; round < rounds; round++)
        one_round(&figures, lane, argv[1], streams, tokens, &message);
    print(&figures);
    lane_free(lane);
    queue_free(bench.queue);
    run_done(&run);
    options_done(&options);
    free(text);
    http_global_done();
    return figures.lost > 0;
}
