/* The simulated engines on the wire: what a client of bare sockets receives is held against what
 * the engine says it did. */
#include <signal.h>
#include <sys/wait.h>

#include "model/call.h"
#include "sim_client.h"

static void receipt_follows_the_truth(void **state) {
    struct bench bench = {0};
    struct client client;
    const char *url = start_one(&bench, WIRE);
    char *body = chat_body("You are brief.", "Tell me.", 100, STREAM);
    (void)state;
    send_request(&client, url, "POST", CHAT, "run/1", body);
    int64_t sent_ns = clock_ns();
    pump(&client, 1, 0);
    assert_int_equal(status_of(&client), 200);
    assert_int_equal(client.tokens, 100);
    int64_t received = truth_of(url, "run/1", "received_ns");
    int64_t prefill_end = truth_of(url, "run/1", "prefill_end_ns");
    int64_t first = truth_of(url, "run/1", "first_token_ns");
    int64_t last = truth_of(url, "run/1", "last_token_ns");
    int64_t last_due = truth_of(url, "run/1", "last_due_ns");
    assert_true(received > sent_ns - 1000 * MS && received < client.first_ns);
    /* 99 steps of 5 ms, to the nanosecond but for rounding */
    assert_true(llabs(last_due - prefill_end - 495 * MS) < 1000);
    assert_true(first >= prefill_end && last >= last_due);
    /* what was stamped as written came here: within what a busy machine may take */
    assert_true(client.first_ns > first - 2 * MS && client.first_ns < first + 300 * MS);
    assert_true(client.last_token_ns > last - 2 * MS && client.last_token_ns < last + 300 * MS);
    assert_true(truth_of(url, "run/1", "lateness_max_ns") < 300 * MS);
    assert_int_equal(truth_of(url, "run/1", "writes"), 100);
    assert_int_equal(truth_of(url, "run/1", "completion_tokens"), 100);
    free(body);
    hang_up(&client);
    stop(&bench);
}

static void the_stream_is_what_a_client_expects(void **state) {
    struct bench bench = {0};
    struct client client;
    const char *url = start_one(&bench, ",\"thinking\":{\"share\":0.5,\"by_default\":true,"
                                        "\"kwargs\":true}" WIRE);
    char *body = chat_body("You think.", "Tell me.", 60, STREAM);
    (void)state;
    send_request(&client, url, "POST", CHAT, "run/1", body);
    pump(&client, 1, 0);
    const char *text = buf_string(&client.reply);
    assert_non_null(strstr(text, "Content-Type: text/event-stream"));
    assert_non_null(strstr(text, "\"delta\":{\"role\":\"assistant\"}"));
    assert_non_null(strstr(text, "\"finish_reason\":\"length\""));
    assert_non_null(strstr(text, "\"completion_tokens\":60,"));
    assert_non_null(strstr(text, "\"system_fingerprint\":\"v1\""));
    assert_non_null(strstr(text, "data: [DONE]\n\n"));
    assert_int_equal(client.tokens, 60);
    char *thoughts = stream_text(&client, "reasoning"), *content = stream_text(&client, "content");
    assert_true(strlen(thoughts) > 60 && strlen(content) > 60);
    assert_false(text_is_degenerate(thoughts, content, false));
    free(thoughts);
    free(content);
    free(body);
    hang_up(&client);
    stop(&bench);
}

static void a_question_is_answered_last(void **state) {
    struct bench bench = {0};
    struct client client;
    const char *url = start_one(&bench, WIRE);
    char *body = chat_body("Agent.", "What is 417 + 388? End with the integer.", 50, STREAM);
    (void)state;
    send_request(&client, url, "POST", CHAT, "run/1", body);
    pump(&client, 1, 0);
    char *content = stream_text(&client, "content");
    assert_int_equal(client.tokens, 50);
    assert_string_equal(strrchr(content, '\n'), "\n805");
    free(content);
    free(body);
    hang_up(&client);
    stop(&bench);
}

