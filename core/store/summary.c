#include "store/summary.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/chain.h"
#include "store/log.h"

#define TAIL_BYTES ((size_t)64 << 10) /* a run_end is a short line; so are the ones before it */

/* The last whole line of the file's tail, which begins after a newline; NULL when there is none. */
static char *last_line(char *tail, size_t length) {
    while (length > 0 && tail[length - 1] != '\n')
        length--; /* torn */
    if (length < 2)
        return NULL;
    tail[--length] = '\0';
    while (length > 0 && tail[length - 1] != '\n')
        length--;
    return length > 0 ? tail + length : NULL;
}

static void read_end(struct summary *summary, const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    if (fd < 0)
        return;
    char *tail = mem_alloc(TAIL_BYTES + 1);
    off_t from = size > (off_t)TAIL_BYTES ? size - (off_t)TAIL_BYTES : 0;
    ssize_t length = pread(fd, tail, TAIL_BYTES, from);
    char *line = length > 0 ? last_line(tail, (size_t)length) : NULL;
    struct event event;
    if (line && event_decode(&event, line, strlen(line), NULL) == EVENT_DECODED) {
        summary->last_us = event.t;
        if (event.kind == EVENT_RUN_END)
            summary->status = event.run_end.status;
        event_done(&event);
    }
    free(tail);
    close(fd);
}

/* Of a run that can't be read as a whole nobody knows better. */
static bool has_measured(const char *path) {
    struct run run;
    struct event event;
    struct chain *chain = chain_open(path, &run, NULL);
    if (!chain)
        return true;
    bool measured = run.endpoint_count == 0 || run_is_imported(&run);
    while (!measured && chain_next(chain, &event, NULL) == LOG_EVENT) {
        measured = event_measures(&event);
        event_done(&event);
    }
    chain_free(chain);
    run_done(&run);
    return measured;
}

void summary_read(struct summary *summary, const char *path) {
    *summary = (struct summary){.status = RUN_OPEN, .last_us = -1};
    struct log_reader *reader = log_open(path, &summary->run, NULL);
    if (!reader)
        return;
    log_reader_free(reader);
    summary->readable = true;
    read_end(summary, path);
    summary->running = summary->status == RUN_OPEN && log_is_open(path);
    if (summary->status == RUN_COMPLETE)
        summary->measured = has_measured(path);
}

void summary_done(struct summary *summary) {
    if (summary->readable)
        run_done(&summary->run);
    summary->readable = false;
}

struct summary *summaries_read(const struct result *list, size_t count) {
    struct summary *summaries = mem_zero(count, sizeof *summaries);
    for (size_t i = 0; i < count; i++)
        summary_read(&summaries[i], list[i].path);
    return summaries;
}

void summaries_free(struct summary *summaries, size_t count) {
    for (size_t i = 0; i < count; i++)
        summary_done(&summaries[i]);
    free(summaries);
}

const struct summary *summary_successor(const struct summary *summaries, size_t count,
                                        const char *id) {
    const struct summary *newest = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct run *run = &summaries[i].run;
        if (summaries[i].readable && run->resumes && strcmp(run->resumes, id) == 0 &&
            (!newest || strcmp(run->id, newest->run.id) > 0))
            newest = &summaries[i];
    }
    return newest;
}

const char *summary_state(const struct summary *summary) {
    if (!summary->readable)
        return "unreadable";
    if (summary->status != RUN_OPEN)
        return summary->status == RUN_COMPLETE && !summary->measured
                   ? RUN_NOTHING
                   : run_status_word(summary->status);
    return summary->running ? "running" : "interrupted";
}

void summary_suites(const struct summary *summary, struct buf *out) {
    for (size_t i = 0; summary->readable && i < summary->run.plan_count; i++)
        buf_printf(out, "%s%s", i ? "," : "", suite_word(summary->run.plans[i].suite));
}

void summary_endpoints(const struct summary *summary, struct buf *out) {
    for (size_t i = 0; summary->readable && i < summary->run.endpoint_count; i++) {
        const char *name = summary->run.endpoints[i].name;
        buf_printf(out, "%s%s", i ? "," : "", name ? name : "?");
    }
}

static void put_origin(const struct run *run, struct json_writer *writer) {
    bool simulated = false, imported = false, published = false;
    for (size_t i = 0; i < run->endpoint_count; i++) {
        simulated = simulated || run->endpoints[i].simulated;
        imported = imported || run->endpoints[i].imported;
        published = published || run->endpoints[i].published;
    }
    json_put_bool(writer, "simulated", simulated);
    json_put_bool(writer, "imported", imported);
    json_put_bool(writer, "published", published);
}

static void put_header(const struct run *run, const struct summary *next,
                       struct json_writer *writer) {
    json_put_string(writer, "started", run->started);
    json_put_string(writer, "resumes", run->resumes);
    json_put_string(writer, "resumed_by", next ? next->run.id : NULL);
    json_put_string(writer, "workload", workload_word(run->workload));
    json_put_integer(writer, "passes", run->passes);
    json_open(writer, "suites", '[');
    for (size_t i = 0; i < run->plan_count; i++)
        json_put_string(writer, NULL, suite_word(run->plans[i].suite));
    json_close(writer, ']');
    json_open(writer, "endpoints", '[');
    for (size_t i = 0; i < run->endpoint_count; i++)
        json_put_string(writer, NULL, run->endpoints[i].name);
    json_close(writer, ']');
    put_origin(run, writer);
}

void summary_json(const struct summary *summary, const struct result *result,
                  const struct summary *next, struct json_writer *writer) {
    json_open(writer, NULL, '{');
    json_put_string(writer, "run", result->id);
    json_put_string(writer, "path", result->path);
    json_put_integer(writer, "bytes", result->bytes);
    json_put_string(writer, "state", summary_state(summary));
    if (summary->readable)
        put_header(&summary->run, next, writer);
    json_close(writer, '}');
}
