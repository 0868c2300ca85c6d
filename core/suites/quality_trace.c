#include "suites/quality_trace.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

void trace_init(struct trace *trace) {
    *trace = (struct trace){0};
    score_set(&trace->broken, FINDING_CLEAN, 1, "%s", "");
}

void trace_done(struct trace *trace) {
    for (size_t i = 0; i < trace->count; i++) {
        free(trace->steps[i].name);
        free(trace->steps[i].arguments);
    }
    free(trace->steps);
    free(trace->answer);
    *trace = (struct trace){0};
}

void trace_add(struct trace *trace, const struct tool_call *call, bool valid) {
    trace->steps = mem_grow(trace->steps, trace->count, &trace->capacity, sizeof *trace->steps);
    trace->steps[trace->count++] =
        (struct step){.name = mem_string(call->name ? call->name : ""),
                      .arguments = mem_string(call->arguments ? call->arguments : ""),
                      .valid = valid};
}

size_t trace_calls(const struct trace *trace, const char *tool, bool valid_only) {
    size_t count = 0;
    for (size_t i = 0; i < trace->count; i++)
        count += strcmp(trace->steps[i].name, tool) == 0 && (!valid_only || trace->steps[i].valid);
    return count;
}

static bool was_made_before(const struct trace *trace, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (score_same_call(trace->steps[i].name, trace->steps[i].arguments, trace->steps[at].name,
                            trace->steps[at].arguments))
            return true;
    return false;
}

/* Calls of an episode that failed, made again word for word: of the tool that fails (NULL: none),
 * or not valid. */
static size_t repeated_failures(const struct trace *trace, const char *fails) {
    size_t count = 0;
    for (size_t i = 1; i < trace->count; i++) {
        const struct step *step = &trace->steps[i];
        bool failed = !step->valid || (fails && strcmp(step->name, fails) == 0);
        count += failed && was_made_before(trace, i);
    }
    return count;
}

/* An engine's fault is nobody's score; a cut answer is the model's, if it did not succeed before.
 */
static bool engine_broke(struct score *score, const struct trace *trace) {
    if (trace->broken.finding != FINDING_ENGINE)
        return false;
    *score = trace->broken;
    return true;
}

static bool was_cut(struct score *score, const struct trace *trace) {
    if (trace->broken.finding == FINDING_CLEAN)
        return false;
    *score = trace->broken;
    return true;
}

static void clean(struct score *score, const char *what, size_t count) {
    score_set(score, FINDING_CLEAN, 1, "%zu %s", count, what);
}

/* ---- recovery ---- */

static bool step_fixes(const struct step *step, const struct cJSON *fix) {
    struct tool_call call = {.name = step->name, .arguments = step->arguments};
    const char *tool = json_string(fix, "tool");
    return step->valid && tool &&
           score_addresses(&call, tool, json_string(fix, "member"), json_string(fix, "value"));
}

void trace_recovery(struct score *score, const struct trace *trace, const struct cJSON *episode) {
    const struct cJSON *fix = json_object(episode, "fix");
    size_t repeats = repeated_failures(trace, json_string(episode, "fails"));
    for (size_t i = 0; i < trace->count; i++)
        if (step_fixes(&trace->steps[i], fix)) {
            clean(score, "calls until it was put right", i);
            return;
        }
    if (engine_broke(score, trace) || was_cut(score, trace))
        return;
    if (trace->count == 0)
        score_set(score, FINDING_NO_CALL, 0, "%.100s", trace->answer ? trace->answer : "");
    else if (repeats > 0)
        score_set(score, FINDING_REPEATED_CALL, 0, "the failing call again, %zu ×", repeats);
    else
        score_set(score, FINDING_NOT_CORRECTED, 0, "%zu calls, none addresses the error",
                  trace->count);
}

/* ---- deliverables ---- */

static void score_text_sections(struct score *score, const char *text,
                                const struct cJSON *episode) {
    char missing[64];
    const struct cJSON *sections = json_array(episode, "sections");
    int due = sections ? cJSON_GetArraySize(sections) : 0;
    int present = score_sections(text, sections, missing, sizeof missing);
    if (present == due)
        clean(score, "sections", (size_t)present);
    else if (present == 0)
        score_set(score, FINDING_NOT_DELIVERED, 0, "none of %d sections", due);
    else
        score_set(score, FINDING_SECTION_MISSING, (double)present / due, "%d of %d sections, no %s",
                  present, due, missing);
}