static void a_whole_reply_is_one_object(void **state) {
    struct bench bench = {0};
    const char *url = start_one(&bench, WIRE);
    char *body = chat_body("Agent.", "Tell me.", 20, ""), *reply;
    struct error error;
    (void)state;
    assert_int_equal(ask(url, "POST", CHAT, body, &reply), 200);
    struct cJSON *tree = json_parse(reply, strlen(reply), &error);
    assert_non_null(tree);
    assert_int_equal(json_integer(json_object(tree, "usage"), "completion_tokens", -1), 20);
    assert_int_equal(truth_of(url, "ask/0", "completion_tokens"), 20);
    assert_int_equal(truth_of(url, "ask/0", "first_token_ns"),
                     truth_of(url, "ask/0", "last_token_ns"));
    json_free(tree);
    free(reply);
    free(body);
    stop(&bench);
}

/* Tokens the engine took from its cache for this prompt. */
static int64_t cached_for(const char *url, const char *system, const char *user) {
    char *body = chat_body(system, user, 2, "");
    ask(url, "DELETE", "/truth", "", NULL);
    assert_int_equal(ask(url, "POST", CHAT, body, NULL), 200);
    free(body);
    return truth_of(url, "ask/0", "cached_tokens");
}

static const char long_system[] =
    "You are an agent that reads the log of a build farm, finds the first job that failed for a "
    "reason of its own, names the change that broke it and proposes the smallest repair. You never "
    "guess: each statement names the line it stands on, and what is not in the log is said to be "
    "unknown. You answer in short paragraphs.";

