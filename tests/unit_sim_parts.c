/* The simulated engines' parts without sockets: profiles, caches, requests, prose, schedule. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/embed.h"
#include "base/json.h"
#include "model/call.h"
#include "model/stats.h"
#include "sim/ask.h"
#include "sim/cache.h"
#include "sim/prose.h"
#include "sim/schedule.h"
#include "sim/sim.h"
#include "sim/truth.h"

#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)

/* ---- profiles ---- */

/* Every figure of an embedded profile has a text that says where it comes from. */
static void every_embedded_profile_names_its_sources(void **state) {
    static const char *const figures[] = {"prefill_tps", "decode_tps", "overhead_ms", "slots",
                                          "gain",        "cache",      "watts",       "swap"};
    size_t count;
    const char *const *names = sim_profiles(&count);
    (void)state;
    assert_int_equal(count, 8);
    for (size_t i = 0; i < count; i++) {
        struct profile profile;
        struct error error;
        if (!profile_load(&profile, names[i], &error))
            fail_msg("%s", error.text);
        assert_string_equal(engine_word(profile.engine), names[i]);
        assert_int_equal(profile.engine, i); /* the panel's order is that of the ids */
        const struct embedded *file = embed_find(embed_profiles, names[i]);
        struct cJSON *tree = json_parse(file->text, file->length, &error);
        assert_non_null(tree);
        const struct cJSON *source = json_object(tree, "source");
        for (size_t k = 0; k < COUNT_OF(figures); k++)
            if (json_string(source, figures[k]) == NULL)
                fail_msg("%s: no source for %s", names[i], figures[k]);
        json_free(tree);
        profile_done(&profile);
    }
}

/* Seven calls of `make demo` end within 80 s on every engine: nothing reused but the warm call. */
static void demo_fits_its_time(void **state) {
    size_t count;
    const char *const *names = sim_profiles(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct profile profile;
        assert_true(profile_load(&profile, names[i], NULL));
        double ttft = profile.overhead_ms / 1e3 + 1960 / profile.prefill_tps;
        assert_true(7 * (ttft + 96 / profile.decode_tps) < 80);
        profile_done(&profile);
    }
}

#define GOOD                                                                                       \
    "\"engine\":\"openai\",\"version\":\"1\",\"model\":\"m\",\"format\":\"GGUF\",\"quant\":\"Q\"," \
    "\"prefill_tps\":1000,\"decode_tps\":50"
#define WIRE ",\"wire\":{\"reasoning_field\":\"reasoning\"}"

static bool reads(const char *text, struct error *error) {
    struct profile profile;
    bool ok = profile_read(&profile, "test", text, strlen(text), error);
    if (ok)
        profile_done(&profile);
    return ok;
}

static void profiles_are_validated(void **state) {
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"{", "test"},
        {"[]", "not an object"},
        {"{\"engine\":\"openai\",\"prefill_tps\":1}", "decode_tps: missing"},
        {"{" GOOD ",\"script\":\"perfect\"}", "script: not a word"},
        {"{" GOOD ",\"wire\":{\"owned_by\":\"\"}}", "wire.owned_by: not a text"},
        {"{\"engine\":\"gpt\"}", "engine"},
        {"{" GOOD WIRE ",\"slotz\":3}", "slotz: no such member"},
        {"{" GOOD WIRE ",\"slots\":0}", "slots: must be between 1 and 4096"},
        {"{" GOOD WIRE ",\"slots\":1.5}", "slots: not a whole number"},
        {"{" GOOD WIRE ",\"slots\":\"4\"}", "slots: not a number"},
        {"{" GOOD WIRE ",\"mtp\":3}", "mtp: not an object"},
        {"{" GOOD WIRE ",\"mtp\":{\"acceptance\":1.1}}", "mtp.acceptance"},
        {"{" GOOD WIRE ",\"cache\":{\"policy\":\"magic\"}}", "cache.policy"},
        {"{" GOOD WIRE ",\"source\":{\"slots\":4}}", "source.slots: not a text"},
        {"{" GOOD WIRE ",\"restart\":1}", "restart: not true or false"},
    };
    struct error error;
    (void)state;
    assert_true(reads("{" GOOD WIRE "} // a comment", &error));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_false(reads(bad[i].text, &error));
        if (strstr(error.text, bad[i].says) == NULL)
            fail_msg("%s: %s", bad[i].text, error.text);
    }
    struct profile profile;
    assert_false(profile_load(&profile, "no-such-engine", &error));
    assert_false(profile_load(&profile, "/no/such/file.json", &error));
}

