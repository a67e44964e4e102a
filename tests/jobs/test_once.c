/* Many who work on versions of one video, in every order that chance finds: each step of each - a look, a write, a
 * removal, a question whether the video is current - is let through one at a time. */
#include "support/check.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "jobs/once.h"
#include "jobs/report_places.h"
#include "store/store.h"
#include "support/temporary.h"

enum { VERSIONS_MAX = 4, WORKERS_MAX = 2 * VERSIONS_MAX, ROUNDS = 3000, STORE_ROUNDS = 1000 };

/* What the world has: the video's version, and what stands in the two places. */
struct world {
    int video; /* the current version; 0: removed */
    int writes;
    struct hr_once_seen places[HR_ONCE_KIND_COUNT];
    uint64_t random;
    /* The same in two stores, when the world has them. */
    struct hr_store *in, *out;
    char version[HR_STORE_VERSION_SIZE]; /* of the video that is there */
};

struct worker {
    struct world *world;
    int version;
    bool bad;        /* this version cannot be read */
    bool knows_etag; /* its event says which version it is about */
    pthread_t thread;
    sem_t turn, done; /* of one step */
    bool finished;
    enum hr_once_verdict verdict;
    enum hr_status status;
    struct hr_report_places of_stores;
    struct hr_once_places inner; /* of the stores; each step of them waits for its turn */
    char version_there[HR_STORE_VERSION_SIZE];
};

static unsigned chance(struct world *world, unsigned of)
{
    world->random = world->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(world->random >> 33) % of;
}

/* --- one step at a time --- */

static void wait_for_turn(struct worker *worker)
{
    sem_post(&worker->done);
    sem_wait(&worker->turn);
}

static void source_of(int version, char out[HR_ONCE_SOURCE_SIZE])
{
    snprintf(out, HR_ONCE_SOURCE_SIZE, "version %d", version);
}

static bool same(const struct hr_once_seen *a, const struct hr_once_seen *b)
{
    return a->there == b->there && (!a->there || strcmp(a->version, b->version) == 0);
}

static enum hr_status look(void *context, enum hr_once_kind kind, struct hr_once_seen *out, struct hr_error *error)
{
    struct worker *worker = context;
    (void)error;
    wait_for_turn(worker);
    *out = worker->world->places[kind];
    return HR_OK;
}

static enum hr_status put(void *context, enum hr_once_kind kind, struct hr_once_seen *seen, const char *source,
                          struct hr_view bytes, struct hr_error *error)
{
    struct worker *worker = context;
    struct world *world = worker->world;
    (void)bytes;
    wait_for_turn(worker);
    if (!same(seen, &world->places[kind]))
        return hr_error_set(error, HR_ERR_CONFLICT, "not what was seen");
    *seen = (struct hr_once_seen){.there = true};
    snprintf(seen->version, sizeof seen->version, "%d", ++world->writes);
    snprintf(seen->source, sizeof seen->source, "%s", source);
    world->places[kind] = *seen;
    return HR_OK;
}

static enum hr_status remove_seen(void *context, enum hr_once_kind kind, const struct hr_once_seen *seen,
                                  struct hr_error *error)
{
    struct worker *worker = context;
    wait_for_turn(worker);
    if (!same(seen, &worker->world->places[kind]))
        return hr_error_set(error, HR_ERR_CONFLICT, "not what was seen");
    worker->world->places[kind] = (struct hr_once_seen){0};
    return HR_OK;
}

static enum hr_status is_current(void *context, bool *current, struct hr_error *error)
{
    struct worker *worker = context;
    (void)error;
    wait_for_turn(worker);
    *current = worker->world->video == worker->version;
    return HR_OK;
}

/* --- the same over stores --- */

static enum hr_status store_look(void *context, enum hr_once_kind kind, struct hr_once_seen *out,
                                 struct hr_error *error)
{
    struct worker *worker = context;
    wait_for_turn(worker);
    return worker->inner.look(worker->inner.context, kind, out, error);
}