static void caches_work_on_the_text(void **state) {
    static const struct {
        const char *members;
        bool same, cross;
    } cases[] = {
        {",\"cache\":{\"policy\":\"none\"}" WIRE, false, false},
        {",\"cache\":{\"policy\":\"same-prompt\"}" WIRE, true, false},
        {",\"cache\":{\"policy\":\"cross-user\",\"block_tokens\":16}" WIRE, true, true},
        {",\"cache\":{\"policy\":\"cross-user\",\"min_prefix_chars\":5000}" WIRE, false, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bench bench = {0};
        const char *url = start_one(&bench, cases[i].members);
        assert_int_equal(cached_for(url, long_system, "Which job failed first?"), 0);
        int64_t same = cached_for(url, long_system, "Which job failed first?");
        int64_t cross = cached_for(url, long_system, "What broke it, and how is it repaired?");
        int64_t salted = cached_for(url, "session 1234", "Which job failed first?");
        int64_t shared = (int64_t)strlen(long_system) / 4;
        assert_true(cases[i].same ? same > shared : same == 0);
        assert_true(cases[i].cross ? cross >= shared - 16 && cross % 16 == 0 : cross == 0);
        assert_true(salted <= 16);
        stop(&bench);
    }
}

/* The cache shows where it counts: in the time to the first token. */
static void reuse_shortens_the_prefill(void **state) {
    struct bench bench = {0};
    const char *url =
        start_with(&bench, FIGURES(1000, 200), ",\"cache\":{\"policy\":\"cross-user\"}" WIRE);
    char *system = mem_alloc(2001);
    (void)state;
    for (int i = 0; i < 2000; i++)
        system[i] = (char)('a' + (i * 7 + i / 26) % 26);
    system[2000] = '\0';
    cached_for(url, system, "alice");
    int64_t cold = truth_of(url, "ask/0", "prefill_end_ns") - truth_of(url, "ask/0", "received_ns");
    cached_for(url, system, "bob");
    int64_t warm = truth_of(url, "ask/0", "prefill_end_ns") - truth_of(url, "ask/0", "received_ns");
    assert_true(cold > 500 * MS && cold < 540 * MS);
    assert_true(warm > 5 * MS && warm < 30 * MS);
    free(system);
    stop(&bench);
}

static void restarts_forget_or_keep(void **state) {
    (void)state;
    for (int persists = 0; persists < 2; persists++) {
        struct bench bench = {0};
        char *members = mem_format(",\"restart\":true,\"load_ms\":150,\"cache\":{\"policy\":"
                                   "\"cross-user\",\"persists\":%s}" WIRE,
                                   persists ? "true" : "false"),
             *reply;
        const char *url = start_one(&bench, members);
        char *command = mem_format("POST %s/sim/restart", url);
        assert_string_equal(bench.endpoints[0].restart, command);
        cached_for(url, long_system, "alice");
        assert_int_equal(ask(url, "POST", "/sim/restart", "", NULL), 200);
        assert_int_equal(ask(url, "GET", "/health", "", &reply), 503);
        assert_non_null(strstr(reply, "Loading model"));
        assert_int_equal(ask(url, "POST", CHAT, "{}", NULL), 503);
        for (int tries = 0; ask(url, "GET", "/health", "", NULL) != 200; tries++) {
            assert_true(tries < 300);
            usleep(10000);
        }
        assert_int_equal(cached_for(url, long_system, "bob") > 0, persists);
        free(reply);
        free(command);
        free(members);
        stop(&bench);
    }
}

static void a_restart_cuts_what_runs(void **state) {
    struct bench bench = {0};
    struct client clients[3];
    const char *url = start_one(&bench, WIRE);
    char *body = chat_body("Agent.", "Tell me.", 400, STREAM);
    (void)state;
    for (int i = 0; i < 3; i++)
        send_request(&clients[i], url, "POST", CHAT, "run/1", body);
    pump(clients, 3, 5);
    assert_int_equal(ask(url, "POST", "/sim/restart", "", NULL), 200);
    pump(clients, 3, 0);
    for (int i = 0; i < 3; i++) {
        assert_null(strstr(buf_string(&clients[i].reply), "finish_reason\":\"length"));
        hang_up(&clients[i]);
    }
    assert_int_equal(truth_of(url, "run/1", "cancelled"), 1);
    free(body);
    stop(&bench);
}

/* Six calls at two slots: pairs one after the other, and headers only with the slot. */
static void slots_queue_first_in_first_out(void **state) {
    struct bench bench = {0};
    struct client clients[6];
    const char *url = start_one(&bench, ",\"slots\":2,\"gain\":1,\"wire\":{\"headers\":\"slot\","
                                        "\"reasoning_field\":\"reasoning\"}");
    char *body = chat_body("Agent.", "Tell me.", 21, STREAM);
    char ids[6][16];
    (void)state;
    for (int i = 0; i < 6; i++) {
        snprintf(ids[i], sizeof ids[i], "run/%d", i);
        send_request(&clients[i], url, "POST", CHAT, ids[i], body);
        usleep(2000);
    }
    pump(clients, 6, 5);
    assert_int_equal(clients[5].reply.length, 0); /* waits for its slot, not even headers */
    pump(clients, 6, 0);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(clients[i].tokens, 21);
        int64_t slot = truth_of(url, ids[i], "slot_ns");
        if (i < 2)
            continue;
        assert_true(slot > truth_of(url, ids[i], "received_ns"));
        assert_int_equal(slot, truth_of(url, ids[i - 2], "last_due_ns"));
    }
    for (int i = 0; i < 6; i++)
        hang_up(&clients[i]);
    free(body);
    stop(&bench);
}

