/* The loop on a queue that stands in for a server: it hands out what the test wrote down and notes
 * how it is answered. */
#include <stdio.h>

#include "support/check.h"

#include "nats/loop.h"

/* What `next` does, one after the other; then the queue is empty. */
struct step {
    enum hr_status status; /* HR_OK: a message */
    unsigned deliveries;
    enum hr_nats_result result; /* of the handler */
};

struct scene {
    const struct step *steps;
    size_t count, at;
    bool cannot_bury, cannot_answer;
    atomic_int beats;
    int beats_wanted; /* the handler goes on until so many were heard */
    struct hr_stop stop;
    bool stop_in_handler, stop_in_next;
    int64_t grace_ms;
    atomic_int interrupted;
    bool waits_for_interrupt; /* the handler does, or else for its beats */
    int64_t now_us;
    int handled, in_hand;
    bool idles;       /* is told of it */
    char notes[2048]; /* what happened, in order */
};

HR_PRINTF(2, 3) static void note(struct scene *scene, const char *format, ...)
{
    size_t length = strlen(scene->notes);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(scene->notes + length, sizeof scene->notes - length, format, arguments);
    va_end(arguments);
}

/* --- the clock: sleeping takes no time --- */

static int64_t monotonic_us(void *context)
{
    return ((struct scene *)context)->now_us;
}

static void sleep_us(void *context, int64_t duration_us)
{
    ((struct scene *)context)->now_us += duration_us;
}

/* --- the queue --- */

static enum hr_status next(void *context, int64_t patience_ms, struct hr_nats_message *out, struct hr_error *error)
{
    struct scene *scene = context;
    assert_in_range(patience_ms, 1, 5000); /* or a signal waits long */
    scene->in_hand = 0;
    if (scene->at == scene->count) /* and an empty one ends the test */
        atomic_store(&scene->stop.requested, true);
    if (scene->at == scene->count)
        return HR_END;
    const struct step *step = &scene->steps[scene->at++];
    if (step->status != HR_OK)
        return step->status == HR_END ? HR_END : hr_error_set(error, step->status, "out of order");
    scene->in_hand = 1;
    if (scene->stop_in_next)
        atomic_store(&scene->stop.requested, true);
    *out =
        (struct hr_nats_message){.body = hr_view_text("body"), .sequence = scene->at, .deliveries = step->deliveries};
    return HR_OK;
}

static enum hr_status working(void *context, struct hr_error *error)
{
    struct scene *scene = context;
    (void)error;
    atomic_fetch_add(&scene->beats, 1);
    return HR_OK;
}

static enum hr_status answered(struct scene *scene, struct hr_error *error)
{
    assert_int_equal(scene->in_hand, 1);
    if (scene->cannot_answer)
        return hr_error_set(error, HR_ERR_UNAVAILABLE, "no answer");
    scene->in_hand = 0;
    return HR_OK;
}

static enum hr_status done(void *context, struct hr_error *error)
{
    note(context, "done ");
    return answered(context, error);
}

static enum hr_status again(void *context, int64_t delay_ms, struct hr_error *error)
{
    note(context, "again(%s) ", delay_ms == 0 ? "0" : delay_ms <= 5000 ? "soon" : "later");
    return answered(context, error);
}

static enum hr_status dead(void *context, const struct hr_error *reason, struct hr_error *error)
{
    struct scene *scene = context;
    if (scene->cannot_bury)
        return hr_error_set(error, HR_ERR_UNAVAILABLE, "no graveyard");
    note(scene, "dead(%s) ", reason->text);
    return answered(scene, error);
}

/* --- its reader --- */

static enum hr_nats_result handler(void *context, const struct hr_nats_message *message, struct hr_error *error)
{
    struct scene *scene = context;
    const struct step *step = &scene->steps[scene->at - 1];
    assert_true(hr_view_equal(message->body, hr_view_text("body")));
    scene->handled++;
    while (atomic_load(&scene->beats) < scene->beats_wanted)
        hr_clock_system()->sleep_us(NULL, 1000);
    if (scene->stop_in_handler)
        atomic_store(&scene->stop.requested, true);
    while (scene->waits_for_interrupt && atomic_load(&scene->interrupted) == 0)
        hr_clock_system()->sleep_us(NULL, 1000);
    if (step->result != HR_NATS_HANDLED)
        hr_error_set(error, HR_ERR_UNAVAILABLE, "because");
    return step->result;
}

static void on_event(void *context, const struct hr_nats_event *event)
{
    static const char *const words[] = {
        [HR_NATS_EVENT_REPEATED] = "REPEATED",     [HR_NATS_EVENT_AGAIN] = "AGAIN", [HR_NATS_EVENT_DEAD] = "DEAD",
        [HR_NATS_EVENT_UNANSWERED] = "UNANSWERED", [HR_NATS_EVENT_AWAY] = "AWAY",   [HR_NATS_EVENT_BACK] = "BACK"};
    note(context, "%s ", words[event->kind]);
}

