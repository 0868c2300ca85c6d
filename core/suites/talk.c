#include "suites/talk.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define HISTORY_MAX ((size_t)16 << 20)

void talk_init(struct talk *talk, struct lane *lane, int ep, enum suite_id suite, const char *phase,
               int pass) {
    *talk = (struct talk){.lane = lane, .ep = ep, .suite = suite, .pass = pass};
    copy_text(talk->phase, sizeof talk->phase, phase);
    lane_call_init(&talk->call, ep, suite, phase, pass, 0);
}

static void free_message(struct chat_message *message) {
    free((char *)message->content);
    free((char *)message->reasoning);
    free((char *)message->tool_calls);
    free((char *)message->tool_call_id);
}

static void free_ids(struct talk *talk) {
    for (size_t i = 0; i < talk->id_count; i++)
        free(talk->ids[i]);
    free(talk->ids);
    talk->ids = NULL;
    talk->id_count = 0;
}

/* The call lends its texts from the history: they go together. */
static void drop_call(struct talk *talk) {
    talk->call.request.messages = NULL;
    talk->call.request.message_count = 0;
    lane_call_done(&talk->call);
    talk->reply = (struct reply){0};
    free_ids(talk);
}

void talk_reset(struct talk *talk) {
    drop_call(talk);
    while (talk->message_count > 0)
        free_message(&talk->messages[--talk->message_count]);
}

void talk_done(struct talk *talk) {
    talk_reset(talk);
    free(talk->messages);
    free(talk->tools);
    *talk = (struct talk){0};
}

void talk_tools(struct talk *talk, const struct cJSON *tools) {
    struct buf text;
    free(talk->tools);
    talk->tools = NULL;
    if (!tools)
        return;
    buf_init(&text, HISTORY_MAX);
    if (json_print(&text, tools))
        talk->tools = buf_take(&text);
    buf_done(&text);
}

/* ---- messages ---- */

static struct chat_message *add_message(struct talk *talk, const char *role) {
    talk->messages = mem_grow(talk->messages, talk->message_count, &talk->message_capacity,
                              sizeof *talk->messages);
    struct chat_message *message = &talk->messages[talk->message_count++];
    *message = (struct chat_message){.role = role};
    return message;
}

/* Roles are literals in requests; those of a data file are mapped onto them. */
static const char *role_of(const char *role) {
    static const char *const roles[] = {"system", "user", "assistant", "tool"};
    for (size_t i = 0; i < COUNT_OF(roles); i++)
        if (strcmp(roles[i], role) == 0)
            return roles[i];
    return "user";
}

void talk_say(struct talk *talk, const char *role, const char *content) {
    add_message(talk, role_of(role))->content = mem_string(content);
}

void talk_unsay(struct talk *talk) {
    if (talk->message_count > 0)
        free_message(&talk->messages[--talk->message_count]);
}

/* ---- a call ---- */

static struct reply reply_of(const struct lane_call *call) {
    struct reply reply = {.call = &call->call,
                          .content = chat_content(call->stream),
                          .reasoning = chat_reasoning(call->stream)};
    reply.calls = chat_tool_calls(call->stream, &reply.call_count);
    return reply;
}

static enum verdict3 check_call(const struct lane_call *call) {
    struct talk *talk = (struct talk *)call; /* its first member */
    talk->reply = reply_of(call);
    return talk->check ? talk->check(talk) : CHECK_NONE;
}

bool talk_ask(struct talk *talk) {
    drop_call(talk);
    lane_call_init(&talk->call, talk->ep, talk->suite, talk->phase, talk->pass, talk->index++);
    lane_call_defaults(talk->lane, &talk->call);
    struct chat_request *request = &talk->call.request;
    request->messages = talk->messages;
    request->message_count = talk->message_count;
    request->shared_messages = talk->message_count > 0 ? (int)talk->message_count - 1 : 0;
    request->tools = talk->tools;
    request->max_tokens = talk->max_tokens;
    if (talk->thinking_set)
        request->thinking = talk->thinking;
    request->preserve_thinking_set = talk->preserve_set;
    request->preserve_thinking = talk->preserve;
    talk->call.keep_output = talk->call.keep_request = true;
    talk->call.check = check_call;
    bool done = lane_perform(talk->lane, &talk->call, 1);
    talk->reply = reply_of(&talk->call);
    return done;
}