static enum hr_status store_put(void *context, enum hr_once_kind kind, struct hr_once_seen *seen, const char *source,
                                struct hr_view bytes, struct hr_error *error)
{
    struct worker *worker = context;
    wait_for_turn(worker);
    return worker->inner.put(worker->inner.context, kind, seen, source, bytes, error);
}

static enum hr_status store_remove(void *context, enum hr_once_kind kind, const struct hr_once_seen *seen,
                                   struct hr_error *error)
{
    struct worker *worker = context;
    wait_for_turn(worker);
    return worker->inner.remove(worker->inner.context, kind, seen, error);
}

static enum hr_status store_is_current(void *context, bool *current, struct hr_error *error)
{
    struct worker *worker = context;
    wait_for_turn(worker);
    return worker->inner.is_current(worker->inner.context, current, error);
}

static struct hr_once_places places_of(struct worker *worker, const char *source)
{
    if (worker->world->in == NULL)
        return (struct hr_once_places){look, put, remove_seen, is_current, worker};
    worker->of_stores = (struct hr_report_places){.in = worker->world->in,
                                                  .video = "lesson.mp4",
                                                  .version = worker->version_there,
                                                  .out = worker->world->out,
                                                  .names = {"lesson.csv", "lesson.error.json"},
                                                  .source = source};
    worker->inner = hr_report_places_once(&worker->of_stores);
    return (struct hr_once_places){store_look, store_put, store_remove, store_is_current, worker};
}

/* The next version of the video comes. */
static void replace_video(struct world *world)
{
    struct hr_error error;
    struct hr_store_item item;
    char bytes[32];
    world->video++;
    if (world->in == NULL)
        return;
    snprintf(bytes, sizeof bytes, "version %d", world->video);
    assert_ok(world->in->put(world->in->context, "lesson.mp4", hr_view_text(bytes), &error), &error);
    assert_ok(world->in->stat(world->in->context, "lesson.mp4", &item, &error), &error);
    memcpy(world->version, item.version, sizeof world->version);
    hr_store_item_clear(&item);
}

/* --- a worker, as function.c is one --- */

static bool open_video(struct worker *worker)
{
    wait_for_turn(worker);
    return worker->world->video == worker->version;
}

static void work(struct worker *worker)
{
    char source[HR_ONCE_SOURCE_SIZE];
    struct hr_error error;
    struct hr_once once;
    source_of(worker->version, source);
    struct hr_once_places places = places_of(worker, source);
    worker->verdict = HR_ONCE_SUPERSEDED;
    if (!worker->knows_etag && !open_video(worker))
        return;
    worker->status = hr_once_begin(&once, &places, source, &worker->verdict, &error);
    if (worker->status != HR_OK || worker->verdict == HR_ONCE_DUPLICATE)
        return;
    if (worker->knows_etag && !open_video(worker)) {
        worker->verdict = HR_ONCE_SUPERSEDED;
        return;
    }
    wait_for_turn(worker); /* looking at the video takes its time */
    worker->status = hr_once_end(&once, worker->bad ? HR_ONCE_FAILURE : HR_ONCE_REPORT, hr_view_text("report"),
                                 &worker->verdict, &error);
}

static void *run(void *context)
{
    struct worker *worker = context;
    wait_for_turn(worker);
    work(worker);
    worker->finished = true;
    sem_post(&worker->done);
    return NULL;
}

static void start(struct worker *worker, struct world *world, int version, bool bad)
{
    *worker = (struct worker){.world = world, .version = version, .bad = bad, .knows_etag = chance(world, 2)};
    memcpy(worker->version_there, world->version, sizeof worker->version_there);
    sem_init(&worker->turn, 0, 0);
    sem_init(&worker->done, 0, 0);
    assert_int_equal(pthread_create(&worker->thread, NULL, run, worker), 0);
    sem_wait(&worker->done);
}

static void step(struct worker *worker)
{
    sem_post(&worker->turn);
    sem_wait(&worker->done);
}