void trace_brief(struct score *score, const struct trace *trace, const struct cJSON *episode) {
    if (engine_broke(score, trace))
        return;
    if (trace->answer)
        score_text_sections(score, score_visible(trace->answer), episode);
    else if (!was_cut(score, trace))
        score_set(score, FINDING_NOT_DELIVERED, 0, "no answer after %zu calls", trace->count);
}

/* The text of the last call that delivers; the caller frees. NULL: there is none. */
static char *delivered_text(const struct trace *trace, const struct cJSON *deliver) {
    const char *tool = json_string(deliver, "tool"), *member = json_string(deliver, "member");
    for (size_t i = trace->count; tool && member && i > 0; i--) {
        const struct step *step = &trace->steps[i - 1];
        if (!step->valid || strcmp(step->name, tool) != 0)
            continue;
        struct cJSON *arguments = json_parse(step->arguments, strlen(step->arguments), NULL);
        const char *text = arguments ? json_string(arguments, member) : NULL;
        char *copy = mem_string(text ? text : "");
        json_free(arguments);
        return copy;
    }
    return NULL;
}

void trace_delivery(struct score *score, const struct trace *trace, const struct cJSON *episode) {
    const struct cJSON *deliver = json_object(episode, "deliver");
    char *text = delivered_text(trace, deliver);
    if (text)
        score_text_sections(score, text, episode);
    else if (!engine_broke(score, trace) && !was_cut(score, trace))
        score_set(score, FINDING_NOT_DELIVERED, 0, "%s was not called",
                  deliver && json_string(deliver, "tool") ? json_string(deliver, "tool") : "");
    free(text);
}

/* ---- order ---- */

/* The first valid call of this tool; trace->count: there is none. */
static size_t first_call(const struct trace *trace, const char *tool) {
    for (size_t i = 0; i < trace->count; i++)
        if (trace->steps[i].valid && strcmp(trace->steps[i].name, tool) == 0)
            return i;
    return trace->count;
}

void trace_order(struct score *score, const struct trace *trace, const struct cJSON *episode) {
    const struct cJSON *order = json_array(episode, "order");
    const char *missing = NULL, *early = NULL;
    size_t last = 0, count = 0;
    for (const cJSON *tool = order ? order->child : NULL; tool; tool = tool->next) {
        size_t at = cJSON_IsString(tool) ? first_call(trace, tool->valuestring) : trace->count;
        if (at == trace->count && !missing)
            missing = cJSON_IsString(tool) ? tool->valuestring : "";
        else if (at < last && !early)
            early = tool->valuestring;
        last = at > last ? at : last;
        count++;
    }
    if (!missing && !early)
        clean(score, "steps in order", count);
    else if (engine_broke(score, trace) || was_cut(score, trace))
        return;
    else if (missing)
        score_set(score, FINDING_NOT_DELIVERED, 0, "%s was not called", missing);
    else
        score_set(score, FINDING_ORDER, 0, "%s came too early", early);
}

/* ---- searching ---- */

/* The last valid call of the tool that delivers, if a search came before it; trace->count: there is
 * none. What is saved before anything was looked for is no finding. */
static size_t delivery(const struct trace *trace, const char *search, const char *deliver) {
    size_t at = trace->count, searches = 0;
    for (size_t i = 0; search && deliver && i < trace->count; i++) {
        const struct step *step = &trace->steps[i];
        searches += strcmp(step->name, search) == 0;
        if (searches > 0 && step->valid && strcmp(step->name, deliver) == 0)
            at = i;
    }
    return at;
}

void trace_search(struct score *score, const struct trace *trace, const struct cJSON *episode) {
    const struct cJSON *deliver = json_object(episode, "deliver");
    const char *search = json_string(episode, "search");
    const char *tool = deliver ? json_string(deliver, "tool") : NULL;
    size_t searches = search ? trace_calls(trace, search, false) : 0;
    size_t delivered = delivery(trace, search, tool);
    bool goes_on = trace->capped && trace->count > 0 && search &&
                   strcmp(trace->steps[trace->count - 1].name, search) == 0;
    if (delivered < trace->count && !goes_on)
        score_set(score, FINDING_CLEAN, 1, "delivered after %zu searches", searches);
    else if (engine_broke(score, trace) || was_cut(score, trace))
        return;
    else if (delivered == trace->count && tool && trace_calls(trace, tool, true) > 0)
        score_set(score, FINDING_NOT_DELIVERED, 0, "%.60s before anything was looked for", tool);
    else if (trace->capped)
        score_set(score, FINDING_LOOPED, 0, "%zu searches, %s", searches,
                  delivered < trace->count ? "and on after the delivery" : "nothing delivered");
    else
        score_set(score, FINDING_NOT_DELIVERED, 0, "ended after %zu searches", searches);
}
