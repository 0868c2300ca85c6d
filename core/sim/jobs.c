#include "sim/jobs.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "model/stats.h"
#include "sim/job.h"

/* ---- the clock ---- */

static struct timeval wait_until(int64_t at_ns) {
    int64_t wait_us = (at_ns - clock_ns() + 999) / 1000;
    if (wait_us < 0)
        wait_us = 0;
    return (struct timeval){wait_us / 1000000, (suseconds_t)(wait_us % 1000000)};
}

static void arm(struct jobs *jobs) {
    int64_t next = schedule_next_ns(&jobs->schedule);
    if (next == INT64_MAX) {
        evtimer_del(jobs->timer);
        return;
    }
    struct timeval wait = wait_until(next);
    evtimer_add(jobs->timer, &wait);
}

void jobs_settle(struct jobs *jobs, int64_t now_ns) {
    schedule_advance(&jobs->schedule, now_ns);
    meter_advance(&jobs->meter, now_ns);
    arm(jobs);
}

static void on_timer(evutil_socket_t socket, short what, void *context) {
    struct jobs *jobs = context;
    (void)socket;
    (void)what;
    schedule_advance(&jobs->schedule, clock_ns());
    arm(jobs);
}

/* ---- keep-alives ---- */

static int64_t beat_ns(const struct job *job) {
    return (int64_t)(job->jobs->profile->keepalive.period_s * 1e9);
}

/* Prompt tokens computed by now, in steps as large as mlx-lm's. */
static int64_t prefilled(const struct job *job, int64_t now_ns) {
    int64_t all = job->truth.prompt_tokens - job->truth.cached_tokens;
    int64_t span = job->task.prefill_ns - job->prefill_began_ns;
    if (job->task.state != TASK_PREFILL || span <= 0)
        return 0;
    double share = (double)(now_ns - job->prefill_began_ns) / (double)span;
    int64_t done = job->truth.cached_tokens + (int64_t)((double)all * (share < 1 ? share : 1));
    return done;
}

static void on_beat(evutil_socket_t socket, short what, void *context) {
    struct job *job = context;
    int64_t now_ns = clock_ns();
    (void)socket;
    (void)what;
    if (job->outlet.request == NULL)
        return;
    bool wanted = !job->jobs->profile->keepalive.progress || job->task.state == TASK_PREFILL;
    if (job->outlet.started && wanted && now_ns - job->wrote_ns >= beat_ns(job)) {
        struct buf frame;
        buf_init(&frame, REPLY_BYTES_MAX);
        reply_beat(&job->reply, &frame, prefilled(job, now_ns), job->truth.prompt_tokens);
        outlet_write(&job->outlet, &frame, 0);
        buf_done(&frame);
        job->wrote_ns = now_ns;
    }
    int64_t next = job->wrote_ns + beat_ns(job);
    struct timeval wait = wait_until(next > now_ns ? next : now_ns + beat_ns(job));
    evtimer_add(job->beat, &wait);
}

static void begin_beats(struct job *job) {
    const struct profile *profile = job->jobs->profile;
    if (!job->ask.stream || profile->keepalive.period_s <= 0 || profile->wire.buffers)
        return;
    job->beat = evtimer_new(job->jobs->base, on_beat, job);
    struct timeval wait = wait_until(job->truth.received_ns + beat_ns(job));
    evtimer_add(job->beat, &wait);
}

/* ---- requests ---- */

static struct job *job_of(struct outlet *outlet) {
    return (struct job *)(void *)((char *)outlet - offsetof(struct job, outlet));
}

static bool goes_on(const struct job *job) {
    switch (job->jobs->profile->wire.leaver) {
    case LEAVER_STOPS:
        return false;
    case LEAVER_AFTER_PREFILL:
        return job->task.state == TASK_PREFILL || job->task.state == TASK_HELD;
    case LEAVER_IGNORED:
    case LEAVER_COUNT:
        break;
    }
    return true;
}

/* The response has left, or the client has. A client that left frees the slot, unless this engine
 * does not notice. */
static void on_outlet_over(struct outlet *outlet, bool client_left) {
    struct job *job = job_of(outlet);
    struct jobs *jobs = job->jobs;
    job->truth.cancelled = client_left;
    if (job->task.state != TASK_IDLE) {
        if (goes_on(job))
            return;
        schedule_cancel(&jobs->schedule, &job->task, clock_ns());
        arm(jobs);
    }
    job_record(job);
    job_free(job);
}

