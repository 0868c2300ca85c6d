#include "sim/job.h"

#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

void job_free(struct job *job) {
    if (job->previous != NULL)
        job->previous->next = job->next;
    else
        job->jobs->newest = job->next;
    if (job->next != NULL)
        job->next->previous = job->previous;
    if (job->beat != NULL)
        event_free(job->beat);
    ask_done(&job->ask);
    speech_done(&job->speech);
    buf_done(&job->content);
    buf_done(&job->thoughts);
    buf_done(&job->call);
    buf_done(&job->pending);
    free(job);
}

void job_record(struct job *job) {
    job->truth.slot_ns = job->task.slot_ns;
    job->truth.prefill_end_ns = job->task.prefill_ns;
    job->truth.completion_tokens = job->speech.done;
    truth_add(&job->jobs->truths, &job->truth);
    job->jobs->sums.requests++;
    job->jobs->sums.prompt += job->truth.prompt_tokens;
    job->jobs->sums.cached += job->truth.cached_tokens;
    job->jobs->sums.completion += job->speech.done;
    job->jobs->sums.drafted += job->speech.drafted;
    job->jobs->sums.accepted += job->speech.accepted;
}

static struct reply_figures figures_of(const struct job *job, int64_t now_ns) {
    const struct speech *speech = &job->speech;
    return (struct reply_figures){
        .prompt = job->truth.prompt_tokens,
        .cached = job->truth.cached_tokens,
        .completion = speech->done,
        .reasoning = speech->done < speech->reasoning ? speech->done : speech->reasoning,
        .drafted = speech->drafted,
        .accepted = speech->accepted,
        .prompt_ms = (double)(job->task.prefill_ns - job->task.slot_ns) / 1e6,
        .predicted_ms = (double)(now_ns - job->task.prefill_ns) / 1e6,
        .include_usage = job->ask.include_usage,
    };
}

/* ---- writing ---- */

static void emit(struct job *job, const struct buf *frames, int64_t due_ns) {
    if (job->jobs->profile->wire.buffers) {
        buf_append(&job->pending, frames->data, frames->length);
        return;
    }
    outlet_write(&job->outlet, frames, due_ns);
    job->wrote_ns = clock_ns();
}

void job_start_stream(struct job *job) {
    if (!job->ask.stream || job->outlet.started)
        return;
    struct buf frames;
    buf_init(&frames, REPLY_BYTES_MAX);
    outlet_start(&job->outlet, job->ask.form == ASK_OLLAMA ? "application/x-ndjson"
                                                           : "text/event-stream; charset=utf-8");
    reply_open(&job->reply, &frames);
    emit(job, &frames, 0);
    buf_done(&frames);
}

static void put_call(struct job *job, struct buf *frames, const char *piece,
                     const struct reply_figures *figures) {
    const char *name = job->call_begun ? NULL : job->speech.say.name;
    bool pieces = job->jobs->profile->wire.tools == TOOLS_FRAGMENTS && job->ask.stream &&
                  job->ask.form != ASK_OLLAMA;
    if (pieces) {
        reply_call(&job->reply, frames, name, piece, figures);
        job->call_begun = true;
        return;
    }
    buf_text(&job->call, piece);
    if (!speech_is_over(&job->speech) || !job->ask.stream)
        return;
    reply_call(&job->reply, frames, name, buf_string(&job->call), figures);
}

/* One chunk of up to `most` tokens, all of one kind. Returns how many. */
static int64_t next_chunk(struct job *job, int64_t most, struct buf *frames, int64_t due_ns) {
    struct buf text;
    enum speech_kind kind;
    buf_init(&text, REPLY_BYTES_MAX);
    int64_t tokens = speech_next(&job->speech, most, &text, &kind);
    struct reply_figures figures = figures_of(job, due_ns);
    if (kind == SPEECH_CALL)
        put_call(job, frames, buf_string(&text), &figures);
    else if (job->ask.stream)
        reply_text(&job->reply, frames, buf_string(&text), kind == SPEECH_REASONING, &figures);
    else
        buf_append(kind == SPEECH_REASONING ? &job->thoughts : &job->content, text.data,
                   text.length);
    buf_done(&text);
    return tokens;
}

