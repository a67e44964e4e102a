/* The course's eight clips with the course's gallery: who is in them, at any sampling rate; nobody,
 * when the one student is not enrolled; all eight at once; one after the other. Needs
 * HOMEROOM_SHARED/classroom; the ffmpeg command makes the last two videos. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "classroom/enroll.h"
#include "homeroom.h"
#include "records/find.h"
#include "store/store.h"
#include "tables/import.h"

static const struct clip {
    const char *file;
    const char *name;
    const char *major;
    const char *year;
} clips[] = {{"test_0.mp4", "president_trump", "physics", "junior"},
             {"test_1.mp4", "president_biden", "history", "sophomore"},
             {"test_2.mp4", "mr_bean", "lawyer", "freshmen"},
             {"test_4.mp4", "johnny_dep", "computer_science", "senior"},
             {"test_5.mp4", "vin_diesel", "computer_science", "sophomore"},
             {"test_6.mp4", "floki", "history", "junior"},
             {"test_7.mp4", "morgan_freeman", "math", "senior"},
             {"test_8.mp4", "president_obama", "electrical_engineering", "senior"}};
enum { CLIPS = sizeof clips / sizeof clips[0] };

struct course {
    char folder[64]; /* of our own, removed at the end */
    char classroom[4096];
    char database[128];
};

static void must(enum hr_status status, const struct hr_error *error)
{
    if (status != HR_OK)
        fail_msg("%s", error->text);
}

static void read_shared(const struct course *course, const char *name, struct hr_buffer *out)
{
    char path[8192];
    struct hr_error error;
    snprintf(path, sizeof path, "%s/%s", course->classroom, name);
    hr_buffer_init(out, HR_LIMIT_IMPORT_BYTES);
    must(hr_file_read(out, path, NULL, &error), &error);
}

static void import_course(const struct course *course)
{
    struct hr_error error;
    struct hr_buffer bytes;
    struct hr_engine *engine = NULL;
    struct hr_student *students = NULL;
    struct hr_encoding *encodings = NULL;
    struct hr_encoding_summary summary;
    struct hr_import_problems problems = {0};
    struct hr_engine_options options = {
        .size = sizeof options, .database_path = course->database, .model_dir = getenv("HOMEROOM_MODELS")};
    size_t count = 0;
    must(hr_engine_open_mode(&engine, &options, HR_DATABASE_CREATE, &error), &error);
    read_shared(course, "student_data.json", &bytes);
    must(hr_import_students(hr_buffer_view(&bytes), NULL, &students, &count, &problems, &error), &error);
    assert_int_equal(count, CLIPS);
    for (size_t i = 0; i < count; i++) {
        enum hr_upsert what;
        must(hr_database_put_student(engine->current->database, &students[i], &what, &error), &error);
    }
    hr_students_free(students, count);
    hr_buffer_clear(&bytes);
    read_shared(course, "encoding", &bytes);
    must(hr_import_encoding(hr_buffer_view(&bytes), &encodings, &count, &error), &error);
    must(hr_enroll_encodings(engine, encodings, count, NULL, &summary, &error), &error);
    assert_int_equal(summary.added, 11);
    assert_int_equal(summary.lookalike_count, 0);
    hr_encoding_summary_clear(&summary);
    hr_encodings_free(encodings, count);
    hr_buffer_clear(&bytes);
    hr_import_problems_clear(&problems);
    hr_engine_close(engine);
}

static int set_up(void **state)
{
    const char *shared = getenv("HOMEROOM_SHARED");
    if (shared == NULL) {
        printf("SKIPPED: HOMEROOM_SHARED is not set, the course's clips are not there\n");
        return 0;
    }
    struct course *course = calloc(1, sizeof *course);
    snprintf(course->folder, sizeof course->folder, "/tmp/homeroom-course-XXXXXX");
    assert_non_null(mkdtemp(course->folder));
    snprintf(course->classroom, sizeof course->classroom, "%s/classroom", shared);
    snprintf(course->database, sizeof course->database, "%s/homeroom.db", course->folder);
    import_course(course);
    *state = course;
    return 0;
}

static void run(const char *const *words)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execvp(words[0], (char *const *)words);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int tear_down(void **state)
{
    struct course *course = *state;
    if (course != NULL)
        run((const char *[]){"rm", "-rf", course->folder, NULL});
    free(course);
    return 0;
}

static struct course *course_of(void **state)
{
    if (*state == NULL)
        skip();
    return *state;
}

struct room {
    struct hr_engine *engine;
    struct hr_session *session;
};

