/* Engine and session through the public header: what is refused, stopped, shared. The video is made
 * of a sample photo by the ffmpeg command. */
#include "support/check.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "classroom/classroom.h"
#include "classroom/engine.h"
#include "classroom/enroll.h"
#include "homeroom.h"
#include "store/store.h"
#include "support/temporary.h"

struct school {
    struct temporary folder;
    struct temporary_path database, video;
    char photos[PATH_MAX];
};

static void photo_path(const struct school *school, const char *name, char out[PATH_MAX + 32])
{
    snprintf(out, PATH_MAX + 32, "%s/%s", school->photos, name);
}

static void enroll(const struct school *school, const char *id, const char *photo)
{
    struct hr_error error;
    struct hr_engine *engine = NULL;
    struct hr_session *session = NULL;
    struct hr_enrolment *plan = NULL;
    struct hr_buffer bytes;
    char path[PATH_MAX + 32];
    struct hr_engine_options options = {
        .size = sizeof options, .database_path = school->database.text, .model_dir = getenv("HOMEROOM_MODELS")};
    assert_ok(hr_engine_open_mode(&engine, &options, HR_DATABASE_CREATE, &error), &error);
    assert_ok(hr_session_new_enrolling(&session, engine, 1, &error), &error);
    photo_path(school, photo, path);
    hr_buffer_init(&bytes, HR_LIMIT_PHOTO_BYTES);
    assert_ok(hr_file_read(&bytes, path, NULL, &error), &error);
    assert_ok(hr_enrolment_new(&plan, engine, session, NULL, &error), &error);
    assert_ok(hr_enrolment_photo(plan, id, hr_buffer_view(&bytes), photo, &error), &error);
    assert_ok(hr_enrolment_judge(plan, &error), &error);
    assert_ok(hr_enrolment_commit(plan, &error), &error);
    assert_int_equal(hr_enrolment_outcome(plan, 0)->verdict, HR_ENROLL_ENROLLED);
    hr_enrolment_free(plan);
    hr_buffer_clear(&bytes);
    hr_session_free(session);
    hr_engine_close(engine);
}

