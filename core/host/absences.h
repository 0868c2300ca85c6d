/* absences: what a lane's machine can't tell of itself, and why, as `capability` events of its
 * endpoints (model/absent.h reads them). Each reason is told once, and again when it is another. */
#ifndef HOST_ABSENCES_H
#define HOST_ABSENCES_H

#include "model/absent.h"
#include "model/queue.h"


struct absences {
    char *told[MACHINE_FIGURE_COUNT]; /* last reason; NULL: none yet */
};
void absences_done(struct absences *absences);

/* `reason` of a figure that a sample lacks, "" when there is none yet: to every endpoint of the
 * lane. */
void absences_tell(struct absences *absences, const struct run *run, const char *lane,
                   enum machine_figure figure, const char *reason, int64_t t, struct queue *queue);

#endif
