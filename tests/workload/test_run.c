/* The whole run between two stores in memory, with a recogniser that sits behind the input. */
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "support/check.h"

#include "workload/summary.h"

enum { VIDEOS_MAX = 64 };

/* Time that passes only while all threads of the run are asleep, so that a slow machine does not
 * change what happens. When they end one after the other, the rest wakes early, which is allowed. */
struct fake_time {
    pthread_mutex_t lock;
    pthread_cond_t passed;
    int64_t now_us;
    size_t threads, asleep, step;
};

static int64_t fake_now(void *context)
{
    struct fake_time *time = context;
    pthread_mutex_lock(&time->lock);
    int64_t now_us = time->now_us;
    pthread_mutex_unlock(&time->lock);
    return now_us;
}

static void fake_sleep(void *context, int64_t duration_us)
{
    struct fake_time *time = context;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 2000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&time->lock);
    size_t step = time->step;
    if (++time->asleep >= time->threads) {
        time->now_us += duration_us;
        time->asleep = 0;
        time->step++;
        pthread_cond_broadcast(&time->passed);
    }
    int waited = 0;
    while (time->step == step && waited == 0)
        waited = pthread_cond_timedwait(&time->passed, &time->lock, &until);
    if (time->step == step)
        time->asleep--;
    pthread_mutex_unlock(&time->lock);
}

/* What the recogniser does with a video. */
enum answer { RIGHT, WRONG_YEAR, ERROR, ERROR_THEN_RIGHT, SILENT, REFUSED_UPLOAD };

struct bench {
    struct fake_time time;
    struct hr_clock clock;
    struct hr_clips clips;
    struct hr_mapping mapping;
    struct hr_store input_memory, output_memory;
    struct hr_store input, output; /* the twins around them */
    enum answer answers[VIDEOS_MAX];
    const char *report_suffix; /* ".csv" */
    pthread_mutex_t lock;
    int64_t put_at_us[VIDEOS_MAX];
    char put_bytes[VIDEOS_MAX];
    size_t at_once, at_once_most, puts;
    size_t lists, lists_failing; /* so many first ones fail */
    enum hr_status lists_fail_with;
    size_t opens_failing;
    size_t stop_after_right;
    struct hr_workload_counts told;
    struct hr_workload_video videos[VIDEOS_MAX];
};

static void write_report(struct bench *bench, size_t index, const char *suffix, const char *text)
{
    char name[64];
    struct hr_error error = {0};
    snprintf(name, sizeof name, "test_%zu%s", index, suffix);
    assert_ok(bench->output_memory.put(bench->output_memory.context, name, hr_view_text(text), &error), &error);
}

static void write_csv(struct bench *bench, size_t index, const char *year)
{
    char text[128], name[HR_WORKLOAD_NAME_SIZE];
    hr_workload_name(index, name);
    const struct hr_mapping_entry *entry = hr_mapping_find(&bench->mapping, name);
    snprintf(text, sizeof text, "name,major,year\r\nx,%s,%s\r\n", entry->major, year != NULL ? year : entry->year);
    write_report(bench, index, bench->report_suffix, text);
}

static void recognise(struct bench *bench, size_t index)
{
    switch (bench->answers[index]) {
    case RIGHT:
        write_csv(bench, index, NULL);
        break;
    case WRONG_YEAR:
        write_csv(bench, index, "retired");
        break;
    case ERROR:
        write_report(bench, index, ".error.json", "{\"code\":\"format\",\"message\":\"no video\"}");
        break;
    case ERROR_THEN_RIGHT:
        write_report(bench, index, ".error.json", "{\"code\":\"throttled\",\"message\":\"later\",\"try_again\":true}");
        break;
    default:
        break;
    }
}