/* A client that leaves frees its slot, running or queued; unless the engine does not notice. */
static void a_client_that_leaves_stops_the_work(void **state) {
    (void)state;
    for (int ignores = 0; ignores < 2; ignores++) {
        struct bench bench = {0};
        struct client clients[3];
        const char *url = start_one(&bench, ignores ? ",\"wire\":{\"reasoning_field\":\"r\","
                                                      "\"headers\":\"slot\",\"leaver\":\"ignored\"}"
                                                    : ",\"wire\":{\"reasoning_field\":\"r\","
                                                      "\"headers\":\"slot\"}");
        char *running = chat_body("Agent.", "Tell me.", 100, STREAM);
        char *queued = chat_body("Agent.", "Tell me.", 5, STREAM);
        send_request(&clients[0], url, "POST", CHAT, "run/0", running);
        pump(clients, 1, 3);
        send_request(&clients[1], url, "POST", CHAT, "run/1", queued);
        usleep(20000);
        send_request(&clients[2], url, "POST", CHAT, "run/2", queued);
        hang_up(&clients[0]);
        hang_up(&clients[1]);
        pump(&clients[2], 1, 0);
        assert_int_equal(clients[2].tokens, 5);
        assert_int_equal(truth_of(url, "run/0", "cancelled"), 1);
        assert_int_equal(truth_of(url, "run/1", "cancelled"), 1);
        int64_t done = truth_of(url, "run/0", "completion_tokens");
        assert_true(ignores ? done == 100 : done < 100);
        assert_int_equal(truth_of(url, "run/1", "completion_tokens"), ignores ? 5 : 0);
        hang_up(&clients[2]);
        free(running);
        free(queued);
        stop(&bench);
    }
}

static void drafted_tokens_come_together(void **state) {
    struct bench bench = {0};
    struct client client;
    const char *url = start_with(&bench, FIGURES(10000, 400),
                                 ",\"mtp\":{\"acceptance\":0.8,"
                                 "\"draft\":1},\"wire\":{\"reasoning_field\":\"r\","
                                 "\"timings\":true}");
    char *body = chat_body("Agent.", "Tell me.", 201, STREAM);
    (void)state;
    send_request(&client, url, "POST", CHAT, "run/1", body);
    pump(&client, 1, 0);
    assert_int_equal(client.tokens, 201);
    int64_t writes = truth_of(url, "run/1", "writes");
    assert_true(writes > 101 && writes < 130); /* 1 + 200 / 1.8 = 112 */
    int64_t decode =
        truth_of(url, "run/1", "last_due_ns") - truth_of(url, "run/1", "prefill_end_ns");
    assert_true(decode > 430 * MS && decode < 570 * MS);
    assert_non_null(strstr(buf_string(&client.reply), "\"draft_n_accepted\":"));
    free(body);
    hang_up(&client);
    stop(&bench);
}

static void bad_requests_get_an_error(void **state) {
    struct bench bench = {0};
    const char *url = start_one(&bench, WIRE);
    char *reply;
    (void)state;
    assert_int_equal(ask(url, "POST", CHAT, "{\"messages\":", &reply), 400);
    assert_non_null(strstr(reply, "\"type\":\"invalid_request_error\""));
    free(reply);
    assert_int_equal(ask(url, "GET", "/nowhere", "", &reply), 404);
    assert_non_null(strstr(reply, "{\"error\":{"));
    free(reply);
    assert_int_equal(ask(url, "GET", CHAT, "", NULL), 404);
    assert_int_equal(ask(url, "GET", "/v1/models", "", &reply), 200);
    assert_non_null(strstr(reply, "\"id\":\"m\""));
    free(reply);
    stop(&bench);
}

/* Bytes that are no request, too many of them, or more while a request is being served. */
static void hostile_bytes_do_no_harm(void **state) {
    static const char *const junk[] = {
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET /%zz?% HTTP/9.9\r\n\r\n",
        "POST " CHAT " HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        "POST " CHAT " HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        "POST " CHAT " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    };
    struct bench bench = {0};
    const char *url = start_one(&bench, WIRE);
    char *body = chat_body("Agent.", "Tell me.", 40, STREAM);
    struct client clients[2];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(junk); i++) {
        int fd = dial(url);
        assert_true(write(fd, junk[i], strlen(junk[i])) > 0);
        usleep(5000);
        close(fd);
    }
    for (int i = 0; i < 2; i++) { /* one is served, one queued; both talk on */
        send_request(&clients[i], url, "POST", CHAT, "run/1", body);
        usleep(5000);
        assert_true(write(clients[i].fd, "GET /health HTTP/1.1\r\n\r\n", 24) == 24);
    }
    pump(clients, 2, 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(clients[i].tokens, 40);
        hang_up(&clients[i]);
    }
    assert_int_equal(ask(url, "GET", "/health", "", NULL), 200);
    free(body);
    stop(&bench);
}

