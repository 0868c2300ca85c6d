#include "sim/jobs.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "model/stats.h"
#include "sim/ask.h"
#include "sim/outlet.h"
#include "sim/prose.h"
#include "sim/reply.h"

#define TOKENS_DEFAULT 256 /* of a request without max_tokens */

/* One chat completion, from the request to the last byte. */
struct job {
    struct jobs *jobs;
    struct job *previous, *next;
    struct task task;
    struct ask ask;
    struct outlet outlet;
    struct truth truth;
    struct reply reply;
    struct prose prose;
    uint64_t draws;           /* state of the drafting's luck */
    int64_t total, reasoning; /* tokens to come, and how many of them, first, are reasoning */
    int64_t done;
    int64_t drafted, accepted;
    struct buf content, thoughts; /* a reply that is not streamed */
};

static void job_free(struct job *job) {
    if (job->previous != NULL)
        job->previous->next = job->next;
    else
        job->jobs->newest = job->next;
    if (job->next != NULL)
        job->next->previous = job->previous;
    ask_done(&job->ask);
    buf_done(&job->content);
    buf_done(&job->thoughts);
    free(job);
}

static struct job *job_of(struct outlet *outlet) {
    return (struct job *)(void *)((char *)outlet - offsetof(struct job, outlet));
}

static void arm(struct jobs *jobs);

static void record(struct job *job) {
    job->truth.slot_ns = job->task.slot_ns;
    job->truth.prefill_end_ns = job->task.prefill_ns;
    job->truth.completion_tokens = job->done;
    truth_add(&job->jobs->truths, &job->truth);
}

/* The response has left, or the client has. A client that left frees the slot, unless this engine
 * does not notice. */
static void on_outlet_over(struct outlet *outlet, bool client_left) {
    struct job *job = job_of(outlet);
    struct jobs *jobs = job->jobs;
    job->truth.cancelled = client_left;
    if (job->task.state != TASK_IDLE) {
        if (jobs->profile->wire.ignores_disconnect)
            return;
        schedule_cancel(&jobs->schedule, &job->task, clock_ns());
        arm(jobs);
    }
    record(job);
    job_free(job);
}

static struct reply_figures figures_of(const struct job *job, int64_t now_ns) {
    return (struct reply_figures){
        .prompt = job->truth.prompt_tokens,
        .cached = job->truth.cached_tokens,
        .completion = job->done,
        .drafted = job->drafted,
        .accepted = job->accepted,
        .prompt_ms = (double)(job->task.prefill_ns - job->task.slot_ns) / 1e6,
        .predicted_ms = (double)(now_ns - job->task.prefill_ns) / 1e6,
        .include_usage = job->ask.include_usage,
    };
}

static void start_stream(struct job *job) {
    if (!job->ask.stream || job->outlet.started)
        return;
    struct buf frames;
    buf_init(&frames, REPLY_BYTES_MAX);
    outlet_start(&job->outlet);
    reply_open(&job->reply, &frames);
    outlet_write(&job->outlet, &frames, 0);
    buf_done(&frames);
}

/* ---- what the schedule asks for ---- */

static void on_slot(struct job *job, int64_t due_ns) {
    (void)due_ns;
    if (job->jobs->profile->wire.headers == HEADERS_SLOT)
        start_stream(job);
}

/* At least one prompt token is always computed. */
static int64_t on_prefill(struct job *job, int64_t due_ns) {
    struct jobs *jobs = job->jobs;
    (void)due_ns;
    size_t bytes = cache_lookup(&jobs->cache, buf_string(&job->ask.prompt), job->ask.prompt.length);
    int64_t block = jobs->profile->cache.block_tokens;
    int64_t cached = (int64_t)(bytes / ASK_BYTES_PER_TOKEN);
    if (bytes < job->ask.prompt.length)
        cached -= cached % block;
    if (cached >= job->truth.prompt_tokens)
        cached = job->truth.prompt_tokens - 1;
    job->truth.cached_tokens = cached;
    return job->truth.prompt_tokens - cached;
}