static void drafting_yields_its_mean(void **state) {
    struct profile profile = {.tokens_per_chunk = 4};
    (void)state;
    assert_true(profile_tokens_per_step(&profile) == 4);
    profile.mtp.draft = 1;
    profile.mtp.acceptance = 0.821;
    assert_true(fabs(profile_tokens_per_step(&profile) - 1.821) < 1e-12);
    profile.mtp.draft = 3;
    profile.mtp.acceptance = 0.5;
    assert_true(fabs(profile_tokens_per_step(&profile) - 1.875) < 1e-12);
}

/* ---- caches ---- */

static struct cache new_cache(enum cache_policy policy, int min_prefix, int entries) {
    struct profile profile = {0};
    struct cache cache;
    profile.cache.policy = policy;
    profile.cache.min_prefix_chars = min_prefix;
    profile.cache.entries = entries;
    cache_init(&cache, &profile);
    return cache;
}

static size_t look(struct cache *cache, const char *text) {
    return cache_lookup(cache, text, strlen(text));
}

static void keep(struct cache *cache, const char *text) {
    cache_store(cache, text, strlen(text));
}

static void caches_follow_their_policy(void **state) {
    struct cache none = new_cache(CACHE_NONE, 0, 4);
    struct cache same = new_cache(CACHE_SAME_PROMPT, 0, 4);
    struct cache cross = new_cache(CACHE_CROSS_USER, 5, 4);
    (void)state;
    keep(&none, "system alice");
    keep(&same, "system alice");
    keep(&cross, "system alice");
    assert_int_equal(look(&none, "system alice"), 0);
    assert_int_equal(look(&same, "system alice"), 12);
    assert_int_equal(look(&same, "system alice and on"), 12); /* a conversation goes on */
    assert_int_equal(look(&same, "system bob"), 0);
    assert_int_equal(look(&same, "system"), 0);
    assert_int_equal(look(&cross, "system bob"), 7);
    assert_int_equal(look(&cross, "sys"), 0); /* below the least */
    assert_int_equal(look(&cross, "other"), 0);
    assert_int_equal(look(&cross, ""), 0);
    cache_clear(&cross);
    assert_int_equal(look(&cross, "system alice"), 0);
    cache_done(&none);
    cache_done(&same);
    cache_done(&cross);
}

static void least_recent_entry_goes_first(void **state) {
    struct cache cache = new_cache(CACHE_SAME_PROMPT, 0, 2);
    (void)state;
    keep(&cache, "one");
    keep(&cache, "two");
    assert_int_equal(look(&cache, "one"), 3);
    keep(&cache, "three");
    assert_int_equal(look(&cache, "one"), 3);
    assert_int_equal(look(&cache, "two"), 0);
    keep(&cache, "one more"); /* takes the place of what it continues */
    assert_int_equal(cache.count, 2);
    assert_int_equal(look(&cache, "three"), 5);
    cache_done(&cache);
}

/* ---- requests ---- */

static bool asks(struct ask *ask, const char *body, struct error *error) {
    static const struct profile profile = {0};
    return ask_read(ask, &profile, ASK_OPENAI, body, strlen(body), error);
}

static void bad_requests_are_refused(void **state) {
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"messages\":[]}",
        "{\"messages\":[1]}",
        "{\"messages\":[{\"role\":\"user\"}]}",
        "{\"messages\":[{\"content\":\"x\"}]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":7}]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\"}]}]}",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":0}",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":1.5}",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":\"9\"}",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":1e300}",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stream\":\"yes\"}",
    };
    struct ask ask;
    struct error error;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (asks(&ask, bad[i], &error))
            fail_msg("accepted: %s", bad[i]);
}

