/* rails: how a backend or an exporter puts a reading of joules into a sample. */
#ifndef HOST_RAILS_H
#define HOST_RAILS_H

#include "model/event.h"

/* Append; left out when there is no publication time, or the sample holds a rail of that name. */
void rail_put(struct sample *sample, const char *name, double joules, int64_t pub_us);

#endif