static enum hr_status twin_put(void *context, const char *name, struct hr_view bytes, struct hr_error *error)
{
    struct bench *bench = context;
    size_t index;
    const char *rest;
    if (!hr_workload_name_parse(name, &index, &rest))
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s'", name);
    pthread_mutex_lock(&bench->lock);
    bench->puts++;
    bench->at_once++;
    if (bench->at_once > bench->at_once_most)
        bench->at_once_most = bench->at_once;
    bench->put_at_us[index] = fake_now(&bench->time);
    bench->put_bytes[index] = bytes.size > 0 ? (char)bytes.data[0] : '\0';
    pthread_mutex_unlock(&bench->lock);
    enum hr_status status = bench->answers[index] == REFUSED_UPLOAD
                                ? hr_error_set(error, HR_ERR_PERMISSION, "you may not")
                                : bench->input_memory.put(bench->input_memory.context, name, bytes, error);
    if (status == HR_OK)
        recognise(bench, index);
    pthread_mutex_lock(&bench->lock);
    bench->at_once--;
    pthread_mutex_unlock(&bench->lock);
    return status;
}

static enum hr_status twin_input_list(void *context, struct hr_store_item **out, size_t *count, struct hr_error *error)
{
    struct bench *bench = context;
    return bench->input_memory.list(bench->input_memory.context, out, count, error);
}

static enum hr_status twin_output_list(void *context, struct hr_store_item **out, size_t *count, struct hr_error *error)
{
    struct bench *bench = context;
    *out = NULL;
    *count = 0;
    if (++bench->lists <= bench->lists_failing)
        return hr_error_set(error, bench->lists_fail_with, "the service says no");
    /* The second try of those that were put off. */
    for (size_t i = 0; bench->lists > 20 && i < VIDEOS_MAX; i++)
        if (bench->answers[i] == ERROR_THEN_RIGHT && bench->put_at_us[i] != 0) {
            bench->answers[i] = RIGHT;
            write_csv(bench, i, NULL);
        }
    return bench->output_memory.list(bench->output_memory.context, out, count, error);
}

static enum hr_status twin_open(void *context, const char *name, struct hr_stream *out,
                                char version[HR_STORE_VERSION_SIZE], struct hr_error *error)
{
    struct bench *bench = context;
    pthread_mutex_lock(&bench->lock);
    bool fails = bench->opens_failing > 0;
    bench->opens_failing -= fails;
    pthread_mutex_unlock(&bench->lock);
    if (fails)
        return hr_error_set(error, HR_ERR_UNAVAILABLE, "reset");
    return bench->output_memory.open(bench->output_memory.context, name, out, version, error);
}

static void told(void *context, const struct hr_workload_counts *counts)
{
    ((struct bench *)context)->told = *counts;
}

static bool is_stopped(void *context)
{
    const struct bench *bench = context;
    return bench->stop_after_right > 0 && bench->told.of[HR_WORKLOAD_RIGHT] >= bench->stop_after_right;
}

static void make_clips(struct bench *bench)
{
    struct hr_store folder;
    struct hr_error error = {0};
    assert_ok(hr_store_open_memory(&folder, &error), &error);
    assert_ok(folder.put(folder.context, "a.mp4", hr_view_text("A"), &error), &error);
    assert_ok(folder.put(folder.context, "b.MP4", hr_view_text("B"), &error), &error);
    assert_ok(folder.put(folder.context, "notes.txt", hr_view_text("N"), &error), &error);
    assert_ok(hr_clips_read(&bench->clips, &folder, &error), &error);
    assert_int_equal(bench->clips.count, 2);
    hr_store_close(&folder);
}