static void end(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
    sem_destroy(&worker->turn);
    sem_destroy(&worker->done);
}

static size_t unfinished(const struct worker *workers, size_t count)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++)
        left += !workers[i].finished;
    return left;
}

static void step_one(struct world *world, struct worker *workers, size_t count)
{
    size_t at = chance(world, (unsigned)unfinished(workers, count));
    for (size_t i = 0; i < count; i++)
        if (!workers[i].finished && at-- == 0) {
            step(&workers[i]);
            return;
        }
}

/* What stands in the stores, noted where the checks look for it. */
static void note_places(struct world *world)
{
    struct worker reader = {.world = world};
    struct hr_error error;
    if (world->in == NULL)
        return;
    (void)places_of(&reader, "");
    for (int kind = 0; kind < HR_ONCE_KIND_COUNT; kind++)
        assert_ok(reader.inner.look(reader.inner.context, (enum hr_once_kind)kind, &world->places[kind], &error),
                  &error);
}

static void assert_only(const struct world *world, enum hr_once_kind kind, int version, uint64_t seed)
{
    char source[HR_ONCE_SOURCE_SIZE];
    source_of(version, source);
    if (!world->places[kind].there || world->places[1 - kind].there || strcmp(world->places[kind].source, source) != 0)
        fail_msg("seed %llu: wanted '%s' alone in place %d; report: '%s', failure: '%s'", (unsigned long long)seed,
                 source, kind, world->places[HR_ONCE_REPORT].source, world->places[HR_ONCE_FAILURE].source);
}

/* Versions come while others are in hand; each has one or two workers, and can be read or not. */
static void play(uint64_t seed, struct hr_store *in, struct hr_store *out)
{
    struct world world = {.random = seed, .in = in, .out = out};
    struct worker workers[WORKERS_MAX];
    size_t count = 0;
    bool bad = false;
    int versions = 2 + (int)chance(&world, VERSIONS_MAX - 1);
    while (world.video < versions || unfinished(workers, count) > 0) {
        bool replace = world.video < versions && chance(&world, 8) == 0;
        if (!replace && unfinished(workers, count) > 0) {
            step_one(&world, workers, count);
            continue;
        }
        if (world.video == versions)
            continue;
        replace_video(&world);
        bad = chance(&world, 2);
        for (unsigned n = 1 + chance(&world, 2); n > 0; n--)
            start(&workers[count++], &world, world.video, bad);
    }
    size_t written = 0;
    for (size_t i = 0; i < count; i++) {
        end(&workers[i]);
        assert_int_equal(workers[i].status, HR_OK);
        written += workers[i].version == versions && workers[i].verdict == HR_ONCE_WRITTEN;
    }
    note_places(&world);
    assert_only(&world, bad ? HR_ONCE_FAILURE : HR_ONCE_REPORT, versions, seed);
    assert_int_equal(written, 1); /* of the newest, one wrote and the other saw that it was done */
}

static void the_newest_report_stays_in_every_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++)
        play(seed, NULL, NULL);
}

/* In memory, which is S3's twin, and in a folder: what `watch`, the function and the worker write through. */
static void the_newest_report_stays_in_stores(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= STORE_ROUNDS; seed++) {
        struct hr_store in, out;
        struct hr_error error;
        struct temporary folder = {{0}};
        bool in_folder = seed % 4 == 0; /* slower: each write waits for the disk */
        if (in_folder)
            temporary_make(&folder);
        assert_ok(hr_store_open_memory(&in, &error), &error);
        assert_ok(in_folder ? hr_store_open_folder(&out, folder.path, false, &error)
                            : hr_store_open_memory(&out, &error),
                  &error);
        play(seed, &in, &out);
        hr_store_close(&in);
        hr_store_close(&out);
        if (in_folder)
            temporary_remove(&folder);
    }
}

/* --- a few by hand --- */

