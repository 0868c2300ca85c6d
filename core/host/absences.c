#include "host/absences.h"

#include <stdlib.h>
#include <string.h>

void absences_done(struct absences *absences) {
    for (int i = 0; i < MACHINE_FIGURE_COUNT; i++)
        free(absences->told[i]);
}

void absences_tell(struct absences *absences, const struct run *run, const char *lane,
                   enum machine_figure figure, const char *reason, int64_t t, struct queue *queue) {
    char **told = &absences->told[figure];
    if (!*reason || (*told && strcmp(*told, reason) == 0))
        return;
    free(*told);
    *told = mem_string(reason);
    for (size_t i = 0; i < run->endpoint_count; i++) {
        const struct endpoint *endpoint = &run->endpoints[i];
        if (strcmp(endpoint->lane ? endpoint->lane : "local", lane) != 0 || endpoint->imported)
            continue;
        struct event *event = event_new(EVENT_CAPABILITY, t);
        event->capability.ep = endpoint->ep;
        event->capability.name = mem_string(machine_figure_word(figure));
        event->capability.value = mem_string("absent");
        event->capability.evidence = mem_string(reason);
        queue_push(queue, (struct item){.mark = QUEUE_EVENT, .event = event});
    }
}
