#include "sim/truth.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

void truth_init(struct truth_ring *ring) {
    memset(ring, 0, sizeof *ring);
}

void truth_done(struct truth_ring *ring) {
    free(ring->records);
    memset(ring, 0, sizeof *ring);
}

void truth_clear(struct truth_ring *ring) {
    ring->count = ring->next = 0;
}

void truth_add(struct truth_ring *ring, const struct truth *truth) {
    if (ring->count < TRUTH_RECORDS) {
        ring->records =
            mem_grow(ring->records, ring->count, &ring->capacity, sizeof *ring->records);
        ring->records[ring->count++] = *truth;
        return;
    }
    ring->records[ring->next] = *truth;
    ring->next = (ring->next + 1) % TRUTH_RECORDS;
}

static void put_time(struct json_writer *w, const char *key, int64_t ns) {
    if (ns > 0)
        json_put_integer(w, key, ns);
    else
        json_put_null(w, key);
}

static void print_record(struct json_writer *w, const struct truth *truth) {
    json_open(w, NULL, '{');
    json_put_string(w, "id", truth->id);
    put_time(w, "received_ns", truth->received_ns);
    put_time(w, "slot_ns", truth->slot_ns);
    put_time(w, "prefill_end_ns", truth->prefill_end_ns);
    put_time(w, "last_due_ns", truth->last_due_ns);
    put_time(w, "first_token_ns", truth->first_token_ns);
    put_time(w, "last_token_ns", truth->last_token_ns);
    json_put_integer(w, "writes", truth->writes);
    json_put_integer(w, "lateness_max_ns", truth->lateness_max_ns);
    json_put_integer(w, "lateness_sum_ns", truth->lateness_sum_ns);
    json_put_integer(w, "prompt_tokens", truth->prompt_tokens);
    json_put_integer(w, "cached_tokens", truth->cached_tokens);
    json_put_integer(w, "completion_tokens", truth->completion_tokens);
    json_put_bool(w, "stream", truth->stream);
    json_put_bool(w, "cancelled", truth->cancelled);
    json_close(w, '}');
}

void truth_print(const struct truth_ring *ring, struct buf *out) {
    struct json_writer w;
    json_begin(&w, out);
    json_open(&w, NULL, '[');
    for (size_t i = 0; i < ring->count; i++)
        print_record(&w, &ring->records[(ring->next + i) % ring->count]);
    json_close(&w, ']');
}
