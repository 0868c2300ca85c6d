/* bench_bare URL STREAMS TOKENS: the least a libcurl client can do: multi_socket_action on
 * libevent, counts bytes, parses nothing. Prints cpu_us per token, to hold our client against. */
#include <curl/curl.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"

#define REQUEST_BYTES 10000

struct bare {
    struct event_base *base;
    struct event *timer;
    CURLM *multi;
    int running;
    size_t bytes;
};

static void act(struct bare *bare, curl_socket_t fd, int flags) {
    CURLMsg *message;
    int left;
    curl_multi_socket_action(bare->multi, fd, flags, &bare->running);
    while ((message = curl_multi_info_read(bare->multi, &left)))
        if (message->msg == CURLMSG_DONE)
            curl_multi_remove_handle(bare->multi, message->easy_handle);
    if (bare->running == 0)
        event_base_loopbreak(bare->base);
}

static void on_socket(evutil_socket_t fd, short what, void *context) {
    act(context, fd,
        (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer(evutil_socket_t fd, short what, void *context) {
    (void)fd;
    (void)what;
    act(context, CURL_SOCKET_TIMEOUT, 0);
}

static int on_socket_change(CURL *easy, curl_socket_t fd, int what, void *context, void *assigned) {
    struct bare *bare = context;
    struct event *event = assigned;
    (void)easy;
    if (event)
        event_free(event);
    event = NULL;
    if (what != CURL_POLL_REMOVE) {
        short flags =
            (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
        event = event_new(bare->base, fd, (short)(flags | EV_PERSIST), on_socket, bare);
        event_add(event, NULL);
    }
    curl_multi_assign(bare->multi, fd, event);
    return 0;
}

static int on_timer_change(CURLM *multi, long ms, void *context) {
    struct bare *bare = context;
    struct timeval delay = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000 * 1000)};
    (void)multi;
    if (ms < 0)
        event_del(bare->timer);
    else
        event_add(bare->timer, &delay);
    return 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes;
    ((struct bare *)context)->bytes += size * count;
    return size * count;
}

static CURL *request(struct bare *bare, const char *url, const char *body,
                     struct curl_slist *headers) {
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, bare);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    return easy;
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 2;
    size_t streams = (size_t)strtoul(argv[2], NULL, 10),
           tokens = (size_t)strtoul(argv[3], NULL, 10);
    struct rlimit limit = {8192, 8192};
    setrlimit(RLIMIT_NOFILE, &limit);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct bare bare = {.base = event_base_new(), .multi = curl_multi_init()};
    bare.timer = evtimer_new(bare.base, on_timer, &bare);
    curl_multi_setopt(bare.multi, CURLMOPT_SOCKETFUNCTION, on_socket_change);
    curl_multi_setopt(bare.multi, CURLMOPT_SOCKETDATA, &bare);
    curl_multi_setopt(bare.multi, CURLMOPT_TIMERFUNCTION, on_timer_change);
    curl_multi_setopt(bare.multi, CURLMOPT_TIMERDATA, &bare);
    char url[256], *body = calloc(1, REQUEST_BYTES + 512);
    snprintf(url, sizeof url, "%s/v1/chat/completions", argv[1]);
    int length = snprintf(body, 512,
                          "{\"model\":\"bench\",\"stream\":true,\"max_tokens\":%zu,\"messages\":[{"
                          "\"role\":\"user\",\"content\":\"",
                          tokens);
    for (int i = 0; i < REQUEST_BYTES; i++)
        body[length + i] = "the quick brown fox jumps over the lazy dog "[i % 44];
    memcpy(body + length + REQUEST_BYTES, "\"}]}", 5);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    CURL **easies = calloc(streams, sizeof *easies);
    for (size_t i = 0; i < streams; i++)
        easies[i] = request(&bare, url, body, headers);
    int64_t cpu = clock_cpu_us();
    for (size_t i = 0; i < streams; i++)
        curl_multi_add_handle(bare.multi, easies[i]);
    act(&bare, CURL_SOCKET_TIMEOUT, 0);
    if (bare.running > 0)
        event_base_dispatch(bare.base);
    cpu = clock_cpu_us() - cpu;
    printf("cpu_us=%.2f bytes=%zu\n", (double)cpu / (double)(streams * tokens), bare.bytes);
    for (size_t i = 0; i < streams; i++)
        curl_easy_cleanup(easies[i]);
    curl_multi_cleanup(bare.multi);
    curl_slist_free_all(headers);
    event_free(bare.timer);
    event_base_free(bare.base);
    free(easies);
    free(body);
    curl_global_cleanup();
    return 0;
}