static void make_plan(struct bench *bench)
{
    char text[VIDEOS_MAX * 40] = "";
    size_t at = 0;
    struct hr_workload_plan plan[VIDEOS_MAX];
    struct hr_error error = {0};
    for (size_t i = 0; i < VIDEOS_MAX; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "test_%zu.mp4:major%zu,senior\n", i, i % 2);
    assert_ok(hr_mapping_parse(&bench->mapping, hr_view_text(text), &error), &error);
    assert_ok(hr_workload_plan(plan, VIDEOS_MAX, (const char *const *)bench->clips.names, bench->clips.count,
                               &bench->mapping, &error),
              &error);
    for (size_t i = 0; i < VIDEOS_MAX; i++) {
        bench->videos[i].plan = plan[i];
        hr_workload_name(i, bench->videos[i].name);
    }
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct hr_error error = {0};
    assert_non_null(bench);
    bench->time.now_us = 1000000;
    pthread_mutex_init(&bench->time.lock, NULL);
    pthread_cond_init(&bench->time.passed, NULL);
    bench->clock = (struct hr_clock){
        .monotonic_us = fake_now, .wall_us = fake_now, .sleep_us = fake_sleep, .context = &bench->time};
    bench->report_suffix = ".csv";
    pthread_mutex_init(&bench->lock, NULL);
    make_clips(bench);
    make_plan(bench);
    assert_ok(hr_store_open_memory(&bench->input_memory, &error), &error);
    assert_ok(hr_store_open_memory(&bench->output_memory, &error), &error);
    bench->input = (struct hr_store){.put = twin_put, .list = twin_input_list, .context = bench};
    bench->output = (struct hr_store){.open = twin_open, .list = twin_output_list, .context = bench};
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    hr_store_close(&bench->input_memory);
    hr_store_close(&bench->output_memory);
    hr_clips_clear(&bench->clips);
    hr_mapping_clear(&bench->mapping);
    pthread_mutex_destroy(&bench->lock);
    pthread_mutex_destroy(&bench->time.lock);
    pthread_cond_destroy(&bench->time.passed);
    free(bench);
    return 0;
}

static struct hr_workload_job job_of(struct bench *bench)
{
    enum { WORKERS = 4 };
    bench->time.threads = WORKERS + 1;
    return (struct hr_workload_job){.clips = &bench->clips,
                                    .input = &bench->input,
                                    .output = &bench->output,
                                    .workers = WORKERS,
                                    .timeout_us = 30000000,
                                    .poll_us = 500000,
                                    .clock = &bench->clock,
                                    .stopped = is_stopped,
                                    .progress = told,
                                    .context = bench};
}

static void all_right(void **state)
{
    struct bench *bench = *state;
    struct hr_error error = {0};
    const struct hr_workload_job job = job_of(bench);
    assert_ok(hr_workload_run(&job, bench->videos, VIDEOS_MAX, &error), &error);
    for (size_t i = 0; i < VIDEOS_MAX; i++) {
        const struct hr_workload_video *video = &bench->videos[i];
        assert_int_equal(video->outcome, HR_WORKLOAD_RIGHT);
        assert_string_equal(video->reason, "");
        assert_true(video->upload_start_us > 0);
        assert_true(video->upload_end_us >= video->upload_start_us);
        assert_true(video->seen_us >= video->upload_end_us);
        assert_true(video->video_modified_us > 0);
        assert_true(video->report_modified_us > 0);
        assert_int_equal(bench->put_bytes[i], i % 2 == 0 ? 'A' : 'B');
    }
    assert_int_equal(bench->puts, VIDEOS_MAX);
    assert_true(bench->at_once_most <= job.workers);
    assert_int_equal(bench->told.of[HR_WORKLOAD_RIGHT], VIDEOS_MAX);
    assert_int_equal(bench->told.uploaded, VIDEOS_MAX);
}

static void names_as_watch_has_them(void **state)
{
    struct bench *bench = *state;
    struct hr_error error = {0};
    const struct hr_workload_job job = job_of(bench);
    bench->report_suffix = ".mp4.csv";
    assert_ok(hr_workload_run(&job, bench->videos, 5, &error), &error);
    assert_int_equal(bench->told.of[HR_WORKLOAD_RIGHT], 5);
}