static void idle(void *context)
{
    struct scene *scene = context;
    if (scene->idles)
        note(scene, "idle ");
}

static void interrupt(void *context)
{
    struct scene *scene = context;
    atomic_fetch_add(&scene->interrupted, 1);
}

static enum hr_status run(struct scene *scene, bool once, struct hr_error *error)
{
    struct hr_clock clock = {.monotonic_us = monotonic_us, .sleep_us = sleep_us, .context = scene};
    struct hr_nats_queue queue = {
        .next = next, .working = working, .done = done, .again = again, .dead = dead, .context = scene};
    struct hr_nats_loop_options options = {.queue = &queue,
                                           .handler = handler,
                                           .context = scene,
                                           .on_event = on_event,
                                           .idle = idle,
                                           .clock = &clock,
                                           .stop = &scene->stop,
                                           .grace_ms = scene->grace_ms,
                                           .interrupt = interrupt,
                                           .once = once,
                                           .deliveries_max = 3,
                                           .ack_wait_ms = 30,
                                           .away_max_ms = 10000};
    return hr_nats_run(&options, error);
}

#define SCENE(steps_)                                                                                                  \
    {                                                                                                                  \
        .steps = (steps_), .count = sizeof(steps_) / sizeof *(steps_)                                                  \
    }

static void plays(struct scene *scene, const char *expected)
{
    struct hr_error error = {0};
    assert_int_equal(run(scene, false, &error), HR_OK);
    assert_string_equal(scene->notes, expected);
}

static void work_is_acknowledged(void **state)
{
    static const struct step steps[] = {{HR_OK, 1, HR_NATS_HANDLED}, {HR_OK, 2, HR_NATS_HANDLED}};
    struct scene scene = SCENE(steps);
    (void)state;
    plays(&scene, "done REPEATED done ");
}

static void a_failure_goes_back_and_is_put_aside_in_the_end(void **state)
{
    static const struct step steps[] = {
        {HR_OK, 1, HR_NATS_FAILED}, {HR_OK, 2, HR_NATS_FAILED}, {HR_OK, 3, HR_NATS_FAILED}};
    struct scene scene = SCENE(steps);
    (void)state;
    plays(&scene, "AGAIN again(soon) REPEATED AGAIN again(later) REPEATED dead(because) DEAD ");
}

static void what_is_no_message_is_put_aside_at_once(void **state)
{
    static const struct step steps[] = {{HR_OK, 1, HR_NATS_HOPELESS}};
    struct scene scene = SCENE(steps);
    (void)state;
    plays(&scene, "dead(because) DEAD ");
}

static void what_cannot_be_put_aside_is_kept(void **state)
{
    static const struct step steps[] = {{HR_OK, 1, HR_NATS_HOPELESS}};
    struct scene scene = SCENE(steps);
    (void)state;
    scene.cannot_bury = true;
    plays(&scene, "again(later) UNANSWERED ");
}

static void what_ends_its_workers_is_put_aside_untried(void **state)
{
    static const struct step steps[] = {{HR_OK, 6, HR_NATS_HANDLED}, {HR_OK, 7, HR_NATS_HANDLED}};
    struct scene scene = SCENE(steps);
    (void)state;
    struct hr_error error = {0};
    assert_int_equal(run(&scene, false, &error), HR_OK);
    assert_int_equal(scene.handled, 1);
    assert_non_null(strstr(scene.notes, "REPEATED done REPEATED dead(it was handed out 6 times"));
}

static void an_answer_that_is_lost_is_told_of(void **state)
{
    static const struct step steps[] = {{HR_OK, 1, HR_NATS_HANDLED}};
    struct scene scene = SCENE(steps);
    (void)state;
    scene.cannot_answer = true;
    plays(&scene, "done UNANSWERED ");
}

/* The handler only ends when the queue has heard three times that it works. */
static void long_work_is_told_of(void **state)
{
    static const struct step steps[] = {{HR_OK, 1, HR_NATS_HANDLED}};
    struct scene scene = SCENE(steps);
    (void)state;
    scene.beats_wanted = 3;
    plays(&scene, "done ");
    int beats = atomic_load(&scene.beats);
    hr_clock_system()->sleep_us(NULL, 50000);
    assert_int_equal(atomic_load(&scene.beats), beats); /* and nothing is said behind it */
}

static void a_stop_ends_it_behind_the_message_in_hand(void **state)
{
    static const struct step steps[] = {{HR_OK, 1, HR_NATS_HANDLED}, {HR_OK, 1, HR_NATS_HANDLED}};
    struct scene scene = SCENE(steps);
    (void)state;
    scene.stop_in_handler = true;
    scene.grace_ms = 3600000;
    plays(&scene, "done ");
    assert_int_equal(scene.handled, 1);
    assert_int_equal(atomic_load(&scene.interrupted), 0);
}