static void prompts_begin_alike_when_messages_do(void **state) {
    struct ask one, two;
    (void)state;
    assert_true(asks(&one,
                     "{\"messages\":[{\"role\":\"system\",\"content\":\"rules\"},"
                     "{\"role\":\"user\",\"content\":\"alice\"}],\"stream\":true,\"max_tokens\":7}",
                     NULL));
    assert_true(asks(&two,
                     "{\"messages\":[{\"role\":\"system\",\"content\":\"rules\"},{\"role\":"
                     "\"user\",\"content\":[{\"type\":\"text\",\"text\":\"bob\"}]}]}",
                     NULL));
    assert_memory_equal(buf_string(&one.prompt), buf_string(&two.prompt),
                        strlen("<system>\nrules\n<user>\n"));
    assert_true(one.stream && !two.stream && !one.include_usage);
    assert_int_equal(one.max_tokens, 7);
    assert_int_equal(two.max_tokens, -1);
    assert_int_equal(ask_tokens(0), 0);
    assert_int_equal(ask_tokens(9), 3);
    ask_done(&one);
    ask_done(&two);
}

static void thinking_follows_the_engine_switches(void **state) {
    struct profile profile = {.thinking = {.share = 0.5, .by_default = true, .kwargs = true}};
    struct ask ask = {0};
    (void)state;
    assert_true(ask_thinks(&ask, &profile));
    ask.effort = SWITCH_OFF; /* not read by this engine */
    assert_true(ask_thinks(&ask, &profile));
    ask.kwargs = SWITCH_OFF;
    assert_false(ask_thinks(&ask, &profile));
    profile.thinking.share = 0;
    ask.kwargs = SWITCH_ON;
    assert_false(ask_thinks(&ask, &profile));
}

static void sums_are_answered(void **state) {
    static const struct {
        const char *text;
        bool found;
        int64_t answer;
    } cases[] = {
        {"What is 417 + 388? End with the integer.", true, 805},
        {"Item 12 of 30: What is 3 - 20? One INTEGER.", true, -17},
        {"What is 2 + 3 * 4 - 1? integer", true, 13},
        {"What is 12 \xc3\x97 12? integer", true, 144},
        {"What is 417 + 388?", false, 0},                      /* nobody wants an integer */
        {"ticket OPS-12-7 and 3-4, an integer", false, 0},     /* no sum */
        {"999999999999 * 999999999999 * 9 integer", false, 0}, /* overflow */
        {"9999999999999999999999 + 1 integer", false, 0},
        {"1 +", false, 0},
        {"integer", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t answer = 0;
        if (ask_question(cases[i].text, &answer) != cases[i].found)
            fail_msg("%s", cases[i].text);
        if (cases[i].found)
            assert_int_equal(answer, cases[i].answer);
    }
}

/* ---- prose ---- */

static void prose_is_seeded_and_never_degenerate(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct prose prose, again;
        struct buf text;
        int tokens = seed == 20 ? 8192 : 16 << (seed % 6);
        prose_init(&prose, seed);
        prose_init(&again, seed);
        buf_init(&text, (size_t)1 << 20);
        for (int i = 0; i < tokens; i++) {
            char token[PROSE_TOKEN_MAX], same[PROSE_TOKEN_MAX];
            prose_token(&prose, token);
            prose_token(&again, same);
            assert_string_equal(token, same);
            assert_true(strspn(token, " \n") < strlen(token));
            buf_text(&text, token);
        }
        assert_false(text_is_degenerate("", buf_string(&text), false));
        buf_done(&text);
    }
}

/* ---- schedule ---- */

struct job {
    struct task task;
    int64_t cost, steps_left, slot_ns, prefill_ns, first_ns, last_ns, steps;
    bool over;
};