static void every_kind_of_failure(void **state)
{
    struct bench *bench = *state;
    struct hr_error error = {0};
    const struct hr_workload_job job = job_of(bench);
    bench->answers[1] = WRONG_YEAR;
    bench->answers[2] = ERROR;
    bench->answers[3] = SILENT;
    bench->answers[4] = REFUSED_UPLOAD;
    bench->answers[5] = ERROR_THEN_RIGHT;
    assert_ok(hr_workload_run(&job, bench->videos, 6, &error), &error);
    static const enum hr_workload_outcome outcomes[] = {HR_WORKLOAD_RIGHT,   HR_WORKLOAD_WRONG,  HR_WORKLOAD_FAILED,
                                                        HR_WORKLOAD_MISSING, HR_WORKLOAD_UNSENT, HR_WORKLOAD_RIGHT};
    static const char *const reasons[] = {
        "", "major1,retired instead of major1,senior", "format: no video", "", "you may not", ""};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(bench->videos[i].outcome, outcomes[i]);
        assert_string_equal(bench->videos[i].reason, reasons[i]);
    }
    assert_int_equal(bench->videos[4].upload_end_us, 0);
}

/* What is said to be tried again and is not, is missing, and why is told. */
static void put_off_for_ever(void **state)
{
    struct bench *bench = *state;
    struct hr_error error = {0};
    struct hr_workload_job job = job_of(bench);
    job.timeout_us = 3000000; /* before the twin's second try */
    bench->answers[0] = ERROR_THEN_RIGHT;
    assert_ok(hr_workload_run(&job, bench->videos, 1, &error), &error);
    assert_int_equal(bench->videos[0].outcome, HR_WORKLOAD_MISSING);
    assert_string_equal(bench->videos[0].reason, "throttled: later");
}

static void rate(void **state)
{
    struct bench *bench = *state;
    struct hr_error error = {0};
    struct hr_workload_job job = job_of(bench);
    job.rate_per_s = 10;
    assert_ok(hr_workload_run(&job, bench->videos, 20, &error), &error);
    for (size_t i = 0; i < 20; i++)
        assert_true(bench->put_at_us[i] - bench->put_at_us[0] >= (int64_t)i * 100000);
}

static void output_out_of_reach_for_a_while(void **state)
{
    struct bench *bench = *state;
    struct hr_error error = {0};
    const struct hr_workload_job job = job_of(bench);
    bench->lists_failing = 5;
    bench->lists_fail_with = HR_ERR_UNAVAILABLE;
    bench->opens_failing = 3;
    assert_ok(hr_workload_run(&job, bench->videos, 10, &error), &error);
    for (size_t i = 0; i < 10; i++)
        assert_string_equal(bench->videos[i].reason, "");
    assert_int_equal(bench->told.of[HR_WORKLOAD_RIGHT], 10);
}

static void output_out_of_reach_for_ever(void **state)
{
    struct bench *bench = *state;
    struct hr_error error = {0};
    const struct hr_workload_job job = job_of(bench);
    bench->lists_failing = SIZE_MAX;
    bench->lists_fail_with = HR_ERR_UNAVAILABLE;
    assert_ok(hr_workload_run(&job, bench->videos, 2, &error), &error);
    assert_int_equal(bench->videos[1].outcome, HR_WORKLOAD_MISSING);
    assert_string_equal(bench->videos[1].reason, "the service says no");
}

static void output_that_may_not_be_looked_at(void **state)
{
    struct bench *bench = *state;
    struct hr_error error = {0};
    const struct hr_workload_job job = job_of(bench);
    bench->lists_failing = SIZE_MAX;
    bench->lists_fail_with = HR_ERR_PERMISSION;
    assert_error(hr_workload_run(&job, bench->videos, 2, &error), HR_ERR_PERMISSION, &error, "the service says no");
    assert_int_equal(bench->videos[0].outcome, HR_WORKLOAD_OPEN);
}

