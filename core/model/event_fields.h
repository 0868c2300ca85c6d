/* event_fields: the table of events: words and fields as they stand in the log (design 5). */
#ifndef MODEL_EVENT_FIELDS_H
#define MODEL_EVENT_FIELDS_H

#include "model/event.h"
#include "model/record.h"

struct event_table {
    const char *word;
    struct record record; /* offsets from the event's union */
};
extern const struct event_table event_kinds[EVENT_COUNT];

#endif
