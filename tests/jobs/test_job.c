/* A job over two stores in memory, with the real engine: what comes of it, and what is left alone. */
#include "support/check.h"

#include <unistd.h>

#include "classroom/enroll.h"
#include "jobs/job.h"
#include "store/store.h"
#include "support/temporary.h"

struct desk {
    struct temporary folder;
    struct hr_engine *engine;
    struct hr_session *session;
    struct hr_snapshot *snapshot;
    struct hr_buffer video; /* a photo: a video of one frame */
    struct hr_store in, out, kept;
    struct hr_job_options options;
    struct hr_deadline deadline;
    struct hr_job job;
    struct hr_job_outcome outcome;
    struct hr_error error;
    const char *replace_with; /* by on_result; NULL: nothing */
};

static void photo_path(const char *name, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/../photos/%s", getenv("HOMEROOM_MODELS"), name);
}

static void enroll(struct desk *desk)
{
    char path[PATH_MAX];
    struct temporary_path database = temporary_path(&desk->folder, "class.db");
    struct hr_engine_options where = {
        .size = sizeof where, .database_path = database.text, .model_dir = getenv("HOMEROOM_MODELS")};
    struct hr_enroll_photos_options how = {.size = sizeof how, .threads = 1};
    photo_path("obama.jpg", path);
    struct hr_photo photo = {"44", path};
    assert_ok(hr_enroll_photos(&where, &how, &photo, 1, &desk->error), &desk->error);
    assert_ok(hr_engine_open(&desk->engine, &where, &desk->error), &desk->error);
    assert_ok(hr_session_new(&desk->session, desk->engine, 1, &desk->error), &desk->error);
    desk->snapshot = hr_engine_hold(desk->engine);
}

static void put(struct hr_store *store, const char *name, struct hr_view bytes)
{
    struct hr_error error;
    assert_ok(store->put(store->context, name, bytes, &error), &error);
}

static void replace_the_video(void *context, const struct hr_result *result)
{
    struct desk *desk = context;
    (void)result;
    if (desk->replace_with != NULL)
        put(&desk->in, "lesson.jpg", hr_view_text(desk->replace_with));
}

static int set_up(void **state)
{
    char path[PATH_MAX];
    struct desk *desk = calloc(1, sizeof *desk);
    temporary_make(&desk->folder);
    enroll(desk);
    photo_path("obama2.jpg", path);
    hr_buffer_init(&desk->video, HR_LIMIT_PHOTO_BYTES);
    assert_ok(hr_file_read(&desk->video, path, NULL, &desk->error), &desk->error);
    assert_ok(hr_store_open_memory(&desk->in, &desk->error), &desk->error);
    assert_ok(hr_store_open_memory(&desk->out, &desk->error), &desk->error);
    assert_ok(hr_store_open_memory(&desk->kept, &desk->error), &desk->error);
    put(&desk->in, "lesson.jpg", hr_buffer_view(&desk->video));
    desk->options = (struct hr_job_options){.recognize = hr_recognize_options_default(), .columns = "id"};
    desk->deadline = hr_deadline_after(hr_clock_system(), 0, NULL);
    desk->job = (struct hr_job){.options = &desk->options,
                                .in = &desk->in,
                                .video = "lesson.jpg",
                                .shown = "lesson.jpg",
                                .identity = "lesson.jpg",
                                .version = "",
                                .out = &desk->out,
                                .names = {"lesson.csv", "lesson.error.json"},
                                .deadline = &desk->deadline,
                                .on_result = replace_the_video,
                                .context = desk};
    *state = desk;
    return 0;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    hr_store_close(&desk->in);
    hr_store_close(&desk->out);
    hr_store_close(&desk->kept);
    hr_buffer_clear(&desk->video);
    hr_snapshot_release(desk->snapshot);
    hr_session_free(desk->session);
    hr_engine_close(desk->engine);
    temporary_remove(&desk->folder);
    free(desk);
    return 0;
}

static enum hr_status run(struct desk *desk)
{
    return hr_job_run(&desk->job, desk->session, desk->snapshot, &desk->outcome, &desk->error);
}

static void assert_verdict(struct desk *desk, enum hr_job_verdict verdict)
{
    assert_ok(run(desk), &desk->error);
    if (desk->outcome.verdict != verdict)
        fail_msg("%s: %s", hr_job_verdict_name(desk->outcome.verdict), desk->outcome.text);
}

static bool is_there(struct hr_store *store, const char *name)
{
    struct hr_error error;
    struct hr_store_item item;
    enum hr_status status = store->stat(store->context, name, &item, &error);
    hr_store_item_clear(&item);
    return status == HR_OK;
}

static void assert_text(struct hr_store *store, const char *name, const char *part)
{
    struct hr_error error;
    struct hr_stream stream;
    char text[4096] = "";
    size_t got = 0;
    assert_ok(store->open(store->context, name, &stream, NULL, &error), &error);
    assert_ok(stream.read(stream.context, text, sizeof text - 1, &got, &error), &error);
    hr_stream_close(&stream);
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in: %s", part, text);
}

static void a_job_is_done_once(void **state)
{
    struct desk *desk = *state;
    assert_verdict(desk, HR_JOB_DONE);
    assert_text(&desk->out, "lesson.csv", "id\r\n44\r\n");
    assert_true(desk->outcome.written);
    assert_verdict(desk, HR_JOB_DUPLICATE);
    assert_false(desk->outcome.written);
    /* Other options make another report. */
    desk->options.columns = "id,name";
    assert_verdict(desk, HR_JOB_DONE);
    desk->options.any_report_counts = true;
    assert_verdict(desk, HR_JOB_DONE); /* it has a source of its own */
    desk->options.columns = "id";
    assert_verdict(desk, HR_JOB_DUPLICATE);
}