/* One connection serves several requests, as libcurl's do. */
static void connections_are_kept(void **state) {
    struct bench bench = {0};
    struct client client;
    const char *url = start_one(&bench, WIRE);
    char *body = chat_body("Agent.", "Tell me.", 5, STREAM);
    (void)state;
    send_request(&client, url, "POST", CHAT, "run/0", body);
    for (int i = 1; i <= 3; i++) {
        pump(&client, 1, 0);
        assert_int_equal(client.tokens, 5);
        char *text = mem_format("POST " CHAT " HTTP/1.1\r\nHost: l\r\nX-Request-Id: run/%d\r\n"
                                "Content-Length: %zu\r\n\r\n%s",
                                i, strlen(body), body);
        buf_reset(&client.reply);
        client.scanned = 0;
        client.tokens = 0;
        client.over = false;
        assert_int_equal(write(client.fd, text, strlen(text)), strlen(text));
        free(text);
    }
    pump(&client, 1, 0);
    assert_int_equal(truth_of(url, "run/3", "completion_tokens"), 5);
    free(body);
    hang_up(&client);
    stop(&bench);
}

/* A client that does not read makes nobody else wait, and its stamps are those of the kernel. */
static void a_slow_reader_blocks_nobody(void **state) {
    struct bench bench = {0};
    struct client clients[2];
    const char *url = start_with(&bench, FIGURES(10000, 50000), ",\"slots\":2,\"gain\":1" WIRE);
    char *slow = chat_body("Agent.", "Tell me.", 30000, STREAM);
    char *quick = chat_body("Agent.", "Tell me.", 50, STREAM);
    (void)state;
    send_request(&clients[0], url, "POST", CHAT, "run/0", slow);
    usleep(300000);
    send_request(&clients[1], url, "POST", CHAT, "run/1", quick);
    pump(&clients[1], 1, 0);
    assert_int_equal(clients[1].tokens, 50);
    usleep(900000); /* the engine has long finished */
    int64_t woke_ns = clock_ns();
    buf_done(&clients[0].reply);
    buf_init(&clients[0].reply, (size_t)64 << 20);
    char bytes[65536];
    ssize_t got;
    struct buf tail;
    buf_init(&tail, (size_t)64 << 20);
    do {
        got = read(clients[0].fd, bytes, sizeof bytes);
        if (got > 0)
            buf_append(&tail, bytes, (size_t)got);
    } while (got > 0 && memcmp(tail.data + tail.length - 5, "0\r\n\r\n", 5) != 0);
    assert_non_null(strstr(buf_string(&tail), "data: [DONE]"));
    assert_true(truth_of(url, "run/0", "last_token_ns") > woke_ns);
    assert_true(truth_of(url, "run/0", "first_token_ns") < woke_ns - 800 * MS);
    buf_done(&tail);
    hang_up(&clients[0]);
    hang_up(&clients[1]);
    free(slow);
    free(quick);
    stop(&bench);
}

static void all_eight_stand_for_machines_of_their_own(void **state) {
    struct bench bench = {0};
    int restarts = 0;
    (void)state;
    start(&bench, NULL, 0);
    assert_int_equal(bench.count, 8);
    for (size_t i = 0; i < bench.count; i++) {
        const struct endpoint *endpoint = &bench.endpoints[i];
        assert_true(endpoint->simulated);
        assert_int_equal(endpoint->ep, i);
        assert_int_equal(endpoint->engine, i);
        assert_string_equal(endpoint->lane, endpoint->name);
        assert_non_null(endpoint->quant);
        restarts += endpoint->restart != NULL;
        assert_non_null(endpoint->telemetry);
        assert_int_equal(ask(endpoint->url, "GET", "/v1/models", "", NULL), 200);
    }
    assert_int_equal(restarts, 2);
    stop(&bench);
}