static void what_comes_together_with_the_stop_goes_back_untouched(void **state)
{
    static const struct step steps[] = {{HR_OK, 1, HR_NATS_HANDLED}};
    struct scene scene = SCENE(steps);
    (void)state;
    scene.stop_in_next = true;
    scene.grace_ms = 3600000;
    plays(&scene, "AGAIN again(0) ");
    assert_int_equal(scene.handled, 0);
}

/* The handler only ends when it is interrupted. */
static void what_takes_longer_than_the_grace_goes_back(void **state)
{
    static const struct step steps[] = {{HR_OK, 1, HR_NATS_INTERRUPTED}};
    struct scene scene = SCENE(steps);
    (void)state;
    scene.stop_in_handler = true;
    scene.waits_for_interrupt = true;
    scene.grace_ms = 20;
    plays(&scene, "AGAIN again(0) ");
    assert_int_equal(atomic_load(&scene.interrupted), 1);
}

static void once_ends_with_the_last_message(void **state)
{
    static const struct step steps[] = {{HR_OK, 1, HR_NATS_HANDLED}, {HR_END, 0, 0}, {HR_OK, 1, HR_NATS_HANDLED}};
    struct scene scene = SCENE(steps);
    struct hr_error error = {0};
    (void)state;
    assert_int_equal(run(&scene, true, &error), HR_OK);
    assert_string_equal(scene.notes, "done ");
}

static void a_queue_that_comes_back_is_waited_for(void **state)
{
    static const struct step steps[] = {{HR_ERR_UNAVAILABLE, 0, 0},
                                        {HR_ERR_UNAVAILABLE, 0, 0},
                                        {HR_END, 0, 0},
                                        {HR_ERR_UNAVAILABLE, 0, 0},
                                        {HR_OK, 1, HR_NATS_HANDLED}};
    struct scene scene = SCENE(steps);
    (void)state;
    plays(&scene, "AWAY BACK AWAY BACK done ");
}

/* Also while the queue is away. */
static void what_is_done_beside_is_done_between_messages(void **state)
{
    static const struct step steps[] = {
        {HR_OK, 1, HR_NATS_HANDLED}, {HR_END, 0, 0}, {HR_ERR_UNAVAILABLE, 0, 0}, {HR_OK, 1, HR_NATS_HANDLED}};
    struct scene scene = SCENE(steps);
    (void)state;
    scene.idles = true;
    plays(&scene, "idle done idle idle AWAY idle BACK done idle ");
}

/* `once` means "no message waits", which nobody knows of a queue that is away. */
static void once_does_not_take_away_for_empty(void **state)
{
    static const struct step steps[] = {{HR_ERR_UNAVAILABLE, 0, 0}, {HR_OK, 1, HR_NATS_HANDLED}, {HR_END, 0, 0}};
    struct scene scene = SCENE(steps);
    struct hr_error error = {0};
    (void)state;
    assert_int_equal(run(&scene, true, &error), HR_OK);
    assert_string_equal(scene.notes, "AWAY BACK done ");
}

static void a_queue_that_stays_away_ends_the_loop(void **state)
{
    struct step steps[50];
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        steps[i] = (struct step){.status = HR_ERR_UNAVAILABLE};
    struct scene scene = SCENE(steps);
    struct hr_error error = {0};
    (void)state;
    assert_int_equal(run(&scene, false, &error), HR_ERR_UNAVAILABLE);
    assert_string_equal(error.text, "out of order");
    assert_string_equal(scene.notes, "AWAY ");
    assert_in_range(scene.now_us, 10000000, 12000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_is_acknowledged),
        cmocka_unit_test(a_failure_goes_back_and_is_put_aside_in_the_end),
        cmocka_unit_test(what_is_no_message_is_put_aside_at_once),
        cmocka_unit_test(what_cannot_be_put_aside_is_kept),
        cmocka_unit_test(what_ends_its_workers_is_put_aside_untried),
        cmocka_unit_test(an_answer_that_is_lost_is_told_of),
        cmocka_unit_test(long_work_is_told_of),
        cmocka_unit_test(a_stop_ends_it_behind_the_message_in_hand),
        cmocka_unit_test(what_comes_together_with_the_stop_goes_back_untouched),
        cmocka_unit_test(what_takes_longer_than_the_grace_goes_back),
        cmocka_unit_test(once_ends_with_the_last_message),
        cmocka_unit_test(a_queue_that_comes_back_is_waited_for),
        cmocka_unit_test(what_is_done_beside_is_done_between_messages),
        cmocka_unit_test(once_does_not_take_away_for_empty),
        cmocka_unit_test(a_queue_that_stays_away_ends_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
