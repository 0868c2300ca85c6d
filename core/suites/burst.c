#include "suites/burst.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "model/metric.h"
#include "model/stats.h"
#include "suites/prompts.h"

#define SINGLE_CALLS 3    /* the reference before each size */
#define ANSWER_TOKENS 200 /* decode must be long against prefill */
/* With --quick: as many tokens as one call alone decodes in this time, and no fewer than these: a
 * slow engine serves a burst in half a minute, a fast one decodes long enough to be judged. */
#define QUICK_S 1.5
#define QUICK_TOKENS 32
/* Terminal, log, libraries, two of curl's own for 64 connections, and those kept from before. */
#define DESCRIPTORS_SPARE 160

static void phase_name(char name[PHASE_MAX], const char *kind, int size) {
    snprintf(name, PHASE_MAX, "%s-%d", kind, size);
}

static void burst_plan(struct plan *plan, const struct options *options) {
    char name[PHASE_MAX];
    for (size_t i = 0; i < options->burst_count; i++) {
        phase_name(name, "single", options->burst[i]);
        plan_add(plan, name);
        phase_name(name, "burst", options->burst[i]);
        plan_add(plan, name);
    }
}

/* ---- the question's check ---- */

bool burst_last_integer(const char *text, int64_t *number) {
    const char *end = text ? text + strlen(text) : NULL;
    while (end && end > text && !isdigit((unsigned char)end[-1]))
        end--;
    if (!end || end == text)
        return false;
    const char *begin = end;
    int digits = 0;
    int64_t value = 0, scale = 1;
    /* backwards over digits; "1,234" is one number */
    while (begin > text && digits < 18) {
        if (isdigit((unsigned char)begin[-1])) {
            value += (begin[-1] - '0') * scale;
            scale *= 10;
            digits++;
        } else if (!(begin[-1] == ',' && end - begin >= 3 && digits % 3 == 0 && begin - 1 > text &&
                     isdigit((unsigned char)begin[-2]))) {
            break;
        }
        begin--;
    }
    bool minus = begin > text && begin[-1] == '-' &&
                 (begin - 1 == text || isspace((unsigned char)begin[-2]));
    *number = minus ? -value : value;
    return true;
}

enum verdict3 burst_check(const struct lane_call *call) {
    int64_t number;
    if (!call->call.ok)
        return CHECK_NONE;
    bool found = burst_last_integer(chat_content(call->stream), &number);
    return found && number == call->expect ? CHECK_YES : CHECK_NO;
}

/* ---- calls ---- */

/* The texts of a set of calls: one system prompt for all, a question for each. */
struct volley {
    struct lane_call *calls;
    struct chat_message (*messages)[2];
    size_t count;
};

struct burst {
    struct lane *lane;
    const struct endpoint *endpoint;
    const struct bench *bench;
    int pass;
    char *system;
    int questions; /* asked so far: no question comes twice */
    double tps;    /* of the priming call; NaN */
};

static int answer_tokens(const struct burst *burst) {
    const struct options *options = burst->bench->options;
    int tokens = options->max_tokens > 0 ? options->max_tokens : ANSWER_TOKENS;
    int quick = burst->tps * QUICK_S > QUICK_TOKENS && burst->tps < 1e6
                    ? (int)(burst->tps * QUICK_S)
                    : QUICK_TOKENS;
    return options->quick && tokens > quick ? quick : tokens;
}

static void volley_init(struct volley *volley, struct burst *burst, const char *phase,
                        size_t count) {
    volley->count = count;
    volley->calls = mem_zero(count, sizeof *volley->calls);
    volley->messages = mem_zero(count, sizeof *volley->messages);
    for (size_t i = 0; i < count; i++) {
        struct lane_call *call = &volley->calls[i];
        lane_call_init(call, burst->endpoint->ep, SUITE_BURST, phase, burst->pass, (int)i);
        lane_call_defaults(burst->lane, call);
        char *question =
            prompt_question(burst->bench->run->seed, burst->questions++, &call->expect);
        volley->messages[i][0] = (struct chat_message){.role = "system", .content = burst->system};
        volley->messages[i][1] = (struct chat_message){.role = "user", .content = question};
        call->request.messages = volley->messages[i];
        call->request.message_count = 2;
        call->request.shared_messages = 1;
        call->request.max_tokens = answer_tokens(burst);
        call->check = burst_check;
        call->keep_output = true;
    }
}

static void volley_done(struct volley *volley) {
    for (size_t i = 0; i < volley->count; i++) {
        free((char *)volley->messages[i][1].content);
        lane_call_done(&volley->calls[i]);
    }
    free(volley->messages);
    free(volley->calls);
}

/* The shared prefix, once, uncounted. */
static bool prime(struct burst *burst, const char *phase) {
    struct volley volley;
    volley_init(&volley, burst, phase, 1);
    volley.calls[0].quiet = true;
    volley.calls[0].request.max_tokens = 16;
    bool done = lane_perform(burst->lane, volley.calls, 1);
    burst->tps = volley.calls[0].call.decode_tps;
    volley_done(&volley);
    return done;
}