static void on_slot(struct job *job, int64_t due_ns) {
    job->slot_ns = due_ns;
}
static int64_t on_prefill(struct job *job, int64_t due_ns) {
    job->prefill_ns = due_ns;
    return job->cost;
}
static bool on_step(struct job *job, int64_t due_ns) {
    assert_true(due_ns >= job->last_ns);
    if (job->steps++ == 0)
        job->first_ns = due_ns;
    job->last_ns = due_ns;
    return --job->steps_left > 0;
}
static void on_over(struct job *job, int64_t due_ns) {
    assert_int_equal(due_ns, job->last_ns);
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

static void submit(struct schedule *schedule, struct job *job, int64_t cost, int64_t steps,
                   int64_t now_ns) {
    *job = (struct job){.cost = cost, .steps_left = steps};
    job->task.job = job;
    schedule_submit(schedule, &job->task, now_ns);
}

/* Whatever the caller's own delays, due times are those of t0 + k / rate. */
static void lateness_does_not_add_up(void **state) {
    struct schedule schedule = new_schedule(1, 0);
    struct job job;
    int64_t now = 5 * SECOND;
    (void)state;
    schedule.overhead_ns = 20 * MS;
    submit(&schedule, &job, 500, 101, now);
    while (schedule_next_ns(&schedule) != INT64_MAX) {
        now = schedule_next_ns(&schedule) + 7 * MS; /* always late */
        schedule_advance(&schedule, now);
    }
    assert_true(job.over);
    assert_int_equal(job.steps, 101);
    assert_int_equal(job.first_ns, 5 * SECOND + 520 * MS);
    assert_int_equal(job.last_ns, job.first_ns + SECOND);
    schedule_done(&schedule);
}

static void one_slot_is_first_in_first_out(void **state) {
    struct schedule schedule = new_schedule(1, 0);
    struct job jobs[4];
    (void)state;
    for (int i = 0; i < 4; i++)
        submit(&schedule, &jobs[i], 100, 11, i);
    schedule_advance(&schedule, 10 * SECOND);
    for (int i = 0; i < 4; i++) {
        assert_true(jobs[i].over);
        assert_int_equal(jobs[i].last_ns, (i + 1) * 200 * MS);
        if (i > 0)
            assert_int_equal(jobs[i].slot_ns, jobs[i - 1].last_ns);
    }
    assert_int_equal(schedule.slots_used, 0);
    schedule_done(&schedule);
}

/* Two streams: with gain 0 they share the rate, with gain 1 each has all of it. */
static void batching_shares_or_gains(void **state) {
    static const double gains[] = {0, 1};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(gains); i++) {
        struct schedule schedule = new_schedule(2, gains[i]);
        struct job one, two;
        submit(&schedule, &one, 100, 101, 0);
        submit(&schedule, &two, 100, 101, 0);
        schedule_advance(&schedule, 10 * SECOND);
        /* prefill is one prompt at a time: 100 ms and 200 ms */
        assert_int_equal(one.first_ns, 100 * MS);
        assert_int_equal(two.first_ns, 200 * MS);
        if (gains[i] == 1) {
            assert_int_equal(one.last_ns, 1100 * MS);
            assert_int_equal(two.last_ns, 1200 * MS);
        } else { /* alone 10 steps, then 90 at half rate; the other then has 10 left alone */
            assert_int_equal(one.last_ns, 2000 * MS);
            assert_int_equal(two.last_ns, 2100 * MS);
        }
        schedule_done(&schedule);
    }
}

static void cancelling_frees_the_slot_at_every_stage(void **state) {
    (void)state;
    for (int64_t at = 50; at <= 500; at += 150) { /* waiting, prefill, decode, decode */
        struct schedule schedule = new_schedule(1, 0);
        struct job one, two, three;
        schedule.overhead_ns = 100 * MS;
        submit(&schedule, &one, 200, 1000, 0);
        submit(&schedule, &two, 100, 11, 0);
        submit(&schedule, &three, 100, 11, 0);
        schedule_advance(&schedule, at * MS);
        schedule_cancel(&schedule, &three.task, at * MS); /* queued */
        schedule_cancel(&schedule, &one.task, at * MS);
        schedule_cancel(&schedule, &one.task, at * MS); /* twice is once */
        schedule_advance(&schedule, 10 * SECOND);
        assert_true(two.over && !one.over && !three.over);
        assert_int_equal(two.slot_ns, at * MS);
        assert_int_equal(two.last_ns, at * MS + 300 * MS);
        assert_int_equal(schedule.slots_used, 0);
        assert_true(schedule_next_ns(&schedule) == INT64_MAX);
        schedule_done(&schedule);
    }
}