static struct room open_room(const char *database)
{
    struct room room = {0};
    struct hr_error error;
    struct hr_engine_options options = {
        .size = sizeof options, .database_path = database, .model_dir = getenv("HOMEROOM_MODELS")};
    must(hr_engine_open(&room.engine, &options, &error), &error);
    must(hr_session_new(&room.session, room.engine, 1, &error), &error);
    return room;
}

static void close_room(struct room *room)
{
    hr_session_free(room->session);
    hr_engine_close(room->engine);
}

static struct hr_result *recognize(const struct room *room, const char *path, double samples_per_s)
{
    struct hr_error error;
    struct hr_result *result = NULL;
    struct hr_recognize_options options = hr_recognize_options_default();
    options.samples_per_s = samples_per_s;
    must(hr_recognize_file(room->engine, room->session, path, &options, &result, &error), &error);
    return result;
}

static void clip_path(const struct course *course, const struct clip *clip, char *out, size_t size)
{
    snprintf(out, size, "%s/videos/%s", course->classroom, clip->file);
}

static void each_clip_names_its_student_at_any_rate(void **state)
{
    struct course *course = course_of(state);
    struct room room = open_room(course->database);
    const double rates[] = {1, 2, 5};
    for (size_t r = 0; r < 3; r++)
        for (size_t i = 0; i < CLIPS; i++) {
            char path[8192], expected[512];
            clip_path(course, &clips[i], path, sizeof path);
            struct hr_result *result = recognize(&room, path, rates[r]);
            struct hr_error error;
            char *text = NULL;
            must(hr_result_write(result, HR_FORMAT_CSV, NULL, &text, &error), &error);
            snprintf(expected, sizeof expected, "name,major,year\r\n%s,%s,%s\r\n", clips[i].name, clips[i].major,
                     clips[i].year);
            assert_string_equal(text, expected);
            const struct hr_seen_student *seen = hr_result_student(result, 0);
            printf("%s at %g per second: %s, similarity %.3f, margin %.3f\n", clips[i].file, rates[r],
                   hr_band_name(seen->band), seen->similarity, seen->margin);
            assert_true(seen->similarity > 0.91 && seen->margin > 0.03);
            assert_int_equal(seen->tracks, 1);
            free(text);
            hr_result_free(result);
        }
    close_room(&room);
}

/* A copy of the database without one student. */
static void forget_in_copy(const struct course *course, const char *name, const char *copy)
{
    struct hr_error error;
    struct hr_database *database = NULL;
    struct hr_student_finder *finder = NULL;
    const char *id = NULL;
    struct hr_removal removal = {0};
    run((const char *[]){"cp", course->database, copy, NULL});
    must(hr_database_open(&database, copy, HR_DATABASE_WRITE, &error), &error);
    must(hr_student_finder_new(&finder, database, &error), &error);
    must(hr_student_find(finder, name, &id, NULL, &error), &error);
    must(hr_database_forget(database, id, &removal, &error), &error);
    assert_int_equal(removal.faces, 1);
    hr_student_finder_free(finder);
    hr_database_close(database);
}

static void who_is_not_enrolled_is_given_no_name(void **state)
{
    struct course *course = course_of(state);
    for (size_t i = 0; i < CLIPS; i++) {
        char path[8192], copy[128];
        snprintf(copy, sizeof copy, "%s/without.db", course->folder);
        forget_in_copy(course, clips[i].name, copy);
        clip_path(course, &clips[i], path, sizeof path);
        struct room room = open_room(copy);
        const double rates[] = {1, 2, 5};
        for (size_t r = 0; r < 3; r++) {
            struct hr_result *result = recognize(&room, path, rates[r]);
            assert_int_equal(hr_result_student_count(result), 0);
            assert_true(hr_result_unknown_count(result) >= 1);
            hr_result_free(result);
        }
        close_room(&room);
    }
}