static void make_video(const struct school *school, const char *photo, const char *video)
{
    char path[PATH_MAX + 32];
    photo_path(school, photo, path);
    pid_t child = fork();
    if (child == 0) {
        execlp("ffmpeg", "ffmpeg", "-nostdin", "-v", "error", "-loop", "1", "-i", path, "-t", "3", "-r", "10", "-vf",
               "scale=640:-2", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", video, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int set_up(void **state)
{
    struct school *school = calloc(1, sizeof *school);
    assert_non_null(getenv("HOMEROOM_MODELS"));
    snprintf(school->photos, sizeof school->photos, "%s/../photos", getenv("HOMEROOM_MODELS"));
    temporary_make(&school->folder);
    school->database = temporary_path(&school->folder, "homeroom.db");
    school->video = temporary_path(&school->folder, "lesson.mp4");
    enroll(school, "44", "obama.jpg");
    enroll(school, "46", "biden.jpg");
    make_video(school, "obama2.jpg", school->video.text);
    *state = school;
    return 0;
}

static int tear_down(void **state)
{
    struct school *school = *state;
    temporary_remove(&school->folder);
    free(school);
    return 0;
}

static struct hr_engine *open_engine(const struct school *school)
{
    struct hr_engine *engine = NULL;
    struct hr_error error;
    struct hr_engine_options options = {
        .size = sizeof options, .database_path = school->database.text, .model_dir = getenv("HOMEROOM_MODELS")};
    assert_ok(hr_engine_open(&engine, &options, &error), &error);
    return engine;
}

static void an_engine_without_database_or_models_says_what_is_missing(void **state)
{
    struct school *school = *state;
    struct hr_engine *engine = NULL;
    struct hr_error error;
    struct temporary_path nowhere = temporary_path(&school->folder, "none.db");
    struct hr_engine_options options = {
        .size = sizeof options, .database_path = nowhere.text, .model_dir = getenv("HOMEROOM_MODELS")};
    assert_error(hr_engine_open(&engine, &options, &error), HR_ERR_NOT_FOUND, &error, "none.db");
    assert_null(engine);
    options = (struct hr_engine_options){
        .size = sizeof options, .database_path = school->database.text, .model_dir = school->folder.path};
    assert_error(hr_engine_open(&engine, &options, &error), HR_ERR_MODEL, &error, "centerface.hrm");
    assert_null(engine);
    options = (struct hr_engine_options){.size = sizeof options};
    assert_int_equal(hr_engine_open(&engine, &options, &error), HR_ERR_ARGUMENT);
}

/* A snapshot is of one moment; what it holds grows too old. */
static void a_gallery_is_over_when_a_face_in_it_is_too_old(void **state)
{
    struct school *school = *state;
    struct hr_engine *engine = open_engine(school);
    assert_false(hr_engine_is_over(engine));
    struct hr_snapshot *snapshot = hr_engine_hold(engine);
    assert_int_equal(hr_gallery_students(snapshot->gallery), 2);
    assert_true(snapshot->oldest_face_us > 1700000000000000);
    snapshot->keeping.days[HR_KEPT_FACES] = 1;
    assert_false(hr_engine_is_over(engine));
    snapshot->oldest_face_us -= INT64_C(86400000000);
    assert_true(hr_engine_is_over(engine));
    snapshot->keeping.days[HR_KEPT_FACES] = 2;
    assert_false(hr_engine_is_over(engine));
    hr_snapshot_release(snapshot);
    hr_engine_drop(engine);
    assert_false(hr_engine_is_over(engine));
    hr_engine_close(engine);
}

static void a_session_takes_threads_within_limits(void **state)
{
    struct hr_engine *engine = open_engine(*state);
    struct hr_session *session = NULL;
    struct hr_error error;
    assert_int_equal(hr_session_new(&session, engine, -1, &error), HR_ERR_ARGUMENT);
    assert_int_equal(hr_session_new(&session, engine, HR_LIMIT_THREADS + 1, &error), HR_ERR_ARGUMENT);
    assert_null(session);
    assert_ok(hr_session_new(&session, engine, 3, &error), &error);
    hr_session_free(session);
    hr_engine_close(engine);
}

struct watcher {
    struct hr_progress last;
    size_t calls;
    struct hr_stop *stop_me;
};

static void on_progress(void *context, const struct hr_progress *progress)
{
    struct watcher *watcher = context;
    if (watcher->calls > 0)
        assert_true(progress->position_us > watcher->last.position_us);
    assert_int_equal(progress->frames, ++watcher->calls);
    watcher->last = *progress;
    if (watcher->stop_me != NULL && watcher->calls == 2)
        hr_stop_request(watcher->stop_me);
}

static void a_video_gives_its_student_with_progress(void **state)
{
    struct school *school = *state;
    struct hr_engine *engine = open_engine(school);
    struct hr_session *session = NULL;
    struct hr_error error;
    struct hr_result *result = NULL;
    struct watcher watcher = {.calls = 0};
    struct hr_recognize_options options = hr_recognize_options_default();
    options.progress = on_progress;
    options.progress_context = &watcher;
    assert_ok(hr_session_new(&session, engine, 1, &error), &error);
    assert_ok(hr_recognize_file(engine, session, school->video.text, &options, &result, &error), &error);
    assert_int_equal(hr_result_student_count(result), 1);
    assert_int_equal(hr_result_unknown_count(result), 0);
    const struct hr_seen_student *seen = hr_result_student(result, 0);
    assert_string_equal(seen->id, "44");
    assert_string_equal(seen->name, "44"); /* enrolled without a record */
    assert_false(seen->has_record);
    assert_non_null(strstr(hr_result_warning(result, 0), "no record"));
    assert_null(hr_result_warning(result, 1));
    assert_int_equal(seen->first_us, 0);
    assert_int_equal(seen->last_us, 2500000);
    assert_int_equal(seen->sightings, 6);
    assert_int_equal(seen->band, HR_BAND_CERTAIN);
    assert_true(seen->similarity > 0.6 && seen->stranger_chance < 1e-4);
    assert_null(hr_result_student(result, 1));
    assert_int_equal(watcher.calls, 6);
    assert_int_equal(watcher.last.faces, 6);
    assert_true(llabs(watcher.last.duration_us - 3000000) < 200000);

    char *text = NULL;
    assert_ok(hr_result_write(result, HR_FORMAT_CSV, NULL, &text, &error), &error);
    assert_string_equal(text, "name,major,year\r\n44,,\r\n");
    free(text);
    assert_int_equal(hr_result_write(result, HR_FORMAT_CSV, "height", &text, &error), HR_ERR_ARGUMENT);
    assert_ok(hr_result_write(result, HR_FORMAT_JSON, NULL, &text, &error), &error);
    assert_non_null(strstr(text, "\"44\""));
    free(text);
    /* The result outlives session and engine. */
    hr_session_free(session);
    hr_engine_close(engine);
    assert_string_equal(hr_result_student(result, 0)->id, "44");
    hr_result_free(result);
}

static void a_still_image_is_a_video_of_one_frame(void **state)
{
    struct school *school = *state;
    struct hr_engine *engine = open_engine(school);
    struct hr_session *session = NULL;
    struct hr_error error;
    struct hr_result *result = NULL;
    char path[PATH_MAX + 32];
    photo_path(school, "obama3.jpg", path);
    assert_ok(hr_session_new(&session, engine, 1, &error), &error);
    assert_ok(hr_recognize_file(engine, session, path, NULL, &result, &error), &error);
    assert_int_equal(hr_result_student_count(result), 1);
    assert_int_equal(hr_result_student(result, 0)->sightings, 1);
    hr_result_free(result);
    photo_path(school, "astronaut.png", path);
    assert_ok(hr_recognize_file(engine, session, path, NULL, &result, &error), &error);
    assert_int_equal(hr_result_student_count(result), 0);
    assert_int_equal(hr_result_unknown_count(result), 1);
    hr_result_free(result);
    hr_session_free(session);
    hr_engine_close(engine);
}

static void a_stop_and_a_timeout_end_it_with_the_place(void **state)
{
    struct school *school = *state;
    struct hr_engine *engine = open_engine(school);
    struct hr_session *session = NULL;
    struct hr_error error;
    struct hr_result *result = NULL;
    struct hr_recognize_options options = hr_recognize_options_default();
    assert_ok(hr_session_new(&session, engine, 1, &error), &error);
    options.timeout_ms = 1;
    assert_int_equal(hr_recognize_file(engine, session, school->video.text, &options, &result, &error),
                     HR_ERR_DEADLINE);
    assert_null(result);
    /* The session is as good as new. */
    assert_ok(hr_recognize_file(engine, session, school->video.text, NULL, &result, &error), &error);
    hr_result_free(result);

    struct watcher watcher = {.stop_me = hr_stop_new()};
    options = hr_recognize_options_default();
    options.stop = watcher.stop_me;
    options.progress = on_progress;
    options.progress_context = &watcher;
    assert_int_equal(hr_recognize_file(engine, session, school->video.text, &options, &result, &error),
                     HR_ERR_DEADLINE);
    assert_null(result);
    assert_int_equal(watcher.calls, 2);
    /* A stop is of the calls that it was given to: those end, and others go on. */
    assert_int_equal(hr_recognize_file(engine, session, school->video.text, &options, &result, &error),
                     HR_ERR_DEADLINE);
    assert_ok(hr_recognize_file(engine, session, school->video.text, NULL, &result, &error), &error);
    hr_result_free(result);
    hr_stop_free(watcher.stop_me);
    hr_session_free(session);
    hr_engine_close(engine);
}

static char *report_of(const struct hr_result *result)
{
    char *text = NULL;
    struct hr_error error;
    assert_ok(hr_result_write(result, HR_FORMAT_JSON, NULL, &text, &error), &error);
    return text;
}

/* One frame at a time, each in a session of its own: the same report as in one go. `positions_us`: where
 * each part ends. */
static void assert_same_in_parts(const struct school *school, const char *path, bool whole_frames,
                                 const int64_t *positions_us, int count)
{
    struct hr_recognize_options options = hr_recognize_options_default();
    options.whole_frames = whole_frames;
    struct hr_engine *engine = open_engine(school);
    struct hr_session *session = NULL;
    struct hr_error error;
    struct hr_result *result = NULL;
    assert_ok(hr_session_new(&session, engine, 1, &error), &error);
    assert_ok(hr_recognize_file(engine, session, path, &options, &result, &error), &error);
    char *whole = report_of(result);
    hr_result_free(result);
    hr_session_free(session);

    struct hr_buffer state_so_far;
    hr_buffer_init(&state_so_far, HR_PART_STATE_BYTES_MAX);
    int parts = 0;
    for (result = NULL; result == NULL; parts++) {
        struct hr_stream stream = {0};
        struct hr_part part = {.state = hr_buffer_view(&state_so_far)};
        hr_buffer_init(&part.checkpoint, HR_PART_STATE_BYTES_MAX);
        assert_ok(hr_session_new(&session, engine, 1, &error), &error);
        assert_ok(hr_file_open_stream(&stream, path, NULL, &error), &error);
        assert_ok(
            hr_classroom_recognize_part(session, engine->current, &stream, path, &options, &part, &result, &error),
            &error);
        assert_int_equal(part.unfinished, result == NULL);
        assert_true(parts < count);
        assert_int_equal(part.position_us, positions_us[parts]);
        hr_stream_close(&stream);
        hr_session_free(session);
        hr_buffer_clear(&state_so_far);
        state_so_far = part.checkpoint;
    }
    assert_int_equal(parts, count);
    char *in_parts = report_of(result);
    assert_string_equal(in_parts, whole);
    free(whole);
    free(in_parts);
    hr_result_free(result);
    hr_buffer_clear(&state_so_far);
    hr_engine_close(engine);
}

static void a_video_in_parts_gives_the_same_report(void **state)
{
    struct school *school = *state;
    /* Six frames, and one look that finds no more. */
    static const int64_t positions_us[] = {0, 500000, 1000000, 1500000, 2000000, 2500000, 2500000};
    assert_same_in_parts(school, school->video.text, true, positions_us, 7);
    /* Fewer than are looked at together. */
    assert_same_in_parts(school, school->video.text, false, positions_us + 5, 1);
}

/* --- several cameras in one file --- */

/* A file with a camera for each of two photos. */
static struct temporary_path make_two_cameras(const struct school *school, const char *name, const char *photo,
                                              const char *other)
{
    struct temporary_path path = temporary_path(&school->folder, name);
    struct temporary_path one = temporary_path(&school->folder, "one.mp4");
    struct temporary_path two = temporary_path(&school->folder, "two.mp4");
    unlink(one.text);
    unlink(two.text);
    make_video(school, photo, one.text);
    make_video(school, other, two.text);
    pid_t child = fork();
    if (child == 0) {
        execlp("ffmpeg", "ffmpeg", "-nostdin", "-v", "error", "-y", "-i", one.text, "-i", two.text, "-map", "0", "-map",
               "1", "-c", "copy", path.text, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return path;
}

static void every_camera_is_looked_at(void **state)
{
    struct school *school = *state;
    struct hr_engine *engine = open_engine(school);
    struct hr_session *session = NULL;
    struct hr_error error;
    struct hr_result *result = NULL;
    assert_ok(hr_session_new(&session, engine, 1, &error), &error);
    static const char *const names[] = {"cameras.mkv", "cameras.mp4"};
    for (size_t i = 0; i < 2; i++) {
        struct temporary_path path = make_two_cameras(school, names[i], "obama2.jpg", "biden.jpg");
        assert_ok(hr_recognize_file(engine, session, path.text, NULL, &result, &error), &error);
        assert_int_equal(hr_result_student_count(result), 2);
        for (size_t k = 0; k < 2; k++) {
            assert_int_equal(hr_result_student(result, k)->sightings, 6);
            assert_int_equal(hr_result_student(result, k)->first_us, 0);
        }
        assert_int_equal(hr_result_unknown_count(result), 0);
        hr_result_free(result);
    }
    /* One student, seen by both at the same time. */
    struct temporary_path path = make_two_cameras(school, "both.mkv", "obama2.jpg", "obama2.jpg");
    assert_ok(hr_recognize_file(engine, session, path.text, NULL, &result, &error), &error);
    assert_int_equal(hr_result_student_count(result), 1);
    assert_string_equal(hr_result_student(result, 0)->id, "44");
    assert_int_equal(hr_result_student(result, 0)->sightings, 12);
    assert_int_equal(hr_result_unknown_count(result), 0);
    hr_result_free(result);

    /* A pipe can't go back for the second. */
    struct hr_stream stream = {0};
    assert_ok(hr_file_open_stream(&stream, path.text, NULL, &error), &error);
    stream.seek = NULL;
    stream.size_bytes = HR_STREAM_SIZE_UNKNOWN;
    assert_ok(hr_classroom_recognize(session, engine->current, &stream, "pipe", NULL, &result, &error), &error);
    assert_int_equal(hr_result_student(result, 0)->sightings, 6);
    char *text;
    assert_ok(hr_result_write(result, HR_FORMAT_JSON, NULL, &text, &error), &error);
    assert_non_null(strstr(text, "2 cameras"));
    free(text);
    hr_stream_close(&stream);
    hr_result_free(result);
    hr_session_free(session);
    hr_engine_close(engine);
}

static void two_cameras_in_parts_give_the_same_report(void **state)
{
    struct school *school = *state;
    struct temporary_path path = make_two_cameras(school, "parts.mkv", "obama2.jpg", "biden.jpg");
    /* The sixth part finds no more of the first camera, and begins with the second. */
    static const int64_t positions_us[] = {0,      500000,  1000000, 1500000, 2000000, 2500000, 0,
                                           500000, 1000000, 1500000, 2000000, 2500000, 2500000};
    assert_same_in_parts(school, path.text, true, positions_us, 13);
}

/* Whatever stands in a saved state, it is taken whole or refused. */
static void a_damaged_state_is_refused(void **state)
{
    struct school *school = *state;
    struct hr_engine *engine = open_engine(school);
    struct hr_session *session = NULL;
    struct hr_error error;
    struct hr_result *result = NULL;
    struct hr_stream stream = {0};
    struct hr_part first = {.suspend_at_us = 0};
    struct hr_recognize_options by_frame = hr_recognize_options_default();
    by_frame.whole_frames = true; /* so that a part is a frame */
    hr_buffer_init(&first.checkpoint, HR_PART_STATE_BYTES_MAX);
    assert_ok(hr_session_new(&session, engine, 1, &error), &error);
    assert_ok(hr_file_open_stream(&stream, school->video.text, NULL, &error), &error);
    assert_ok(hr_classroom_recognize_part(session, engine->current, &stream, "a", &by_frame, &first, &result, &error),
              &error);
    hr_stream_close(&stream);
    assert_true(first.unfinished);

    struct hr_recognize_options other = hr_recognize_options_default();
    other.samples_per_s = 3;
    for (size_t size = 0; size <= first.checkpoint.size; size += size < 420 ? 7 : 101) {
        struct hr_part part = {.state = hr_view_of(first.checkpoint.data, size), .suspend_at_us = INT64_MAX};
        bool whole = size == first.checkpoint.size;
        assert_ok(hr_file_open_stream(&stream, school->video.text, NULL, &error), &error);
        enum hr_status status = hr_classroom_recognize_part(session, engine->current, &stream, "a",
                                                            whole ? &other : &by_frame, &part, &result, &error);
        assert_int_equal(status, size == 0 ? HR_OK : whole ? HR_ERR_CONFLICT : HR_ERR_FORMAT);
        hr_result_free(result);
        hr_stream_close(&stream);
    }
    hr_buffer_clear(&first.checkpoint);
    hr_session_free(session);
    hr_engine_close(engine);
}

static void options_that_make_no_sense_are_refused(void **state)
{
    struct school *school = *state;
    struct hr_engine *engine = open_engine(school);
    struct hr_session *session = NULL;
    struct hr_error error;
    struct hr_result *result = NULL;
    assert_ok(hr_session_new(&session, engine, 1, &error), &error);
    struct hr_recognize_options bad[6];
    for (int i = 0; i < 6; i++)
        bad[i] = hr_recognize_options_default();
    bad[0].samples_per_s = 0;
    bad[1].samples_per_s = HR_LIMIT_SAMPLE_FPS + 1;
    bad[2].samples_per_s = NAN;
    bad[3].false_present = 0;
    bad[4].false_present = NAN;
    bad[5].false_present = 1;
    for (int i = 0; i < 6; i++)
        assert_int_equal(hr_recognize_file(engine, session, school->video.text, &bad[i], &result, &error),
                         HR_ERR_ARGUMENT);
    assert_error(hr_recognize_file(engine, session, "/nowhere/a.mp4", NULL, &result, &error), HR_ERR_NOT_FOUND, &error,
                 "/nowhere/a.mp4");
    hr_session_free(session);
    hr_engine_close(engine);
}

/* A time limit that no clock can count to does not overflow into one that has passed. */
static void the_longest_time_limit_is_none(void **state)
{
    struct school *school = *state;
    struct hr_engine *engine = open_engine(school);
    struct hr_session *session = NULL;
    struct hr_error error;
    struct hr_result *result = NULL;
    struct hr_recognize_options options = hr_recognize_options_default();
    assert_ok(hr_session_new(&session, engine, 1, &error), &error);
    options.timeout_ms = INT64_MAX;
    assert_ok(hr_recognize_file(engine, session, school->video.text, &options, &result, &error), &error);
    hr_result_free(result);
    hr_session_free(session);
    hr_engine_close(engine);
}

struct worker {
    const struct school *school;
    struct hr_engine *engine;
    atomic_int right;
};

static void *work(void *context)
{
    struct worker *worker = context;
    struct hr_session *session = NULL;
    struct hr_error error;
    if (hr_session_new(&session, worker->engine, 2, &error) != HR_OK)
        return NULL;
    for (int i = 0; i < 2; i++) {
        struct hr_result *result = NULL;
        if (hr_recognize_file(worker->engine, session, worker->school->video.text, NULL, &result, &error) == HR_OK &&
            hr_result_student_count(result) == 1 && strcmp(hr_result_student(result, 0)->id, "44") == 0)
            worker->right++;
        hr_result_free(result);
    }
    hr_session_free(session);
    return NULL;
}

static void sessions_in_several_threads_share_one_engine(void **state)
{
    enum { WORKERS = 3 };
    struct worker worker = {.school = *state, .engine = open_engine(*state)};
    atomic_init(&worker.right, 0);
    pthread_t threads[WORKERS];
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &worker), 0);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(worker.right, 2 * WORKERS);
    hr_engine_close(worker.engine);
}

/* --- what is unknown --- */

/* One after the other: somebody, somebody else, and the first one again on another photo. */
static struct temporary_path make_three_looks(const struct school *school)
{
    struct temporary_path video = temporary_path(&school->folder, "looks.mp4");
    char first[PATH_MAX + 32], second[PATH_MAX + 32], third[PATH_MAX + 32];
    photo_path(school, "obama2.jpg", first);
    photo_path(school, "astronaut.png", second);
    photo_path(school, "obama.jpg", third);
    pid_t child = fork();
    if (child == 0) {
        execlp("ffmpeg", "ffmpeg", "-nostdin", "-v", "error", "-loop", "1", "-t", "3", "-i", first, "-loop", "1", "-t",
               "3", "-i", second, "-loop", "1", "-t", "3", "-i", third, "-filter_complex",
               "[0:v]scale=640:480,setsar=1[a];[1:v]scale=640:480,setsar=1[b];[2:v]scale=640:480,setsar=1[c];"
               "[a][b][c]concat=n=3:v=1[v]",
               "-map", "[v]", "-r", "10", "-c:v", "libx264", "-preset", "ultrafast", "-y", video.text, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    return video;
}

static void assert_within_frame(const struct hr_observation *seen, const struct hr_observed_place *place)
{
    assert_true(place->width_px > 10 && place->height_px > 10);
    assert_true(place->left_px + place->width_px > 0 && place->left_px < (float)seen->width_px);
    assert_true(place->top_px + place->height_px > 0 && place->top_px < (float)seen->height_px);
}

/* Where only what has changed is looked at, a part ends between groups of ten frames. */
static void a_followed_video_in_parts_gives_the_same_report(void **state)
{
    static const int64_t positions_us[] = {4500000, 9000000};
    struct temporary_path video = make_three_looks(*state);
    assert_same_in_parts(*state, video.text, false, positions_us, 2);
}

static void unknown_tracks_of_one_person_count_once(void **state)
{
    struct school *school = *state;
    struct hr_engine *engine = NULL;
    struct hr_session *session = NULL;
    struct hr_error error;
    struct hr_result *result = NULL;
    struct hr_snapshot_parts nobody = {0};
    struct temporary_path video = make_three_looks(school);
    assert_ok(hr_engine_new(&engine, getenv("HOMEROOM_MODELS"), NULL, &error), &error);
    assert_ok(hr_database_open_memory(&nobody.database, (struct hr_view){0}, "nobody", HR_DATABASE_CREATE, &error),
              &error);
    assert_ok(hr_engine_publish(engine, &nobody, &error), &error);
    assert_ok(hr_session_new(&session, engine, 1, &error), &error);
    assert_ok(hr_recognize_file(engine, session, video.text, NULL, &result, &error), &error);
    const struct hr_observation *seen = hr_result_observation(result);
    static const size_t person[] = {1, 2, 1};
    assert_int_equal(seen->track_count, 3);
    assert_int_equal(hr_result_unknown_count(result), 2);
    for (size_t i = 0; i < 3; i++) {
        const struct hr_observed_track *track = &seen->tracks[i];
        assert_int_equal(track->person, person[i]);
        assert_int_equal(track->place_count, track->sightings);
        assert_int_equal(track->places[0].at_us, track->first_us);
        assert_int_equal(track->places[track->place_count - 1].at_us, track->last_us);
        assert_within_frame(seen, &track->places[0]);
        assert_within_frame(seen, &track->best);
        assert_int_equal(track->candidate_count, 0);
        assert_null(track->model_id);
    }
    hr_result_free(result);
    hr_session_free(session);
    hr_engine_close(engine);
}

static void a_track_names_who_could_be_meant(void **state)
{
    struct school *school = *state;
    struct hr_engine *engine = open_engine(school);
    struct hr_session *session = NULL;
    struct hr_error error;
    struct hr_result *result = NULL;
    assert_ok(hr_session_new(&session, engine, 1, &error), &error);
    assert_ok(hr_recognize_file(engine, session, school->video.text, NULL, &result, &error), &error);
    const struct hr_observed_track *track = &hr_result_observation(result)->tracks[0];
    assert_int_equal(track->person, 0);
    assert_string_equal(track->student_id, "44");
    assert_string_equal(track->model_id, hr_result_observation(result)->model_ids[0]);
    assert_int_equal(track->candidate_count, 2); /* nobody else is enrolled */
    assert_string_equal(track->candidates[0].student_id, "44");
    assert_true(track->candidates[0].similarity == track->similarity);
    assert_string_equal(track->candidates[1].student_id, "46");
    assert_true(track->candidates[1].similarity < track->similarity);
    assert_int_equal(hr_result_observation(result)->class_generation, 1);
    assert_non_null(strstr(hr_result_warning(result, 0), "student '44' has no record"));
    hr_result_free(result);
    hr_session_free(session);
    hr_engine_close(engine);
}

/* --- snapshots --- */

struct refresher {
    struct school *school;
    struct hr_engine *engine;
    size_t calls;
};

/* In the middle of a video its student is forgotten, and the engine refreshed. */
static void forget_midway(void *context, const struct hr_progress *progress)
{
    struct refresher *refresher = context;
    struct hr_database *database = NULL;
    struct hr_error error;
    (void)progress;
    if (++refresher->calls != 2)
        return;
    assert_ok(hr_database_open(&database, refresher->school->database.text, HR_DATABASE_WRITE, &error), &error);
    assert_ok(hr_database_forget(database, "44", NULL, &error), &error);
    hr_database_close(database);
    assert_ok(hr_engine_refresh(refresher->engine, &error), &error);
}

static void a_refresh_is_for_the_calls_behind_it(void **state)
{
    struct school *school = *state;
    struct hr_engine *engine = open_engine(school);
    struct hr_session *session = NULL;
    struct hr_error error;
    struct hr_result *result = NULL;
    struct refresher refresher = {.school = school, .engine = engine};
    struct hr_recognize_options options = hr_recognize_options_default();
    options.progress = forget_midway;
    options.progress_context = &refresher;
    assert_ok(hr_session_new(&session, engine, 1, &error), &error);
    assert_int_equal(engine->current->generation, 1);
    assert_ok(hr_recognize_file(engine, session, school->video.text, &options, &result, &error), &error);
    assert_int_equal(hr_result_student_count(result), 1);
    hr_result_free(result);
    assert_int_equal(engine->current->generation, 2);
    assert_ok(hr_recognize_file(engine, session, school->video.text, NULL, &result, &error), &error);
    assert_int_equal(hr_result_student_count(result), 0);
    hr_result_free(result);
    hr_session_free(session);
    hr_engine_close(engine);
    enroll(school, "44", "obama.jpg");
}

static void a_refresh_that_fails_changes_nothing(void **state)
{
    struct school *school = *state;
    struct hr_engine *engine = open_engine(school);
    struct hr_session *session = NULL;
    struct hr_error error;
    struct hr_result *result = NULL;
    char away[sizeof school->database.text + 8];
    snprintf(away, sizeof away, "%s.away", school->database.text);
    assert_ok(hr_session_new(&session, engine, 1, &error), &error);
    const struct hr_snapshot *before = engine->current;
    assert_int_equal(rename(school->database.text, away), 0);
    assert_int_equal(hr_engine_refresh(engine, &error), HR_ERR_NOT_FOUND);
    assert_int_equal(rename(away, school->database.text), 0);
    assert_ptr_equal(engine->current, before);
    assert_ok(hr_recognize_file(engine, session, school->video.text, NULL, &result, &error), &error);
    assert_int_equal(hr_result_student_count(result), 1);
    hr_result_free(result);
    hr_session_free(session);
    hr_engine_close(engine);
}

/* Options of another version are refused, and not read past their end. */
static void options_say_their_size(void **state)
{
    struct school *school = *state;
    struct hr_engine *engine = open_engine(school);
    struct hr_session *session = NULL;
    struct hr_error error;
    struct hr_result *result = NULL;
    struct hr_recognize_options options = hr_recognize_options_default();
    assert_ok(hr_session_new(&session, engine, 1, &error), &error);
    options.size = 0;
    assert_error(hr_recognize_file(engine, session, school->video.text, &options, &result, &error), HR_ERR_ARGUMENT,
                 &error, "their size");
    struct hr_engine_options where = {.database_path = school->database.text, .model_dir = getenv("HOMEROOM_MODELS")};
    struct hr_engine *other = NULL;
    assert_error(hr_engine_open(&other, &where, &error), HR_ERR_ARGUMENT, &error, "their size");
    hr_session_free(session);
    hr_engine_close(engine);
}

/* Vectors that another model made are left out, and counted. */
static void vectors_of_another_model_are_not_compared(void **state)
{
    struct school *school = *state;
    struct hr_error error;
    struct hr_database *database = NULL;
    float vector[100] = {0};
    struct hr_face_record record = {.student_id = "44",
                                    .model_id = "some-other-model-2",
                                    .vector = hr_view_of(vector, sizeof vector),
                                    .origin = "test",
                                    .origin_sha256 = "",
                                    .quality = 1};
    assert_ok(hr_database_open(&database, school->database.text, HR_DATABASE_WRITE, &error), &error);
    assert_ok(hr_database_add_face(database, &record, &error), &error);
    hr_database_close(database);
    struct hr_engine *engine = open_engine(school);
    /* Two students with one photo each, in every model that is here. */
    assert_int_equal(hr_gallery_students(engine->current->gallery), 2);
    assert_int_equal(hr_gallery_vectors(engine->current->gallery), 2 * engine->known.count);
    assert_int_equal(hr_gallery_layout(engine->current->gallery)->count, 1);
    assert_int_equal(engine->current->foreign_vectors, 1);
    hr_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_engine_without_database_or_models_says_what_is_missing),
        cmocka_unit_test(a_gallery_is_over_when_a_face_in_it_is_too_old),
        cmocka_unit_test(a_session_takes_threads_within_limits),
        cmocka_unit_test(a_video_gives_its_student_with_progress),
        cmocka_unit_test(a_still_image_is_a_video_of_one_frame),
        cmocka_unit_test(a_stop_and_a_timeout_end_it_with_the_place),
        cmocka_unit_test(a_video_in_parts_gives_the_same_report),
        cmocka_unit_test(every_camera_is_looked_at),
        cmocka_unit_test(two_cameras_in_parts_give_the_same_report),
        cmocka_unit_test(a_damaged_state_is_refused),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
        cmocka_unit_test(the_longest_time_limit_is_none),
        cmocka_unit_test(sessions_in_several_threads_share_one_engine),
        cmocka_unit_test(a_followed_video_in_parts_gives_the_same_report),
        cmocka_unit_test(unknown_tracks_of_one_person_count_once),
        cmocka_unit_test(a_track_names_who_could_be_meant),
        cmocka_unit_test(a_refresh_is_for_the_calls_behind_it),
        cmocka_unit_test(a_refresh_that_fails_changes_nothing),
        cmocka_unit_test(options_say_their_size),
        cmocka_unit_test(vectors_of_another_model_are_not_compared),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
