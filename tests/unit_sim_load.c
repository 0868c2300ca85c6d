/* What simulated engines do under load, and what their machines publish of it: bursts that are
 * refused, buffered, in lock-step or collapsing; joules, heat and swap. */
#include <math.h>

#include "sim/meter.h"
#include "sim/schedule.h"
#include "sim_client.h"

#define SECOND INT64_C(1000000000)

/* ---- the schedule ---- */

struct job {
    struct task task;
    int64_t cost, steps_left, first_ns, last_ns;
    bool over;
};

static void on_slot(struct job *job, int64_t due_ns) {
    (void)job;
    (void)due_ns;
}
static int64_t on_prefill(struct job *job, int64_t due_ns) {
    (void)due_ns;
    return job->cost;
}
static bool on_step(struct job *job, int64_t due_ns) {
    assert_true(due_ns >= job->last_ns);
    if (job->first_ns == 0)
        job->first_ns = due_ns;
    job->last_ns = due_ns;
    return --job->steps_left > 0;
}
static void on_over(struct job *job, int64_t due_ns) {
    (void)due_ns;
    job->over = true;
}
static const struct schedule_handler calls = {on_slot, on_prefill, on_step, on_over};

static struct schedule new_schedule(int slots, double gain) {
    struct schedule schedule;
    schedule_init(&schedule, &calls);
    schedule.prefill_tps = 1000;
    schedule.step_rate = 100;
    schedule.gain = gain;
    schedule.slots = slots;
    return schedule;
}

static void submit(struct schedule *schedule, struct job *job, int64_t steps, int64_t now_ns) {
    *job = (struct job){.cost = 100, .steps_left = steps};
    job->task.job = job;
    schedule_submit(schedule, &job->task, now_ns);
}

/* Three prefills of 100 ms, then all begin; one that comes later waits for the batch to end. */
static void lock_step_begins_together(void **state) {
    struct schedule schedule = new_schedule(3, 1);
    struct job jobs[4];
    (void)state;
    schedule.lock_step = true;
    for (int i = 0; i < 4; i++)
        submit(&schedule, &jobs[i], 11 + i, 0);
    schedule_advance(&schedule, 10 * SECOND);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(jobs[i].first_ns, 300 * MS);
        assert_int_equal(jobs[i].last_ns, (400 + 10 * i) * MS);
    }
    assert_int_equal(jobs[3].first_ns, 520 * MS); /* 420 + its prefill */
    assert_true(jobs[3].over);
    assert_int_equal(schedule.slots_used, 0);
    assert_true(schedule_next_ns(&schedule) == INT64_MAX);
    schedule_done(&schedule);
}

/* Whoever leaves, whenever: the others do not wait for ever. */
static void lock_step_survives_leavers(void **state) {
    (void)state;
    for (int64_t at = 50; at <= 450; at += 50)
        for (int who = 0; who < 3; who++) {
            struct schedule schedule = new_schedule(3, 1);
            struct job jobs[3];
            schedule.lock_step = true;
            for (int i = 0; i < 3; i++)
                submit(&schedule, &jobs[i], 11, 0);
            schedule_advance(&schedule, at * MS);
            schedule_cancel(&schedule, &jobs[who].task, at * MS);
            schedule_advance(&schedule, 10 * SECOND);
            for (int i = 0; i < 3; i++)
                assert_true(i == who || jobs[i].over);
            assert_int_equal(schedule.slots_used, 0);
            assert_int_equal(schedule.held.count, 0);
            schedule_done(&schedule);
        }
}

/* Seconds that `n` streams of 101 steps take, prefills aside. */
static double decode_time(int n, int above, double gain) {
    struct schedule schedule = new_schedule(64, 1);
    struct job *jobs = mem_zero((size_t)n, sizeof *jobs);
    schedule.collapse_above = above;
    schedule.collapse_gain = gain;
    schedule.prefill_tps = 1e12;
    for (int i = 0; i < n; i++)
        submit(&schedule, &jobs[i], 101, 0);
    schedule_advance(&schedule, 1000 * SECOND);
    double seconds = (double)jobs[n - 1].last_ns * 1e-9;
    assert_true(jobs[n - 1].over);
    schedule_done(&schedule);
    free(jobs);
    return seconds;
}

static void too_many_slow_it_down(void **state) {
    (void)state;
    assert_true(fabs(decode_time(4, 4, -1) - 1) < 0.01);
    assert_true(fabs(decode_time(16, 4, -1) - 4) < 0.04); /* four times as many, a quarter each */
    assert_true(fabs(decode_time(16, 0, 0) - 1) < 0.01);
}

/* ---- the meter ---- */