/* All eight clips side by side, four in a row. */
static void make_wall(const struct course *course, const char *path)
{
    char inputs[CLIPS][8192], filter[4096] = "";
    const char *words[64] = {"ffmpeg", "-nostdin", "-v", "error", "-y"};
    size_t count = 5, used = 0;
    for (size_t i = 0; i < CLIPS; i++) {
        clip_path(course, &clips[i], inputs[i], sizeof inputs[i]);
        words[count++] = "-i";
        words[count++] = inputs[i];
        used += (size_t)snprintf(filter + used, sizeof filter - used,
                                 "[%zu:v]scale=480:540:force_original_aspect_ratio=decrease,"
                                 "pad=480:540:-1:-1,fps=12,setsar=1[v%zu];",
                                 i, i);
    }
    for (size_t i = 0; i < CLIPS; i++)
        used += (size_t)snprintf(filter + used, sizeof filter - used, "[v%zu]", i);
    snprintf(filter + used, sizeof filter - used,
             "xstack=inputs=8:shortest=1:layout=0_0|480_0|960_0|1440_0|0_540|480_540|960_540|"
             "1440_540[out]");
    const char *rest[] = {"-filter_complex", filter, "-map", "[out]",    "-c:v",    "libx264", "-preset",
                          "ultrafast",       "-crf", "16",   "-pix_fmt", "yuv420p", path,      NULL};
    memcpy(words + count, rest, sizeof rest);
    run(words);
}

static void a_whole_class_is_named(void **state)
{
    struct course *course = course_of(state);
    char path[128];
    snprintf(path, sizeof path, "%s/class.mp4", course->folder);
    make_wall(course, path);
    struct room room = open_room(course->database);
    struct hr_result *result = recognize(&room, path, 2);
    for (size_t i = 0; i < hr_result_student_count(result); i++) {
        const struct hr_seen_student *seen = hr_result_student(result, i);
        printf("%s: %s, similarity %.3f, margin %.3f\n", seen->name, hr_band_name(seen->band), seen->similarity,
               seen->margin);
    }
    assert_int_equal(hr_result_student_count(result), CLIPS);
    hr_result_free(result);
    close_room(&room);
}

/* One clip after the other, twice: hard cuts from face to face. */
static void a_lesson_of_hard_cuts_names_everybody_at_their_times(void **state)
{
    struct course *course = course_of(state);
    char list_path[128], path[128], list[CLIPS * 2 * 4200] = "";
    size_t used = 0;
    snprintf(list_path, sizeof list_path, "%s/list.txt", course->folder);
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < CLIPS; i++) {
            char part[128], input[8192];
            clip_path(course, &clips[i], input, sizeof input);
            snprintf(part, sizeof part, "%s/part%zu.mp4", course->folder, i);
            if (round == 0)
                run((const char *[]){"ffmpeg",
                                     "-nostdin",
                                     "-v",
                                     "error",
                                     "-y",
                                     "-i",
                                     input,
                                     "-vf",
                                     "scale=1280:720:force_original_aspect_ratio=decrease,"
                                     "pad=1280:720:-1:-1,fps=12,setsar=1",
                                     "-t",
                                     "1",
                                     "-an",
                                     "-c:v",
                                     "libx264",
                                     "-preset",
                                     "ultrafast",
                                     "-pix_fmt",
                                     "yuv420p",
                                     part,
                                     NULL});
            used += (size_t)snprintf(list + used, sizeof list - used, "file '%s'\n", part);
        }
    struct hr_error error;
    must(hr_file_write(list_path, hr_view_text(list), &error), &error);
    snprintf(path, sizeof path, "%s/lesson.mp4", course->folder);
    run((const char *[]){"ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "concat", "-safe", "0", "-i", list_path, "-c",
                         "copy", path, NULL});
    struct room room = open_room(course->database);
    struct hr_result *result = recognize(&room, path, 4);
    assert_int_equal(hr_result_student_count(result), CLIPS);
    for (size_t i = 0; i < CLIPS; i++) {
        const struct hr_seen_student *seen = hr_result_student(result, i);
        size_t at = 0;
        while (at < CLIPS && strcmp(clips[at].name, seen->name) != 0)
            at++;
        assert_true(at < CLIPS);
        printf("%s: %.2f s to %.2f s in %zu tracks\n", seen->name, (double)seen->first_us / 1e6,
               (double)seen->last_us / 1e6, seen->tracks);
        /* Clip number `at` fills second `at`, and again eight seconds later. */
        double first_s = (double)seen->first_us / 1e6, last_s = (double)seen->last_us / 1e6;
        assert_true(first_s >= (double)at - 0.1 && first_s <= (double)at + 0.5);
        assert_true(last_s >= (double)at + CLIPS + 0.5 && last_s <= (double)at + CLIPS + 1.1);
        assert_int_equal(seen->tracks, 2);
    }
    hr_result_free(result);
    close_room(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_clip_names_its_student_at_any_rate),
        cmocka_unit_test(who_is_not_enrolled_is_given_no_name),
        cmocka_unit_test(a_whole_class_is_named),
        cmocka_unit_test(a_lesson_of_hard_cuts_names_everybody_at_their_times),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