/* Three calls, one after the other: what one alone takes here and now. */
static bool run_single(struct burst *burst, int size) {
    char phase[PHASE_MAX];
    struct volley volley;
    phase_name(phase, "single", size);
    lane_phase_start(burst->lane, burst->endpoint->ep, SUITE_BURST, phase, burst->pass);
    lane_connect(burst->lane, burst->endpoint->ep, 1, NULL);
    bool done = prime(burst, phase);
    volley_init(&volley, burst, phase, SINGLE_CALLS);
    for (size_t i = 0; done && i < volley.count; i++)
        done = lane_perform(burst->lane, &volley.calls[i], 1);
    volley_done(&volley);
    return lane_phase_close(burst->lane, burst->endpoint->ep, SUITE_BURST, phase, burst->pass);
}

/* Room for `size` more descriptors, and where the system grants it as many for each endpoint: lanes
 * have their bursts at the same time. False and why when it is not even enough for this one. */
static bool make_room(int size, size_t endpoints, char *why, size_t room) {
    struct rlimit limit;
    rlim_t least = (rlim_t)size + DESCRIPTORS_SPARE;
    rlim_t wanted = least * endpoints;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return true;
    rlim_t had = limit.rlim_cur, most = limit.rlim_max;
    limit.rlim_cur = most == RLIM_INFINITY || most > wanted ? wanted : most;
    if (limit.rlim_cur > had && setrlimit(RLIMIT_NOFILE, &limit) == 0)
        had = limit.rlim_cur;
    if (had >= least)
        return true;
    snprintf(why, room, "%d connections need %llu descriptors, the limit is %llu (ulimit -n)", size,
             (unsigned long long)least, (unsigned long long)had);
    return false;
}

static void skip(struct burst *burst, const char *phase, const char *why) {
    lane_phase_start(burst->lane, burst->endpoint->ep, SUITE_BURST, phase, burst->pass);
    lane_phase_end(burst->lane, burst->endpoint->ep, SUITE_BURST, phase, burst->pass, PHASE_SKIPPED,
                   why);
}

/* Our share of what was measured, as a figure of this pass and for a person. */
static void tell_lateness(struct burst *burst, const char *phase, double ms) {
    struct event *event = event_new(EVENT_FIGURE, lane_now_us(burst->lane));
    event->figure.ep = burst->endpoint->ep;
    event->figure.suite = SUITE_BURST;
    event->figure.value = ms;
    event->figure.n = 1;
    copy_text(event->figure.phase, sizeof event->figure.phase, phase);
    copy_text(event->figure.metric, sizeof event->figure.metric, metric_of(METRIC_LATENESS)->id);
    copy_text(event->figure.stat, sizeof event->figure.stat, stat_word(STAT_MAX));
    lane_emit(burst->lane, event);
    lane_note(burst->lane, NOTE_INFO, burst->endpoint->ep,
              "%s: our own loop was at most %.1f ms late", phase, ms);
}

/* All at once: connections first, requests prepared, then released together. */
static void run_burst(struct burst *burst, int size) {
    char phase[PHASE_MAX], why[160];
    struct volley volley;
    int ep = burst->endpoint->ep;
    phase_name(phase, "burst", size);
    if (!make_room(size, burst->bench->run->endpoint_count, why, sizeof why)) {
        skip(burst, phase, why);
        return;
    }
    lane_phase_start(burst->lane, ep, SUITE_BURST, phase, burst->pass);
    size_t open = lane_connect(burst->lane, ep, (size_t)size, NULL);
    if (open < (size_t)size)
        lane_note(burst->lane, NOTE_WARN, ep,
                  "%zu of %d connections were open before the burst: the others count their "
                  "connecting into TTFT",
                  open, size);
    volley_init(&volley, burst, phase, (size_t)size);
    lane_lateness_us(burst->lane); /* from here on */
    if (lane_perform(burst->lane, volley.calls, volley.count))
        tell_lateness(burst, phase, (double)lane_lateness_us(burst->lane) / 1000);
    volley_done(&volley);
    lane_phase_close(burst->lane, ep, SUITE_BURST, phase, burst->pass);
}

static void burst_run(struct lane *lane, const struct endpoint *endpoint, int pass) {
    const struct bench *bench = lane_bench(lane);
    struct burst burst = {
        .lane = lane, .endpoint = endpoint, .bench = bench, .pass = pass, .tps = NAN};
    char *salt = prompt_salt(bench->run->salt, bench->run->id, pass, endpoint->ep, SUITE_BURST,
                             lane_attempt(lane, endpoint->ep));
    burst.system =
        bench->options->quick ? prompt_brief(salt) : prompt_system(bench->run->workload, 'A', salt);
    free(salt);
    int64_t pause_us = (int64_t)(bench->options->pause_s * 1e6);
    for (size_t i = 0; i < bench->options->burst_count && !lane_stopped(lane); i++) {
        int size = bench->options->burst[i];
        if (i > 0)
            lane_pause(lane, pause_us);
        if (run_single(&burst, size)) {
            run_burst(&burst, size);
        } else if (!lane_stopped(lane)) {
            char phase[PHASE_MAX];
            phase_name(phase, "burst", size);
            skip(&burst, phase, "the single calls before it did not succeed");
        }
    }
    free(burst.system);
}

const struct suite suite_burst = {
    .id = SUITE_BURST,
    .title = "burst",
    .about = "N calls at once: latency, throughput, and what the engine did with them",
    .plan = burst_plan,
    .run = burst_run,
};