static void name_job(struct job *job, struct evhttp_request *request) {
    const char *id = evhttp_find_header(evhttp_request_get_input_headers(request), "X-Request-Id");
    reply_init(&job->reply, job->jobs->profile, job->ask.form, ++job->jobs->requests);
    copy_text(job->truth.id, sizeof job->truth.id, id != NULL ? id : job->reply.id);
}

/* More than the machine holds are pushed out, and stay there when it is over. */
static void use_memory(struct jobs *jobs) {
    int calls = jobs->schedule.slots_used + (int)jobs->schedule.queue.count;
    int above = calls - jobs->profile->swap.calls;
    if (jobs->profile->swap.calls == 0 || above <= 0)
        return;
    double mb = above * jobs->profile->swap.mb_per_call;
    if (mb <= jobs->sums.swap_mb)
        return;
    jobs->sums.swapped_mb += mb - jobs->sums.swap_mb;
    jobs->sums.swap_mb = mb;
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
    buf_init(&job->call, REPLY_BYTES_MAX);
    buf_init(&job->pending, REPLY_BYTES_MAX);
    name_job(job, request);
    job->truth.prompt_tokens = ask_tokens(job->ask.prompt.length);
    job->truth.stream = job->ask.stream;
    job->task.noise = stats_hash(0, buf_string(&job->ask.prompt));
    outlet_init(&job->outlet, request, &job->truth, on_outlet_over);
    if (jobs->unloaded)
        jobs_hold(jobs, job->truth.received_ns + (int64_t)jobs->profile->load_ms * 1000000);
    jobs->unloaded = false;
    if (jobs->profile->wire.headers == HEADERS_ARRIVAL)
        job_start_stream(job);
    begin_beats(job);
    schedule_submit(&jobs->schedule, &job->task, job->truth.received_ns);
    use_memory(jobs);
    arm(jobs);
}

static void refuse(const struct jobs *jobs, struct evhttp_request *request, int status,
                   const char *type, const char *why) {
    struct buf body;
    buf_init(&body, REPLY_BYTES_MAX);
    reply_error(jobs->profile, &body, status, type, why);
    outlet_json(request, status, &body);
    buf_done(&body);
}

static void refuse_unread(const struct jobs *jobs, struct evhttp_request *request,
                          const char *why) {
    if (jobs->profile->wire.refusal == REFUSAL_CLOSE)
        evhttp_connection_free(evhttp_request_get_connection(request));
    else
        refuse(jobs, request, HTTP_BADREQUEST, "invalid_request_error", why);
}

/* As many wait as may. */
static void refuse_busy(const struct jobs *jobs, struct evhttp_request *request) {
    const struct profile *profile = jobs->profile;
    char seconds[16];
    snprintf(seconds, sizeof seconds, "%d", profile->limit.retry_s);
    if (profile->limit.retry_s > 0)
        evhttp_add_header(evhttp_request_get_output_headers(request), "Retry-After", seconds);
    refuse(jobs, request, profile->limit.status, "server_error", "server busy, please try again");
}

static bool is_full(const struct jobs *jobs) {
    const struct schedule *schedule = &jobs->schedule;
    int waiting = jobs->profile->limit.waiting;
    return waiting >= 0 && schedule->slots_used >= schedule->slots &&
           schedule->queue.count >= (size_t)waiting;
}

/* Load or unload, with nothing to say (facts engines I.3). */
static void answer_empty(struct jobs *jobs, struct evhttp_request *request, const struct ask *ask) {
    struct buf body;
    buf_init(&body, REPLY_BYTES_MAX);
    buf_printf(&body,
               "{\"model\":\"%s\",\"created_at\":\"2026-11-20T00:00:00Z\",\"message\":{\"role\":"
               "\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"%s\"}",
               jobs->profile->model, ask->unloads ? "unload" : "load");
    jobs->unloaded = ask->unloads;
    if (ask->unloads)
        cache_clear(&jobs->cache);
    outlet_json(request, HTTP_OK, &body);
    buf_done(&body);
}