/* ---- what the schedule asks for ---- */

static void on_slot(struct job *job, int64_t due_ns) {
    (void)due_ns;
    if (job->jobs->profile->wire.headers == HEADERS_SLOT)
        job_start_stream(job);
}

/* At least one prompt token is always computed. */
static int64_t on_prefill(struct job *job, int64_t due_ns) {
    struct jobs *jobs = job->jobs;
    size_t bytes = cache_lookup(&jobs->cache, buf_string(&job->ask.prompt), job->ask.prompt.length);
    int64_t block = jobs->profile->cache.block_tokens;
    int64_t cached = (int64_t)(bytes / ASK_BYTES_PER_TOKEN);
    if (bytes < job->ask.prompt.length)
        cached -= cached % block;
    if (cached >= job->truth.prompt_tokens)
        cached = job->truth.prompt_tokens - 1;
    job->truth.cached_tokens = cached;
    job->prefill_began_ns = due_ns;
    return job->truth.prompt_tokens - cached;
}

static bool on_step(struct job *job, int64_t due_ns) {
    struct jobs *jobs = job->jobs;
    if (job->speech.done == 0) {
        cache_store(&jobs->cache, buf_string(&job->ask.prompt), job->ask.prompt.length);
        if (job->outlet.request == NULL && jobs->profile->wire.leaver == LEAVER_AFTER_PREFILL)
            return false;
        job_start_stream(job);
    }
    struct buf frames;
    buf_init(&frames, REPLY_BYTES_MAX);
    int64_t tokens = speech_step(&job->speech);
    while (tokens > 0) {
        int64_t most = jobs->profile->tokens_per_chunk;
        int64_t said = next_chunk(job, most < tokens ? most : tokens, &frames, due_ns);
        tokens = said > 0 ? tokens - said : 0;
    }
    emit(job, &frames, due_ns);
    buf_done(&frames);
    job->truth.last_due_ns = due_ns;
    return !speech_is_over(&job->speech);
}

static void end_stream(struct job *job, int64_t due_ns) {
    struct reply_figures figures = figures_of(job, due_ns);
    struct buf out;
    buf_init(&out, REPLY_BYTES_MAX);
    if (job->speech.say.breaks)
        reply_fail(&job->reply, &out);
    else
        reply_close(&job->reply, &out, speech_finish(&job->speech), &figures);
    if (job->pending.length > 0) {
        buf_append(&job->pending, out.data, out.length);
        outlet_write(&job->outlet, &job->pending, due_ns);
    } else {
        outlet_write(&job->outlet, &out, 0);
    }
    buf_done(&out);
    outlet_end(&job->outlet);
}

static const char *or_null(const struct buf *buf) {
    return buf->length > 0 ? buf->data : NULL;
}

static void end_whole(struct job *job, int64_t due_ns) {
    struct reply_figures figures = figures_of(job, due_ns);
    struct reply_texts texts = {.content = or_null(&job->content),
                                .reasoning = or_null(&job->thoughts),
                                .call_arguments = buf_string(&job->call)};
    if (job->speech.named)
        texts.call_name = job->speech.say.name;
    struct buf out;
    buf_init(&out, REPLY_BYTES_MAX);
    if (job->speech.say.breaks)
        reply_error(job->jobs->profile, &out, HTTP_INTERNAL, "server_error",
                    "the decoder broke down");
    else
        reply_whole(&job->reply, &out, &texts, speech_finish(&job->speech), &figures);
    outlet_reply(&job->outlet, job->speech.say.breaks ? HTTP_INTERNAL : HTTP_OK, &out, due_ns);
    buf_done(&out);
}

static void on_over(struct job *job, int64_t due_ns) {
    if (job->outlet.request == NULL) { /* its client left and this engine went on */
        job_record(job);
        job_free(job);
    } else if (job->ask.stream) {
        end_stream(job, due_ns);
    } else {
        end_whole(job, due_ns);
    }
}

const struct schedule_handler job_calls = {on_slot, on_prefill, on_step, on_over};