/* Tokens of this step: the first comes out of the prefill alone. */
static int64_t step_tokens(struct job *job) {
    const struct profile *profile = job->jobs->profile;
    if (job->done == 0)
        return 1;
    int64_t tokens = 1;
    if (profile->mtp.draft == 0) {
        tokens = profile->tokens_per_chunk;
    } else {
        job->drafted += profile->mtp.draft;
        while (tokens <= profile->mtp.draft && prose_share(&job->draws) < profile->mtp.acceptance)
            tokens++;
        job->accepted += tokens - 1;
    }
    int64_t left = job->total - job->done;
    return tokens < left ? tokens : left;
}

static void next_token(struct job *job, char out[PROSE_TOKEN_MAX]) {
    int64_t left = job->total - job->done;
    if (job->ask.is_question && left <= PROSE_ANSWER_TOKENS)
        prose_answer((int)(PROSE_ANSWER_TOKENS - left), job->ask.answer, out);
    else
        prose_token(&job->prose, out);
    job->done++;
}

/* One chunk of up to `most` tokens, all reasoning or all visible. Returns how many. */
static int64_t next_chunk(struct job *job, int64_t most, struct buf *frames, int64_t due_ns) {
    bool reasoning = job->done < job->reasoning;
    if (reasoning && most > job->reasoning - job->done)
        most = job->reasoning - job->done;
    struct buf text;
    buf_init(&text, (size_t)most * PROSE_TOKEN_MAX);
    for (int64_t i = 0; i < most; i++) {
        char token[PROSE_TOKEN_MAX];
        next_token(job, token);
        buf_text(&text, token);
    }
    if (job->ask.stream) {
        struct reply_figures figures = figures_of(job, due_ns);
        reply_text(&job->reply, frames, buf_string(&text), reasoning, &figures);
    } else {
        buf_append(reasoning ? &job->thoughts : &job->content, text.data, text.length);
    }
    buf_done(&text);
    return most;
}

static bool on_step(struct job *job, int64_t due_ns) {
    struct jobs *jobs = job->jobs;
    if (job->done == 0) {
        cache_store(&jobs->cache, buf_string(&job->ask.prompt), job->ask.prompt.length);
        start_stream(job);
    }
    struct buf frames;
    buf_init(&frames, REPLY_BYTES_MAX);
    int64_t tokens = step_tokens(job);
    while (tokens > 0) {
        int64_t most = jobs->profile->tokens_per_chunk;
        tokens -= next_chunk(job, most < tokens ? most : tokens, &frames, due_ns);
    }
    outlet_write(&job->outlet, &frames, due_ns);
    buf_done(&frames);
    job->truth.last_due_ns = due_ns;
    return job->done < job->total;
}

static void on_over(struct job *job, int64_t due_ns) {
    const char *finish = job->ask.max_tokens >= 0 ? "length" : "stop";
    struct reply_figures figures = figures_of(job, due_ns);
    if (job->outlet.request == NULL) { /* its client left and this engine went on */
        record(job);
        job_free(job);
        return;
    }
    struct buf out;
    buf_init(&out, REPLY_BYTES_MAX);
    if (job->ask.stream) {
        reply_close(&job->reply, &out, finish, &figures);
        outlet_write(&job->outlet, &out, 0);
        outlet_end(&job->outlet);
    } else {
        reply_whole(&job->reply, &out, buf_string(&job->content), buf_string(&job->thoughts),
                    finish, &figures);
        outlet_reply(&job->outlet, HTTP_OK, &out, due_ns);
    }
    buf_done(&out);
}

static const struct schedule_handler schedule_calls = {on_slot, on_prefill, on_step, on_over};

/* ---- the clock ---- */

static void arm(struct jobs *jobs) {
    int64_t next = schedule_next_ns(&jobs->schedule);
    if (next == INT64_MAX) {
        evtimer_del(jobs->timer);
        return;
    }
    int64_t wait_us = (next - clock_ns() + 999) / 1000;
    if (wait_us < 0)
        wait_us = 0;
    struct timeval wait = {wait_us / 1000000, (suseconds_t)(wait_us % 1000000)};
    evtimer_add(jobs->timer, &wait);
}

static void on_timer(evutil_socket_t socket, short what, void *context) {
    struct jobs *jobs = context;
    (void)socket;
    (void)what;
    schedule_advance(&jobs->schedule, clock_ns());
    arm(jobs);
}

/* ---- requests ---- */