static void the_child_serves_and_ends_when_told(void **state) {
    static const char *const names[] = {"ollama", "ollama"};
    struct endpoint *endpoints;
    size_t count;
    struct error error;
    int status;
    (void)state;
    pid_t pid = sim_spawn(names, 2, &endpoints, &count, &error);
    assert_true(pid > 0);
    assert_int_equal(count, 2);
    assert_string_equal(endpoints[1].name, "ollama-2");
    kill(pid, SIGINT); /* Ctrl-C is the parent's business */
    assert_int_equal(ask(endpoints[1].url, "GET", "/api/version", "", NULL), 200);
    kill(pid, SIGTERM);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    for (size_t i = 0; i < count; i++)
        endpoint_done(&endpoints[i]);
    free(endpoints);
}

/* The engines' process ends with its parent, however that ends. */
static void the_child_ends_with_its_parent(void **state) {
    static const char *const name = "ollama";
    int news[2];
    char url[64] = "";
    (void)state;
    assert_int_equal(pipe(news), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct endpoint *endpoints;
        size_t count;
        if (sim_spawn(&name, 1, &endpoints, &count, NULL) > 0)
            (void)!write(news[1], endpoints[0].url, strlen(endpoints[0].url) + 1);
        pause();
        _exit(0);
    }
    assert_true(read(news[0], url, sizeof url) > 0);
    assert_int_equal(ask(url, "GET", "/api/version", "", NULL), 200);
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)strtol(strrchr(url, ':') + 1, NULL, 10));
    bool gone = false;
    for (int tries = 0; !gone && tries < 200; tries++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        gone = connect(fd, (struct sockaddr *)&address, sizeof address) != 0;
        close(fd);
        usleep(10000);
    }
    assert_true(gone);
    close(news[0]);
    close(news[1]);
}

static void a_port_that_is_taken_is_told(void **state) {
    struct bench bench = {0};
    struct error error = {0};
    const char *url = start_one(&bench, WIRE), *name = "ollama";
    int port = (int)strtol(strrchr(url, ':') + 1, NULL, 10);
    (void)state;
    assert_null(sim_new(&name, 1, port, &error));
    assert_non_null(strstr(error.text, "in use"));
    name = "olama";
    assert_null(sim_new(&name, 1, 0, &error));
    assert_non_null(strstr(error.text, "olama"));
    stop(&bench);
}

static void truth_can_be_cleared(void **state) {
    struct bench bench = {0};
    const char *url = start_one(&bench, WIRE);
    (void)state;
    cached_for(url, "a", "b");
    struct cJSON *tree = truths(url);
    assert_int_equal(cached_for(url, "a", "b"), 0);
    json_free(tree);
    assert_int_equal(ask(url, "DELETE", "/truth", "", NULL), 200);
    char *body;
    ask(url, "GET", "/truth", "", &body);
    assert_string_equal(body, "[]");
    free(body);
    stop(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receipt_follows_the_truth),
        cmocka_unit_test(the_stream_is_what_a_client_expects),
        cmocka_unit_test(a_question_is_answered_last),
        cmocka_unit_test(a_whole_reply_is_one_object),
        cmocka_unit_test(caches_work_on_the_text),
        cmocka_unit_test(reuse_shortens_the_prefill),
        cmocka_unit_test(restarts_forget_or_keep),
        cmocka_unit_test(a_restart_cuts_what_runs),
        cmocka_unit_test(slots_queue_first_in_first_out),
        cmocka_unit_test(a_client_that_leaves_stops_the_work),
        cmocka_unit_test(drafted_tokens_come_together),
        cmocka_unit_test(bad_requests_get_an_error),
        cmocka_unit_test(hostile_bytes_do_no_harm),
        cmocka_unit_test(connections_are_kept),
        cmocka_unit_test(a_slow_reader_blocks_nobody),
        cmocka_unit_test(all_eight_stand_for_machines_of_their_own),
        cmocka_unit_test(the_child_serves_and_ends_when_told),
        cmocka_unit_test(the_child_ends_with_its_parent),
        cmocka_unit_test(a_port_that_is_taken_is_told),
        cmocka_unit_test(truth_can_be_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