/* Many streams that begin, end and are cancelled in no order: all steps come, in order of time. */
static void many_streams_keep_order(void **state) {
    enum { COUNT = 300 };
    struct schedule schedule = new_schedule(50, 0.5);
    struct job *jobs = mem_zero(COUNT, sizeof *jobs);
    uint64_t random = 7;
    (void)state;
    schedule.jitter = 0.5;
    for (int i = 0; i < COUNT; i++)
        submit(&schedule, &jobs[i], 1 + (int64_t)(stats_random(&random) % 40),
               1 + (int64_t)(stats_random(&random) % 60), i * MS);
    for (int i = 0; i < COUNT; i += 7) {
        schedule_advance(&schedule, 400 * MS + i * MS);
        schedule_cancel(&schedule, &jobs[i].task, 400 * MS + i * MS);
    }
    schedule_advance(&schedule, 1000 * SECOND);
    for (int i = 0; i < COUNT; i++)
        if (!jobs[i].over)
            assert_int_equal(i % 7, 0);
    assert_int_equal(schedule.slots_used, 0);
    assert_int_equal(schedule.count, 0);
    schedule_done(&schedule);
    free(jobs);
}

/* All steps of a task are late by the same share, which its own noise draws; its prefill too. */
static void wobble_slows_a_whole_task(void **state) {
    (void)state;
    struct job jobs[3];
    for (int i = 0; i < 3; i++) {
        struct schedule schedule = new_schedule(1, 0);
        schedule.wobble = i == 0 ? 0 : 0.5;
        submit(&schedule, &jobs[i], 100, 50, 0);
        jobs[i].task.noise = (uint64_t)i;
        schedule_advance(&schedule, 1000 * SECOND);
        schedule_done(&schedule);
    }
    int64_t prefill = jobs[0].first_ns, decode = jobs[0].last_ns - prefill;
    for (int i = 1; i < 3; i++) {
        int64_t slower = jobs[i].last_ns - jobs[i].first_ns;
        assert_true(jobs[i].first_ns > prefill && 2 * jobs[i].first_ns < 3 * prefill);
        assert_true(slower > decode && 2 * slower < 3 * decode);
        assert_true(slower * prefill != decode * jobs[i].first_ns); /* drawn apart */
    }
    assert_true(jobs[1].first_ns != jobs[2].first_ns);
}

/* ---- truth ---- */

static void truth_keeps_the_newest(void **state) {
    struct truth_ring ring;
    struct buf out;
    struct error error;
    (void)state;
    truth_init(&ring);
    for (int i = 0; i < TRUTH_RECORDS + 10; i++) {
        struct truth truth = {.received_ns = i + 1};
        snprintf(truth.id, sizeof truth.id, "run/%d", i);
        truth_add(&ring, &truth);
    }
    buf_init(&out, (size_t)8 << 20);
    truth_print(&ring, &out);
    struct cJSON *tree = json_parse(buf_string(&out), out.length, &error);
    assert_non_null(tree);
    assert_non_null(strstr(buf_string(&out), "[{\"id\":\"run/10\""));
    assert_null(strstr(buf_string(&out), "\"run/9\""));
    assert_non_null(strstr(buf_string(&out), "\"slot_ns\":null"));
    json_free(tree);
    buf_done(&out);
    truth_clear(&ring);
    assert_int_equal(ring.count, 0);
    truth_done(&ring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_embedded_profile_names_its_sources),
        cmocka_unit_test(demo_fits_its_time),
        cmocka_unit_test(profiles_are_validated),
        cmocka_unit_test(drafting_yields_its_mean),
        cmocka_unit_test(caches_follow_their_policy),
        cmocka_unit_test(least_recent_entry_goes_first),
        cmocka_unit_test(bad_requests_are_refused),
        cmocka_unit_test(prompts_begin_alike_when_messages_do),
        cmocka_unit_test(thinking_follows_the_engine_switches),
        cmocka_unit_test(sums_are_answered),
        cmocka_unit_test(prose_is_seeded_and_never_degenerate),
        cmocka_unit_test(lateness_does_not_add_up),
        cmocka_unit_test(one_slot_is_first_in_first_out),
        cmocka_unit_test(batching_shares_or_gains),
        cmocka_unit_test(cancelling_frees_the_slot_at_every_stage),
        cmocka_unit_test(many_streams_keep_order),
        cmocka_unit_test(wobble_slows_a_whole_task),
        cmocka_unit_test(truth_keeps_the_newest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