/* Two versions in hand at once: the older one ends last. */
static void an_older_version_does_not_overwrite(void **state)
{
    (void)state;
    for (int bad = 0; bad < 2; bad++) {
        struct world world = {.video = 1, .random = 1};
        struct worker old, fresh;
        start(&old, &world, 1, bad != 0);
        for (int i = 0; i < 4; i++) /* it has looked at the places and at the video */
            step(&old);
        world.video = 2;
        start(&fresh, &world, 2, false);
        while (!fresh.finished)
            step(&fresh);
        while (!old.finished)
            step(&old);
        end(&old);
        end(&fresh);
        assert_int_equal(fresh.verdict, HR_ONCE_WRITTEN);
        assert_int_equal(old.verdict, HR_ONCE_SUPERSEDED);
        assert_only(&world, HR_ONCE_REPORT, 2, 0);
    }
}

static void a_repeated_event_finds_what_came_of_it(void **state)
{
    (void)state;
    for (int bad = 0; bad < 2; bad++) {
        struct world world = {.video = 1, .random = 1};
        struct worker worker;
        for (int again = 0; again < 2; again++) {
            start(&worker, &world, 1, bad != 0);
            while (!worker.finished)
                step(&worker);
            end(&worker);
            assert_int_equal(worker.verdict, again ? HR_ONCE_DUPLICATE : HR_ONCE_WRITTEN);
        }
        assert_int_equal(world.writes, 1);
    }
}

static void what_is_not_ours_is_written_over_when_it_was_there_before(void **state)
{
    (void)state;
    struct world world = {.video = 1, .random = 1};
    struct worker worker;
    world.places[HR_ONCE_REPORT] = (struct hr_once_seen){.there = true, .version = "0"};
    start(&worker, &world, 1, false);
    while (!worker.finished)
        step(&worker);
    end(&worker);
    assert_only(&world, HR_ONCE_REPORT, 1, 0);
}

/* --- failures --- */

static enum hr_status always_conflict(void *context, enum hr_once_kind kind, struct hr_once_seen *seen,
                                      const char *source, struct hr_view bytes, struct hr_error *error)
{
    (void)context, (void)kind, (void)seen, (void)source, (void)bytes;
    return hr_error_set(error, HR_ERR_CONFLICT, "again");
}

static enum hr_status nothing_there(void *context, enum hr_once_kind kind, struct hr_once_seen *out,
                                    struct hr_error *error)
{
    (void)context, (void)kind, (void)error;
    *out = (struct hr_once_seen){0};
    return HR_OK;
}

static enum hr_status service_is_away(void *context, enum hr_once_kind kind, struct hr_once_seen *out,
                                      struct hr_error *error)
{
    (void)context, (void)kind, (void)out;
    return hr_error_set(error, HR_ERR_UNAVAILABLE, "away");
}

static enum hr_status always_current(void *context, bool *current, struct hr_error *error)
{
    (void)context, (void)error;
    *current = true;
    return HR_OK;
}

static void failures_are_told(void **state)
{
    (void)state;
    struct hr_once once;
    struct hr_error error;
    enum hr_once_verdict verdict;
    struct hr_once_places away = {.look = service_is_away};
    assert_int_equal(hr_once_begin(&once, &away, "x", &verdict, &error), HR_ERR_UNAVAILABLE);
    struct hr_once_places busy = {.look = nothing_there, .put = always_conflict, .is_current = always_current};
    assert_int_equal(hr_once_begin(&once, &busy, "x", &verdict, &error), HR_OK);
    assert_int_equal(verdict, HR_ONCE_OPEN);
    assert_int_equal(hr_once_end(&once, HR_ONCE_REPORT, hr_view_text(""), &verdict, &error), HR_ERR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_older_version_does_not_overwrite),
        cmocka_unit_test(a_repeated_event_finds_what_came_of_it),
        cmocka_unit_test(what_is_not_ours_is_written_over_when_it_was_there_before),
        cmocka_unit_test(failures_are_told),
        cmocka_unit_test(the_newest_report_stays_in_every_order),
        cmocka_unit_test(the_newest_report_stays_in_stores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