static struct profile warm_profile(double period_s) {
    struct profile profile = {.watts = {.idle = 10, .prefill = 80, .decode = 50, .gpu_share = 0.8}};
    profile.watts.period_s = period_s;
    profile.heat.after_s = 2;
    profile.heat.most = 2;
    return profile;
}

static void energy_is_exact(void **state) {
    struct profile profile = warm_profile(0);
    struct schedule schedule = new_schedule(1, 0);
    struct meter meter;
    struct job jobs[2];
    (void)state;
    meter_init(&meter, &profile, 0);
    schedule.meter = &meter;
    submit(&schedule, &jobs[0], 101, 0);         /* 0.1 s prefill, 1 s decode */
    schedule_advance(&schedule, 3 * SECOND + 7); /* late: it is all the same */
    submit(&schedule, &jobs[1], 51, 4 * SECOND); /* 0.1 s, 0.5 s */
    schedule_advance(&schedule, 4 * SECOND + 300 * MS);
    schedule_cancel(&schedule, &jobs[1].task, 4 * SECOND + 300 * MS); /* after 0.2 s of decode */
    schedule_advance(&schedule, 9 * SECOND);
    meter_advance(&meter, 10 * SECOND);
    assert_true(fabs(meter.joules - (0.2 * 80 + 1.2 * 50 + 8.6 * 10)) < 1e-6);
    assert_int_equal(meter.published_ns, 10 * SECOND);
    schedule_done(&schedule);
}

/* Between two publications the value is that of the last one, at its time, whatever the mode. */
static void batches_are_published_at_their_times(void **state) {
    struct profile profile = warm_profile(2.1);
    struct meter meter;
    int64_t before = 0, publications = 0;
    (void)state;
    meter_init(&meter, &profile, 0);
    meter_set(&meter, METER_DECODE, 1 * SECOND);
    for (int64_t now = 0; now < 60 * SECOND; now += 100 * MS) {
        meter_advance(&meter, now);
        double seconds = (double)meter.published_ns * 1e-9;
        double joules = seconds < 1 ? seconds * 10 : 10 + (seconds - 1) * 50;
        assert_true(fabs(meter.published_j - joules) < 1e-6);
        if (meter.published_ns == before)
            continue;
        assert_in_range(meter.published_ns - before, 2030 * MS, 2230 * MS);
        before = meter.published_ns;
        publications++;
    }
    assert_in_range(publications, 27, 29);
}

static void work_heats_and_rest_cools(void **state) {
    struct profile profile = warm_profile(0);
    struct meter meter;
    (void)state;
    meter_init(&meter, &profile, 0);
    meter_set(&meter, METER_PREFILL, 0);
    static const int levels[] = {0, 0, 1, 1, 2, 2, 2, 2};
    for (int64_t s = 0; s < 8; s++) {
        meter_advance(&meter, s * SECOND + 1);
        assert_int_equal(meter_pressure(&meter), levels[s]);
    }
    meter_set(&meter, METER_IDLE, 8 * SECOND);
    meter_advance(&meter, 14 * SECOND);
    assert_int_equal(meter_pressure(&meter), 0);
}

/* ---- on the wire ---- */

static void burst(const char *profile, struct client *clients, size_t count, int tokens,
                  struct bench *bench) {
    char *body = chat_body("Agent.", "Tell me.", tokens, STREAM);
    *bench = (struct bench){0};
    start(bench, &profile, 1);
    for (size_t i = 0; i < count; i++)
        send_request(&clients[i], bench->endpoints[0].url, "POST", CHAT, "run/1", body);
    pump(clients, count, 0);
    free(body);
}

static void full_houses_refuse(void **state) {
    static const struct {
        const char *profile;
        int status;
    } cases[] = {{"test-rejects-429", 429}, {"test-rejects-503", 503}};
    (void)state;
    for (size_t k = 0; k < COUNT_OF(cases); k++) {
        struct bench bench;
        struct client clients[12];
        int refused = 0;
        burst(cases[k].profile, clients, 12, 60, &bench);
        for (size_t i = 0; i < 12; i++) {
            if (status_of(&clients[i]) != 200) {
                assert_int_equal(status_of(&clients[i]), cases[k].status);
                assert_non_null(strstr(buf_string(&clients[i].reply), "Retry-After: 1"));
                refused++;
            }
            hang_up(&clients[i]);
        }
        assert_int_equal(refused, 6); /* two run, four wait */
        stop(&bench);
    }
}

