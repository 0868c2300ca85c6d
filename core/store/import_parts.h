/* import_parts: what the readers of import_*.c share. For these files only. */
#ifndef STORE_IMPORT_PARTS_H
#define STORE_IMPORT_PARTS_H

#include "base/json.h"
#include "model/metric.h"
#include "model/stats.h"
#include "store/import.h"

struct cJSON;

/* Readers: false when the document is not theirs; it is theirs but empty when they add no figure.
 */
bool import_agentic(struct import *import, const struct cJSON *root);
bool import_burst(struct import *import, const struct cJSON *root);
bool import_code(struct import *import, const struct cJSON *root);
bool import_instruct(struct import *import, const struct cJSON *root);
bool import_ablation(struct import *import, const struct cJSON *root);
bool import_published(struct import *import, const struct cJSON *root);
bool import_llamabench(struct import *import, const struct cJSON *root);

/* Does the document's schema_version begin so? */
bool import_schema(const struct cJSON *root, const char *prefix);

/* A new endpoint, imported; its index, or -1 when there are too many. Texts are cut to a bound. */
int import_endpoint(struct import *import, const char *name, const char *engine, const char *model);
/* asiai's top level: engine, model, base_url, times, machine. One endpoint; its index. */
int import_asiai(struct import *import, const struct cJSON *root);
/* A bounded copy of a member, NULL when it is no string. */
char *import_text(const struct cJSON *object, const char *key);
/* The text's own bounded copy. */
char *import_copy(const char *text);

/* A figure; NaN is none. */
void import_figure(struct import *import, int ep, enum suite_id suite, const char *phase,
                   enum metric_id metric, enum stat_id stat, double value, int64_t n);
/* Median, min, max, mean and CV of a sample. */
void import_sample(struct import *import, int ep, enum suite_id suite, const char *phase,
                   enum metric_id metric, const struct values *values);
void import_note(struct import *import, enum note_level level, int ep, const char *text);
/* How the tool defines its figures: stands in the way of comparing them with another's. */
void import_definition(struct import *import, int ep, const char *definition);

#endif