static void stopped(void **state)
{
    struct bench *bench = *state;
    struct hr_error error = {0};
    struct hr_workload_job job = job_of(bench);
    job.timeout_us = 0;
    bench->stop_after_right = 3;
    for (size_t i = 3; i < 10; i++)
        bench->answers[i] = SILENT;
    assert_error(hr_workload_run(&job, bench->videos, 10, &error), HR_ERR_DEADLINE, &error, "stopped");
    struct hr_workload_counts counts = hr_workload_count(bench->videos, 10);
    assert_int_equal(counts.of[HR_WORKLOAD_RIGHT], 3);
    assert_int_equal(counts.of[HR_WORKLOAD_OPEN], 7);
}

static void numbers_that_cannot_be(void **state)
{
    struct bench *bench = *state;
    struct hr_error error = {0};
    struct hr_workload_job job = job_of(bench);
    assert_int_equal(hr_workload_run(&job, bench->videos, 0, &error), HR_ERR_ARGUMENT);
    assert_int_equal(hr_workload_run(&job, bench->videos, HR_WORKLOAD_VIDEOS_MAX + 1, &error), HR_ERR_ARGUMENT);
    job.workers = 0;
    assert_int_equal(hr_workload_run(&job, bench->videos, 1, &error), HR_ERR_ARGUMENT);
    job.workers = 65;
    assert_int_equal(hr_workload_run(&job, bench->videos, 1, &error), HR_ERR_ARGUMENT);
}

static void assert_names(const struct hr_store *store, const char *expected)
{
    struct hr_store_item *items = NULL;
    size_t count = 0, at = 0;
    char text[256] = "";
    struct hr_error error = {0};
    assert_ok(store->list(store->context, &items, &count, &error), &error);
    for (size_t i = 0; i < count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s ", items[i].name);
    hr_store_items_free(items, count);
    assert_string_equal(text, expected);
}

static void clearing_takes_nothing_else(void **state)
{
    struct bench *bench = *state;
    const struct hr_store *store = &bench->output_memory;
    static const char *const names[] = {
        "test_0.csv", "test_7.mp4.csv", "test_12.error.json", "lesson.csv", "test_x.csv", "test_05.csv", "my.mp4"};
    struct hr_error error = {0};
    size_t removed = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_ok(store->put(store->context, names[i], hr_view_text("x"), &error), &error);
    assert_ok(hr_workload_clear(store, &removed, &error), &error);
    assert_int_equal(removed, 3);
    assert_names(store, "lesson.csv my.mp4 test_05.csv test_x.csv ");
}

static void old_reports_are_refused(void **state)
{
    struct bench *bench = *state;
    const struct hr_store *store = &bench->output_memory;
    struct hr_error error = {0};
    assert_ok(store->put(store->context, "test_9.csv", hr_view_text("x"), &error), &error);
    assert_ok(store->put(store->context, "lesson.csv", hr_view_text("x"), &error), &error);
    assert_ok(hr_workload_check_output(store, 9, &error), &error); /* test_0 to test_8 */
    assert_error(hr_workload_check_output(store, 10, &error), HR_ERR_CONFLICT, &error, "--clear");
    assert_ok(store->put(store->context, "test_2.error.json", hr_view_text("x"), &error), &error);
    assert_error(hr_workload_check_output(store, 9, &error), HR_ERR_CONFLICT, &error, "'test_2.error.json'");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_right),
        TEST(names_as_watch_has_them),
        TEST(every_kind_of_failure),
        TEST(put_off_for_ever),
        TEST(rate),
        TEST(output_out_of_reach_for_a_while),
        TEST(output_out_of_reach_for_ever),
        TEST(output_that_may_not_be_looked_at),
        TEST(stopped),
        TEST(numbers_that_cannot_be),
        TEST(clearing_takes_nothing_else),
        TEST(old_reports_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