static void a_buffered_reply_is_one_write(void **state) {
    struct bench bench;
    struct client clients[4];
    (void)state;
    burst("test-buffered", clients, 4, 60, &bench);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(clients[i].tokens, 60);
        assert_true(clients[i].last_token_ns - clients[i].first_ns < 50 * MS);
        assert_non_null(strstr(buf_string(&clients[i].reply), "data: [DONE]"));
        hang_up(&clients[i]);
    }
    assert_int_equal(truth_of(bench.endpoints[0].url, "run/1", "writes"), 1);
    stop(&bench);
}

static void lock_step_is_seen(void **state) {
    struct bench bench;
    struct client clients[6];
    (void)state;
    burst("test-lock-step", clients, 6, 40, &bench);
    for (size_t i = 1; i < 6; i++)
        assert_true(llabs(clients[i].first_ns - clients[0].first_ns) < 50 * MS);
    for (size_t i = 0; i < 6; i++)
        hang_up(&clients[i]);
    stop(&bench);
}

/* The value of a series in the machine's own exporter. */
static double series(const struct endpoint *endpoint, const char *name) {
    char *reply, *line = mem_format("\n%s ", name);
    assert_string_equal(endpoint->telemetry + strlen(endpoint->url), "/sim/metrics");
    assert_int_equal(ask(endpoint->url, "GET", "/sim/metrics", "", &reply), 200);
    const char *at = strstr(reply, line);
    if (at == NULL)
        fail_msg("no %s in:\n%s", name, reply);
    double value = strtod(at + strlen(line), NULL);
    free(line);
    free(reply);
    return value;
}

static void machines_publish_their_state(void **state) {
    struct bench bench;
    struct client clients[4];
    (void)state;
    burst("test-swaps", clients, 4, 20, &bench);
    const struct endpoint *endpoint = &bench.endpoints[0];
    assert_true(series(endpoint, "sim_swap_used_bytes") == 2 * 400 * 1048576.0);
    assert_true(series(endpoint, "sim_swapouts_total") == 2 * 400 * 64);
    assert_true(series(endpoint, "sim_power_source{source=\"ac\"}") == 1);
    assert_true(series(endpoint, "sim_memory_free_bytes") > 1e9);
    assert_true(series(endpoint, "sim_kv_tokens") == 0);
    double published = series(endpoint, "sim_energy_published_seconds{rail=\"GPU\"}");
    assert_true(fabs(published - (double)clock_ns() * 1e-9) < 1);
    double gpu = series(endpoint, "sim_energy_joules_total{rail=\"GPU\"}");
    double cpu = series(endpoint, "sim_energy_joules_total{rail=\"CPU\"}");
    assert_true(gpu > 0.1 && cpu > 0.02 && cpu < gpu);
    assert_int_equal(ask(endpoint->url, "POST", "/sim/restart", "", NULL), 200);
    assert_true(series(endpoint, "sim_swap_used_bytes") == 0);
    assert_true(series(endpoint, "sim_swapouts_total") == 2 * 400 * 64); /* counters never fall */
    for (size_t i = 0; i < 4; i++)
        hang_up(&clients[i]);
    stop(&bench);
}

/* A machine without watts says nothing of energy, rather than 0. */
static void unknown_watts_are_not_published(void **state) {
    struct bench bench = {0};
    char *reply;
    (void)state;
    const char *url = start_one(&bench, WIRE);
    assert_int_equal(ask(url, "GET", "/sim/metrics", "", &reply), 200);
    assert_null(strstr(reply, "joules"));
    assert_non_null(strstr(reply, "sim_thermal_pressure_level 0\n"));
    free(reply);
    stop(&bench);
}

static void every_test_profile_loads(void **state) {
    static const char *const names[] = {
        "test-plain",    "test-slots-1",     "test-slots-2",       "test-slots-4",
        "test-slots-8",  "test-batched",     "test-no-gain",       "test-lock-step",
        "test-buffered", "test-rejects-429", "test-rejects-503",   "test-collapses",
        "test-no-usage", "test-no-done",     "test-refuses-usage", "test-hot",
        "test-swaps",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct profile profile;
        struct error error;
        if (!profile_load(&profile, names[i], &error))
            fail_msg("%s", error.text);
        profile_done(&profile);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lock_step_begins_together),
        cmocka_unit_test(lock_step_survives_leavers),
        cmocka_unit_test(too_many_slow_it_down),
        cmocka_unit_test(energy_is_exact),
        cmocka_unit_test(batches_are_published_at_their_times),
        cmocka_unit_test(work_heats_and_rest_cools),
        cmocka_unit_test(full_houses_refuse),
        cmocka_unit_test(a_buffered_reply_is_one_write),
        cmocka_unit_test(lock_step_is_seen),
        cmocka_unit_test(machines_publish_their_state),
        cmocka_unit_test(unknown_watts_are_not_published),
        cmocka_unit_test(every_test_profile_loads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