/* ---- into the history ---- */

static bool id_is_taken(const struct talk *talk, const char *id) {
    for (size_t i = 0; i < talk->id_count; i++)
        if (strcmp(talk->ids[i], id) == 0)
            return true;
    return false;
}

static void add_id(struct talk *talk, const char *id) {
    bool usable = id && id[0] && !id_is_taken(talk, id);
    /* nine letters and digits: what Mistral's template insists on */
    talk->ids[talk->id_count] =
        usable ? mem_string(id)
               : mem_format("c%04d%04zu", talk->call.index % 10000, talk->id_count % 10000);
    talk->id_count++;
}

static void put_arguments(struct json_writer *w, const char *arguments) {
    const char *text = arguments ? arguments : "";
    struct cJSON *tree = json_parse(text, strlen(text), NULL);
    if (cJSON_IsObject(tree)) {
        json_put_string(w, "arguments", text);
    } else {
        struct buf wrapped;
        struct json_writer inner;
        buf_init(&wrapped, HISTORY_MAX);
        json_begin(&inner, &wrapped);
        json_open(&inner, NULL, '{');
        if (text[0])
            json_put_string(&inner, "unparsed", text);
        json_close(&inner, '}');
        json_put_string(w, "arguments", buf_string(&wrapped));
        buf_done(&wrapped);
    }
    json_free(tree);
}

static char *history_calls(struct talk *talk) {
    const struct reply *reply = &talk->reply;
    struct buf out;
    struct json_writer w;
    if (reply->call_count == 0)
        return NULL;
    talk->ids = mem_zero(reply->call_count, sizeof *talk->ids);
    buf_init(&out, HISTORY_MAX);
    json_begin(&w, &out);
    json_open(&w, NULL, '[');
    for (size_t i = 0; i < reply->call_count; i++) {
        add_id(talk, reply->calls[i].id);
        json_open(&w, NULL, '{');
        json_put_string(&w, "id", talk->ids[i]);
        json_put_string(&w, "type", "function");
        json_open(&w, "function", '{');
        json_put_string(&w, "name", reply->calls[i].name);
        put_arguments(&w, reply->calls[i].arguments);
        json_close(&w, '}');
        json_close(&w, '}');
    }
    json_close(&w, ']');
    char *text = json_end(&w) ? buf_take(&out) : NULL;
    buf_done(&out);
    return text;
}

void talk_take(struct talk *talk) {
    free_ids(talk);
    struct chat_message *message = add_message(talk, "assistant");
    message->content = mem_string(talk->reply.content);
    if (talk->keep_reasoning && talk->reply.reasoning[0])
        message->reasoning = mem_string(talk->reply.reasoning);
    message->tool_calls = history_calls(talk);
}

void talk_result(struct talk *talk, size_t index, const char *text) {
    if (index >= talk->id_count)
        return;
    struct chat_message *message = add_message(talk, "tool");
    message->content = mem_string(text);
    message->tool_call_id = mem_string(talk->ids[index]);
}

/* ---- the rest ---- */

bool talk_is_down(const struct talk *talk) {
    enum error_class error = talk->call.call.error;
    return error == ERROR_CONNECT || error == ERROR_TLS || error == ERROR_TIMEOUT_CONNECT ||
           error == ERROR_LOADING;
}

void talk_score(struct talk *talk, const char *item, int turn, int repeat,
                const struct score *score, char *expected) {
    char failure[SCORE_FAILURE_MAX];
    bool wrong = score->finding != FINDING_CLEAN && score->finding != FINDING_ENGINE;
    lane_score(talk->lane, talk->ep, talk->suite, item, turn, repeat, talk->pass, score->points,
               score_failure(score, failure), score->detail[0] ? score->detail : NULL,
               wrong ? expected : NULL);
    free(expected);
}
