/* quality: every suite on every scripted model gives the score that is known. The table is
 * tests/corpus/quality/scores.txt; none of its lines may be missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scripted.h"

#define TABLE "tests/corpus/quality/scores.txt"
#define KINDS_MAX 8

/* ---- what was found, as a line of the table says it ---- */

struct kinds {
    struct {
        const char *failure; /* borrowed */
        int count;
    } of[KINDS_MAX];
    int count;
};

static void count_kind(struct kinds *kinds, const char *failure) {
    int i = 0;
    while (i < kinds->count && strcmp(kinds->of[i].failure, failure) != 0)
        i++;
    assert_true(i < KINDS_MAX);
    if (i == kinds->count) {
        kinds->of[i].failure = failure;
        kinds->of[kinds->count++].count = 0;
    }
    kinds->of[i].count++;
}

/* "6/8 model:schema 2": points of those scored, then each failure in order of appearance. */
static char *found(const struct bed *bed) {
    struct sum sum = sum_of(bed, NULL);
    struct kinds kinds = {.count = 0};
    struct buf out;
    buf_init(&out, 4096);
    buf_printf(&out, "%.6g/%d", sum.points, sum.scored);
    for (size_t i = 0; i < bed->rig.count; i++)
        if (bed->rig.events[i]->kind == EVENT_SCORE && bed->rig.events[i]->score.failure)
            count_kind(&kinds, bed->rig.events[i]->score.failure);
    for (int i = 0; i < kinds.count; i++)
        buf_printf(&out, " %s %d", kinds.of[i].failure, kinds.of[i].count);
    return buf_take(&out);
}

static void print_scores(const struct bed *bed) {
    for (size_t i = 0; i < bed->rig.count; i++)
        if (bed->rig.events[i]->kind == EVENT_SCORE) {
            const struct event_score *score = &bed->rig.events[i]->score;
            print_message("  %d %s: %g %s (%s)\n", score->turn, score->item, score->points,
                          score->failure ? score->failure : "clean",
                          score->detail ? score->detail : "");
        }
}

/* What the phases' starts promise is what comes: of a model that does all it is asked. */
static bool promises_hold(const struct bed *bed) {
    int promised = 0, told = 0;
    for (size_t i = 0; i < bed->rig.count; i++) {
        const struct event *event = bed->rig.events[i];
        promised += event->kind == EVENT_PHASE_START ? event->phase.turns : 0;
        told += event->kind == EVENT_SCORE;
    }
    if (promised != told)
        print_message("%d turns promised, %d told\n", promised, told);
    return promised == told;
}

/* Whatever the model got wrong, it is told what was due; and nothing else is. */
static bool all_expected(const struct bed *bed) {
    for (size_t i = 0; i < bed->rig.count; i++) {
        const struct event_score *score = &bed->rig.events[i]->score;
        if (bed->rig.events[i]->kind != EVENT_SCORE)
            continue;
        bool wrong = score->failure && strncmp(score->failure, "model:", 6) == 0;
        if (wrong != (score->expected && score->expected[0])) {
            print_message("%s: expected is %s\n", score->item,
                          score->expected ? score->expected : "not there");
            return false;
        }
    }
    return true;
}

static bool is_known(enum suite_id suite, enum script_id script, const char *known) {
    struct bed bed;
    char *model = mem_format("script-%s", script_word(script));
    bed_begin(&bed, model, play);
    bed_run(&bed, suite);
    char *text = found(&bed);
    bool same = strcmp(text, known) == 0 && (script != SCRIPT_CLEAN || promises_hold(&bed)) &&
                all_expected(&bed);
    if (!same) {
        print_message("%s %s: %s\n  found %s\n", suite_word(suite), script_word(script), known,
                      text);
        print_scores(&bed);
    }
    free(text);
    free(model);
    bed_end(&bed);
    return same;
}

/* ---- the table ---- */

struct table {
    struct buf text;
    char *known[SUITE_COUNT][SCRIPT_COUNT]; /* in `text` */
};

static void read_line(struct table *table, char *line) {
    char *script = line + strcspn(line, " "), *known;
    assert_true(*script == ' ');
    *script++ = '\0';
    script += strspn(script, " ");
    known = script + strcspn(script, " ");
    assert_true(*known == ' ');
    *known++ = '\0';
    known += strspn(known, " ");
    int suite = suite_find(line), of = script_find(script);
    if (suite < 0 || of < 0 || table->known[suite][of])
        fail_msg(TABLE ": %s %s: unknown, or there twice", line, script);
    table->known[suite][of] = known;
}

static int table_read(void **state) {
    struct table *table = mem_zero(1, sizeof *table);
    struct error error = {0};
    buf_init(&table->text, 1 << 20);
    if (!buf_read_file(&table->text, TABLE, &error))
        fail_msg("%s", error.text);
    char *line = (char *)buf_string(&table->text);
    while (*line) {
        size_t length = strcspn(line, "\n");
        char *next = line + length + (line[length] == '\n');
        line[length] = '\0';
        if (line[0] && line[0] != '#')
            read_line(table, line);
        line = next;
    }
    *state = table;
    return 0;
}

static int table_done(void **state) {
    struct table *table = *state;
    buf_done(&table->text);
    free(table);
    return 0;
}

static void test_known_scores(void **state) {
    const struct table *table = *state;
    int wrong = 0;
    for (int suite = 0; suite < SUITE_COUNT; suite++)
        for (int script = 0; suite_is_quality((enum suite_id)suite) && script < SCRIPT_COUNT;
             script++)
            wrong +=
                !is_known((enum suite_id)suite, (enum script_id)script,
                          table->known[suite][script] ? table->known[suite][script] : "missing");
    assert_int_equal(wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_known_scores, table_read, table_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