static void plan_tokens(struct job *job) {
    const struct profile *profile = job->jobs->profile;
    uint64_t seed = stats_hash(0, buf_string(&job->ask.prompt));
    prose_init(&job->prose, seed);
    job->draws = ~seed;
    job->total = job->ask.max_tokens >= 0 ? job->ask.max_tokens : TOKENS_DEFAULT;
    if (ask_thinks(&job->ask, profile))
        job->reasoning = (int64_t)((double)job->total * profile->thinking.share);
    if (prose_share(&job->draws) < profile->wrong_answers)
        job->ask.answer += 1;
    job->truth.prompt_tokens = ask_tokens(job->ask.prompt.length);
    job->truth.stream = job->ask.stream;
    job->task.noise = seed;
}

static void name_job(struct job *job, struct evhttp_request *request) {
    const char *id = evhttp_find_header(evhttp_request_get_input_headers(request), "X-Request-Id");
    reply_init(&job->reply, job->jobs->profile, ++job->jobs->requests);
    copy_text(job->truth.id, sizeof job->truth.id, id != NULL ? id : job->reply.id);
}

static void begin(struct jobs *jobs, struct job *job, struct evhttp_request *request) {
    job->jobs = jobs;
    job->task.job = job;
    job->next = jobs->newest;
    if (job->next != NULL)
        job->next->previous = job;
    jobs->newest = job;
    buf_init(&job->content, REPLY_BYTES_MAX);
    buf_init(&job->thoughts, REPLY_BYTES_MAX);
    name_job(job, request);
    plan_tokens(job);
    outlet_init(&job->outlet, request, &job->truth, on_outlet_over);
    if (jobs->profile->wire.headers == HEADERS_ARRIVAL)
        start_stream(job);
    schedule_advance(&jobs->schedule, job->truth.received_ns);
    schedule_submit(&jobs->schedule, &job->task, job->truth.received_ns);
    arm(jobs);
}

static void refuse(struct evhttp_request *request, const char *why) {
    struct buf body;
    buf_init(&body, REPLY_BYTES_MAX);
    reply_error(&body, HTTP_BADREQUEST, "invalid_request_error", why);
    outlet_json(request, HTTP_BADREQUEST, &body);
    buf_done(&body);
}

void jobs_admit(struct jobs *jobs, struct evhttp_request *request, int64_t now_ns) {
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    size_t length = evbuffer_get_length(input);
    struct job *job = mem_zero(1, sizeof *job);
    struct error error;
    job->truth.received_ns = now_ns;
    const char *body = length > 0 ? (const char *)evbuffer_pullup(input, -1) : "";
    if (ask_read(&job->ask, body, length, &error)) {
        begin(jobs, job, request);
    } else {
        free(job);
        refuse(request, error.text);
    }
}

/* ---- life ---- */

void jobs_drop(struct jobs *jobs, int64_t now_ns) {
    while (jobs->newest != NULL) {
        struct job *job = jobs->newest;
        outlet_drop(&job->outlet);
        job->truth.cancelled = true;
        record(job);
        schedule_cancel(&jobs->schedule, &job->task, now_ns);
        job_free(job);
    }
    arm(jobs);
}

void jobs_init(struct jobs *jobs, struct event_base *base, const struct profile *profile) {
    memset(jobs, 0, sizeof *jobs);
    jobs->profile = profile;
    schedule_init(&jobs->schedule, &schedule_calls);
    jobs->schedule.prefill_tps = profile->prefill_tps;
    jobs->schedule.step_rate = profile->decode_tps / profile_tokens_per_step(profile);
    jobs->schedule.gain = profile->gain;
    jobs->schedule.jitter = profile->jitter;
    jobs->schedule.overhead_ns = (int64_t)(profile->overhead_ms * 1e6);
    jobs->schedule.slots = profile->slots;
    cache_init(&jobs->cache, profile);
    truth_init(&jobs->truths);
    jobs->timer = evtimer_new(base, on_timer, jobs);
}

void jobs_done(struct jobs *jobs) {
    jobs_drop(jobs, clock_ns());
    event_free(jobs->timer);
    schedule_done(&jobs->schedule);
    cache_done(&jobs->cache);
    truth_done(&jobs->truths);
}