static void bad_input_has_an_error_report_until_it_is_good(void **state)
{
    struct desk *desk = *state;
    put(&desk->in, "lesson.jpg", hr_view_text("not a video at all"));
    assert_verdict(desk, HR_JOB_BAD_INPUT);
    assert_int_equal(desk->outcome.code, HR_ERR_FORMAT);
    assert_text(&desk->out, "lesson.error.json", "\"try_again\": false");
    assert_verdict(desk, HR_JOB_DUPLICATE);
    put(&desk->in, "lesson.jpg", hr_buffer_view(&desk->video));
    assert_verdict(desk, HR_JOB_DONE);
    assert_false(is_there(&desk->out, "lesson.error.json"));
}

static void what_is_no_report_is_left_alone(void **state)
{
    struct desk *desk = *state;
    put(&desk->out, "lesson.csv", hr_view_text("id,name,major,year\r\n1,Ada,Law,2\r\n"));
    assert_int_equal(run(desk), HR_ERR_ARGUMENT);
    assert_non_null(strstr(desk->error.text, "not a report"));
    assert_text(&desk->out, "lesson.csv", "Ada");
    /* Whoever has no queue tells it in an error report, and tries again. */
    desk->options.reports_all_errors = true;
    assert_int_equal(run(desk), HR_ERR_ARGUMENT);
    assert_text(&desk->out, "lesson.error.json", "\"try_again\": true");
    assert_text(&desk->out, "lesson.csv", "Ada");
}

static void a_video_that_changes_meanwhile_is_left_to_whoever_hears_of_it(void **state)
{
    struct desk *desk = *state;
    desk->replace_with = "another one";
    assert_verdict(desk, HR_JOB_SUPERSEDED);
    assert_false(is_there(&desk->out, "lesson.csv"));
    desk->job.version = "0"; /* announced, and gone */
    assert_verdict(desk, HR_JOB_SUPERSEDED);
    desk->job.version = "";
    desk->job.video = "gone.jpg";
    assert_verdict(desk, HR_JOB_SUPERSEDED);
}

/* What may pass decides nothing: the report of the version before stays until there is another. */
static void a_failure_that_may_pass_leaves_the_older_report(void **state)
{
    struct desk *desk = *state;
    struct hr_error error;
    assert_verdict(desk, HR_JOB_DONE);
    put(&desk->in, "lesson.jpg", hr_view_text("another one"));
    desk->options.reports_all_errors = true;
    desk->options.recognize.samples_per_s = -1; /* a fault of ours */
    assert_int_not_equal(run(desk), HR_OK);
    assert_text(&desk->out, "lesson.error.json", "\"try_again\": true");
    assert_text(&desk->out, "lesson.csv", "44");
    assert_ok(desk->out.remove(desk->out.context, "lesson.error.json", &error), &error);
}

static void a_stop_is_nobody_s_failure(void **state)
{
    struct desk *desk = *state;
    struct hr_stop stop = {true};
    desk->deadline.stop = &stop;
    desk->options.reports_all_errors = true;
    assert_int_equal(run(desk), HR_ERR_DEADLINE);
    assert_false(is_there(&desk->out, "lesson.csv") || is_there(&desk->out, "lesson.error.json"));
}

static void a_video_that_ended_the_program_twice_is_left_for_later(void **state)
{
    struct desk *desk = *state;
    struct hr_store_item *items = NULL;
    char host[65] = "", note[256], name[HR_STORE_TAG_BYTES + 16];
    size_t count = 0;
    struct hr_error error;
    desk->options.counts_attempts = desk->options.reports_all_errors = true;
    /* What it is called is learnt from its tag. */
    assert_verdict(desk, HR_JOB_DONE);
    char source[HR_STORE_TAG_BYTES + 1];
    assert_ok(desk->out.get_tag(desk->out.context, "lesson.csv", "homeroom-source", source, NULL, &error), &error);
    snprintf(name, sizeof name, ".begun-%s", source);
    assert_false(is_there(&desk->out, name));
    assert_ok(desk->out.remove(desk->out.context, "lesson.csv", &error), &error);
    assert_int_equal(gethostname(host, sizeof host), 0);
    /* Notes of a process that is gone count. */
    for (int tries = 0; tries <= 2; tries++) {
        snprintf(note, sizeof note, "%s %d 1 %d 1700000000000000\n", host, 999999999, tries);
        put(&desk->out, name, hr_view_text(note));
        if (tries < 2)
            assert_verdict(desk, HR_JOB_DONE);
        else
            assert_int_equal(run(desk), HR_ERR_LIMIT);
        assert_false(is_there(&desk->out, name));
        if (tries < 2)
            assert_ok(desk->out.remove(desk->out.context, "lesson.csv", &error), &error);
    }
    assert_text(&desk->out, "lesson.error.json", "ended 2 times");
    assert_ok(desk->out.list(desk->out.context, &items, &count, &error), &error);
    assert_int_equal(count, 1);
    hr_store_items_free(items, count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_is_done_once),
        TEST(bad_input_has_an_error_report_until_it_is_good),
        TEST(what_is_no_report_is_left_alone),
        TEST(a_video_that_changes_meanwhile_is_left_to_whoever_hears_of_it),
        TEST(a_failure_that_may_pass_leaves_the_older_report),
        TEST(a_stop_is_nobody_s_failure),
        TEST(a_video_that_ended_the_program_twice_is_left_for_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