static void serve(struct jobs *jobs, struct job *job, struct evhttp_request *request) {
    bool empty = job->ask.is_empty, full = is_full(jobs);
    speech_init(&job->speech, &job->ask, jobs->profile);
    int status = job->speech.say.status;
    if (!empty && !full && status == 0) {
        begin(jobs, job, request);
        return;
    }
    if (empty)
        answer_empty(jobs, request, &job->ask);
    else if (full)
        refuse_busy(jobs, request);
    else
        refuse(jobs, request, status, "server_error", "the chat template could not be applied");
    speech_done(&job->speech);
    ask_done(&job->ask);
    free(job);
}

static bool is_other_model(const struct jobs *jobs, const struct ask *ask) {
    if (jobs->profile->engine == ENGINE_MLXLM && ask->model != NULL &&
        strcmp(ask->model, "default_model") == 0)
        return false; /* the one it was started with (C.3) */
    return jobs->profile->wire.checks_model && ask->model != NULL &&
           strcmp(ask->model, jobs->profile->model) != 0 &&
           script_of_model(ask->model) == SCRIPT_COUNT;
}

static void refuse_model(const struct jobs *jobs, struct evhttp_request *request, struct job *job) {
    char *why = mem_format("model '%s' not found", job->ask.model);
    refuse(jobs, request, HTTP_NOTFOUND, "not_found_error", why);
    free(why);
    ask_done(&job->ask);
    free(job);
}

void jobs_admit(struct jobs *jobs, struct evhttp_request *request, enum ask_form form,
                int64_t now_ns) {
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    size_t length = evbuffer_get_length(input);
    struct job *job = mem_zero(1, sizeof *job);
    struct error error;
    job->truth.received_ns = now_ns;
    const char *body = length > 0 ? (const char *)evbuffer_pullup(input, -1) : "";
    schedule_advance(&jobs->schedule, now_ns);
    if (ask_read(&job->ask, jobs->profile, form, body, length, &error)) {
        if (is_other_model(jobs, &job->ask))
            refuse_model(jobs, request, job);
        else
            serve(jobs, job, request);
    } else {
        free(job);
        refuse_unread(jobs, request, error.text);
    }
    arm(jobs);
}

struct jobs_count jobs_count(const struct jobs *jobs) {
    struct jobs_count count = {0};
    for (const struct job *job = jobs->newest; job != NULL; job = job->next) {
        bool waits = job->task.state == TASK_QUEUED;
        if (job->task.state == TASK_IDLE)
            continue;
        count.waiting += waits;
        count.running += !waits;
        if (job->task.state == TASK_DECODE || job->task.state == TASK_HELD)
            count.kv_tokens += job->truth.prompt_tokens + job->speech.done;
        else if (!waits)
            count.kv_tokens += job->truth.cached_tokens;
    }
    return count;
}

/* ---- life ---- */

void jobs_drop(struct jobs *jobs, int64_t now_ns) {
    while (jobs->newest != NULL) {
        struct job *job = jobs->newest;
        outlet_drop(&job->outlet);
        job->truth.cancelled = true;
        job_record(job);
        schedule_cancel(&jobs->schedule, &job->task, now_ns);
        job_free(job);
    }
    arm(jobs);
}

void jobs_hold(struct jobs *jobs, int64_t ready_ns) {
    if (jobs->schedule.prefill_free_ns < ready_ns)
        jobs->schedule.prefill_free_ns = ready_ns;
}

void jobs_init(struct jobs *jobs, struct event_base *base, const struct profile *profile) {
    memset(jobs, 0, sizeof *jobs);
    jobs->profile = profile;
    jobs->base = base;
    schedule_init(&jobs->schedule, &job_calls);
    jobs->schedule.prefill_tps = profile->prefill_tps;
    jobs->schedule.step_rate = profile->decode_tps / profile_tokens_per_step(profile);
    jobs->schedule.gain = profile->gain;
    jobs->schedule.jitter = profile->jitter;
    jobs->schedule.wobble = profile->wobble;
    jobs->schedule.collapse_above = profile->collapse.above;
    jobs->schedule.collapse_gain = profile->collapse.gain;
    jobs->schedule.lock_step = profile->lock_step;
    jobs->schedule.overhead_ns = (int64_t)(profile->overhead_ms * 1e6);
    jobs->schedule.slots = profile->slots;
    jobs->schedule.meter = &jobs->meter;
    meter_init(&jobs->meter, profile, clock_ns());
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
