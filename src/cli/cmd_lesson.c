/* homeroom lesson [CLASS | new CLASS DAY [TIMES] | add LESSON VIDEO... | mark ... | finish | reopen | remove LESSON] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/plural.h"
#include "classroom/roll.h"
#include "classroom/zone.h"
#include "cli/answer.h"
#include "cli/class.h"
#include "cli/person.h"
#include "cli/report_log.h"
#include "jobs/lessons.h"
#include "tables/calendar.h"

#define CALENDAR_BYTES_MAX ((size_t)16 << 20)

/* --- listing --- */

struct listing {
    struct hr_cli *cli;
    struct hr_database *database;
};

static enum hr_status answer_lesson(void *context, const struct hr_lesson_record *lesson, struct hr_error *error)
{
    struct listing *listing = context;
    FILE *out = listing->cli->out;
    char zone[256], start[HR_ZONE_CLOCK_SIZE], end[HR_ZONE_CLOCK_SIZE];
    enum hr_status status = hr_class_zone(listing->database, lesson->class_id, zone, error);
    if (status != HR_OK)
        return status;
    hr_zone_from_utc(zone, lesson->start_us, NULL, start);
    hr_zone_from_utc(zone, lesson->end_us, NULL, end);
    if (listing->cli->settings.terminal.json) {
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "lesson", hr_json_integer_new(lesson->key));
        hr_json_set(object, "class", hr_json_text_new(lesson->class_id));
        hr_json_set(object, "day", hr_json_text_new(lesson->day));
        hr_json_set(object, "start", hr_json_text_new(start));
        hr_json_set(object, "end", hr_json_text_new(end));
        hr_json_set(object, "title", hr_json_any_text_new(lesson->title));
        hr_json_set(object, "recordings", hr_json_integer_new((int64_t)lesson->recording_count));
        hr_json_set(object, "finished", hr_json_boolean_new(lesson->finished_us != 0));
        hr_answer_json(out, object);
        return HR_OK;
    }
    fprintf(out, "%lld  ", (long long)lesson->key);
    hr_answer_text(out, lesson->class_id);
    fprintf(out, "  %s %.5s-%.5s  %zu recording%s%s%s", lesson->day, start, end, lesson->recording_count,
            hr_plural(lesson->recording_count), lesson->finished_us != 0 ? ", finished" : "",
            lesson->title[0] != '\0' ? "  " : "");
    hr_answer_text(out, lesson->title);
    fputc('\n', out);
    return HR_OK;
}

static enum hr_status list(struct hr_cli *cli, struct hr_error *error)
{
    struct listing listing = {.cli = cli};
    const char *class = cli->word_count > 0 ? cli->words[0] : NULL;
    char zone[256];
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_READ, &listing.database, error);
    if (status == HR_OK && class != NULL)
        status = hr_class_zone(listing.database, class, zone, error);
    if (status == HR_OK)
        status = hr_database_each_lesson(listing.database, class, answer_lesson, &listing, error);
    hr_database_close(listing.database);
    return status;
}

/* --- new: by hand, or from the timetable --- */

struct made {
    struct hr_database *database;
    const char *class_id, *day, *title;
    char zone[256];
    int64_t key;
    size_t count;
};

static enum hr_status put(struct made *made, int start_s, int end_s, struct hr_error *error)
{
    struct hr_lesson_record lesson = {.class_id = made->class_id, .title = made->title, .day = made->day};
    enum hr_status status = hr_zone_to_utc(made->zone, made->day, start_s, &lesson.start_us, error);
    if (status == HR_OK)
        status = hr_zone_to_utc(made->zone, made->day, end_s, &lesson.end_us, error);
    if (status == HR_OK)
        status = hr_database_put_lesson(made->database, &lesson, &made->key, error);
    made->count += status == HR_OK;
    return status;
}

struct day_slots {
    struct hr_slot_record items[24];
    size_t count;
};

static enum hr_status take_slot(void *context, const struct hr_slot_record *slot, struct hr_error *error)
{
    struct day_slots *slots = context;
    (void)error;
    if (slots->count < sizeof slots->items / sizeof *slots->items)
        slots->items[slots->count++] = *slot;
    return HR_OK;
}

static enum hr_status make(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    struct made made = {
        .database = database, .class_id = cli->words[1], .day = cli->words[2], .title = cli->settings.lessons.title};
    struct listing listing = {cli, database};
    int start_s = 0, end_s = 0;
    struct day_slots slots = {0};
    enum hr_status status = hr_class_zone(database, made.class_id, made.zone, error);
    if (status == HR_OK && hr_day_weekday(made.day) == 0)
        status = hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is no day: 2026-11-27 is how one is written", made.day);
    if (status == HR_OK && cli->word_count > 3) {
        status = hr_zone_parse_times(cli->words[3], &start_s, &end_s, error);
        if (status == HR_OK)
            status = put(&made, start_s, end_s, error);
    } else if (status == HR_OK) {
        status = hr_database_each_slot(database, made.class_id, made.day, take_slot, &slots, error);
        for (size_t i = 0; status == HR_OK && i < slots.count; i++)
            status = put(&made, slots.items[i].start_min * 60, slots.items[i].end_min * 60, error);
        if (status == HR_OK && made.count == 0)
            status = hr_error_set(error, HR_ERR_NOT_FOUND,
                                  "the timetable of class '%s' has no lesson on %s: say its times, 08:00-08:45",
                                  made.class_id, made.day);
    }
    return status == HR_OK ? hr_database_lesson(database, made.key, answer_lesson, &listing, error) : status;
}

/* --- import: a calendar --- */

static enum hr_status put_meeting(struct made *made, const struct hr_calendar_meeting *meeting, struct hr_error *error)
{
    struct hr_lesson_record lesson = {.class_id = made->class_id, .title = meeting->title};
    const char *zone = meeting->zone[0] != '\0' ? meeting->zone : made->zone;
    char day[HR_ZONE_DAY_SIZE];
    enum hr_status status = hr_zone_check(zone, error);
    if (status == HR_OK)
        status = hr_zone_to_utc(zone, meeting->day, meeting->start_s, &lesson.start_us, error);
    if (status == HR_OK)
        status = hr_zone_to_utc(zone, meeting->day, meeting->end_s, &lesson.end_us, error);
    if (status != HR_OK)
        return status;
    hr_zone_from_utc(made->zone, lesson.start_us, day, NULL); /* by the class's own clock */
    lesson.day = day;
    status = hr_database_put_lesson(made->database, &lesson, &made->key, error);
    if (status == HR_ERR_CONFLICT) /* it is finished: nothing of it changes */
        return HR_OK;
    made->count += status == HR_OK;
    return status;
}

/* From today on, for a year, unless something else is said. */
static enum hr_status import_calendar(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    struct made made = {.database = database, .class_id = cli->words[1]};
    const struct hr_lessons_settings *settings = &cli->settings.lessons;
    struct hr_anywhere anywhere = hr_cli_cloud_anywhere(&cli->cloud);
    struct hr_calendar calendar = {0};
    struct hr_buffer bytes;
    char today[HR_DAY_SIZE], later[HR_DAY_SIZE];
    hr_buffer_init(&bytes, CALENDAR_BYTES_MAX);
    enum hr_status status = hr_class_zone(database, made.class_id, made.zone, error);
    hr_zone_today(made.zone, today);
    const char *same_day = strcmp(today + 4, "-02-29") == 0 ? "-02-28" : today + 4;
    snprintf(later, sizeof later, "%04u%.6s", (unsigned)(hr_day_part(today, 0, 4) + 1) % 10000, same_day);
    if (status == HR_OK)
        status = hr_anywhere_read(&anywhere, cli->words[2], &cli->patience, &bytes, error);
    if (status == HR_OK)
        status = hr_calendar_read(hr_buffer_view(&bytes), settings->from != NULL ? settings->from : today,
                                  settings->until != NULL ? settings->until : later, &calendar, error);
    if (status != HR_OK && strstr(error->text, cli->words[2]) == NULL)
        hr_error_prefix(error, "reading '%s'", cli->words[2]);
    for (size_t i = 0; status == HR_OK && i < calendar.count; i++)
        status = put_meeting(&made, &calendar.meetings[i], error);
    if (status == HR_OK && calendar.left_out > 0)
        hr_log_write(&cli->log, HR_LOG_WARNING, NULL,
                     "%zu event%s left out: whole days, over midnight, or by a rule that is not of days or weeks",
                     calendar.left_out, hr_plural(calendar.left_out));
    if (status == HR_OK)
        fprintf(cli->out, "%zu lesson%s in the calendar\n", made.count, hr_plural_are(made.count));
    hr_calendar_clear(&calendar);
    hr_buffer_clear(&bytes);
    return status;
}

/* --- add: recordings --- */

struct adding {
    struct hr_cli *cli;
    struct hr_database *database; /* to write; opened for each video alone */
    struct hr_engine *engine;     /* owned; with the models; NULL until they are needed */
    struct hr_lesson_found lesson;
    bool has_lesson; /* else the first word is a class, and the clock says which lesson */
    char zone[256];
    enum hr_start_by start_by; /* of the recording in hand */
    int64_t next_start_us;     /* of a part without a clock of its own: behind the one before */
};

/* What the file itself says of when it was made; 0: nothing. */
static enum hr_status ask_container(struct adding *adding, const char *video, int64_t *start_us, struct hr_error *error)
{
    struct hr_cli *cli = adding->cli;
    struct hr_stream stream = {0};
    int64_t duration_us;
    struct hr_recognize_options options = hr_cli_recognize_options(&cli->settings);
    struct hr_deadline deadline = hr_deadline_after(hr_clock_system(), options.timeout_ms, hr_cli_stop());
    enum hr_status status = hr_anywhere_open_stream(&cli->class.anywhere, video, &deadline, &stream, error);
    if (status == HR_OK)
        status = hr_recording_ask(&cli->class, &stream, video, &deadline, start_us, &duration_us, error);
    hr_stream_close(&stream);
    return status;
}

/* When the first picture was taken: what was said, the end of the part before, what the name says, or the file. A name
 * is by the clock on the wall; what a file says may be in any zone that the camera takes for the world's. */
static enum hr_status find_start(struct adding *adding, const char *video, bool first, int64_t *start_us,
                                 struct hr_error *error)
{
    const char *said = adding->cli->settings.lessons.start;
    struct hr_start_clues clues = {.said = first ? said : NULL,
                                   .video = video,
                                   .zone = adding->zone,
                                   .day = adding->has_lesson ? adding->lesson.day : "",
                                   .follows_us = said != NULL ? adding->next_start_us : 0};
    enum hr_status status = hr_recording_start(&clues, start_us, &adding->start_by, error);
    if (status != HR_ERR_NOT_FOUND)
        return status;
    status = ask_container(adding, video, &clues.created_us, error);
    if (status == HR_OK && clues.created_us == 0)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "when was '%s' recorded? Neither its name nor the file says it: say --start 08:02:30",
                            video);
    return status == HR_OK ? hr_recording_start(&clues, start_us, &adding->start_by, error) : status;
}

/* The lesson that a recording of that moment belongs to. */
static enum hr_status lesson_of_clock(struct adding *adding, int64_t start_us, struct hr_error *error)
{
    char day[HR_ZONE_DAY_SIZE], clock[HR_ZONE_CLOCK_SIZE], word[32];
    const char *class_id = adding->cli->words[1];
    int64_t key = 0;
    hr_zone_from_utc(adding->zone, start_us, day, clock);
    enum hr_status status = hr_lesson_of_clock(adding->database, class_id, adding->zone, start_us, &key, error);
    if (status == HR_OK && key == 0)
        return hr_error_set(error, HR_ERR_NOT_FOUND,
                            "class '%s' has no lesson on %s at %s by its timetable: 'homeroom lesson new %s %s TIMES'",
                            class_id, day, clock, class_id, day);
    snprintf(word, sizeof word, "%lld", (long long)key);
    return status == HR_OK ? hr_lesson_find(adding->database, word, &adding->lesson, error) : status;
}

static enum hr_status take(struct adding *adding, const char *video, int64_t start_us, struct hr_result **result,
                           struct hr_error *error)
{
    struct hr_cli *cli = adding->cli;
    const char *camera = cli->settings.lessons.camera;
    struct hr_stream stream = {0};
    struct hr_lesson_recording recording = {.lesson = &adding->lesson,
                                            .video = video,
                                            .camera = camera != NULL ? camera : "",
                                            .start_us = start_us,
                                            .start_by = adding->start_by,
                                            .guests = cli->settings.lessons.guests,
                                            .threads = cli->settings.recognition.threads,
                                            .options = hr_cli_recognize_options(&cli->settings)};
    recording.options.stop = hr_cli_stop();
    struct hr_deadline deadline =
        hr_deadline_after(hr_clock_system(), recording.options.timeout_ms, recording.options.stop);
    enum hr_status status = HR_OK;
    if (adding->engine == NULL)
        status = hr_cli_open_models(cli, &adding->engine, error);
    if (status == HR_OK)
        status = hr_anywhere_open_stream(&cli->class.anywhere, video, &deadline, &stream, error);
    if (status == HR_OK)
        status = hr_lesson_take(&cli->class, adding->engine, &recording, &stream, result, error);
    hr_stream_close(&stream);
    if (status != HR_OK && strstr(error->text, video) == NULL)
        hr_error_prefix(error, "%s", video);
    return status;
}

static void tell_added(const struct adding *adding, const char *video, const struct hr_result *result, int64_t start_us)
{
    const struct hr_observation *seen = hr_result_observation(result);
    char day[HR_ZONE_DAY_SIZE], clock[HR_ZONE_CLOCK_SIZE];
    hr_zone_from_utc(adding->zone, start_us, day, clock);
    FILE *out = adding->cli->out;
    hr_answer_text(out, video);
    fprintf(out, ": lesson %lld, from %s %s%s, %.0f s, %zu student%s for certain, %zu unknown\n",
            (long long)adding->lesson.key, day, clock,
            adding->start_by == HR_START_CONTAINER ? " (as the file says)" : "", (double)seen->duration_us / 1e6,
            hr_result_student_count(result), hr_plural(hr_result_student_count(result)), seen->unknown_people);
    for (size_t i = 0; hr_result_warning(result, i) != NULL; i++)
        if (!hr_result_warning_names_student(result, i))
            hr_log_write(&adding->cli->log, HR_LOG_WARNING, NULL, "%s: %s", video, hr_result_warning(result, i));
}

static enum hr_status find_place(struct adding *adding, const char *video, bool first, int64_t *start_us,
                                 struct hr_error *error)
{
    enum hr_status status = hr_cli_open_database(adding->cli, HR_DATABASE_WRITE, &adding->database, error);
    if (status == HR_OK && first && adding->has_lesson)
        status = hr_lesson_find(adding->database, adding->cli->words[1], &adding->lesson, error);
    if (status == HR_OK && first && !adding->has_lesson)
        status = hr_class_zone(adding->database, adding->cli->words[1], adding->zone, error);
    if (first && adding->has_lesson)
        snprintf(adding->zone, sizeof adding->zone, "%s", adding->lesson.zone);
    if (status == HR_OK)
        status = find_start(adding, video, first, start_us, error);
    if (status == HR_OK && !adding->has_lesson)
        status = lesson_of_clock(adding, *start_us, error);
    if (status == HR_OK && adding->lesson.finished_us != 0)
        status = hr_error_set(error, HR_ERR_CONFLICT,
                              "lesson %lld is finished: 'homeroom lesson reopen %lld' opens it again",
                              (long long)adding->lesson.key, (long long)adding->lesson.key);
    hr_database_close(adding->database);
    adding->database = NULL;
    return status;
}

static enum hr_status add(struct hr_cli *cli, struct hr_error *error)
{
    struct adding adding = {.cli = cli, .has_lesson = hr_lesson_is_word(cli->words[1])};
    enum hr_status status = HR_OK;
    for (size_t i = 2; status == HR_OK && i < cli->word_count; i++) {
        struct hr_result *result = NULL;
        int64_t start_us = 0;
        status = find_place(&adding, cli->words[i], i == 2, &start_us, error);
        if (status == HR_OK)
            status = take(&adding, cli->words[i], start_us, &result, error);
        if (status == HR_OK) {
            tell_added(&adding, cli->words[i], result, start_us);
            adding.next_start_us = start_us + hr_result_observation(result)->duration_us;
        }
        hr_result_free(result);
    }
    hr_engine_close(adding.engine);
    return status;
}

/* --- marks, finishing --- */

typedef enum hr_status change_fn(struct hr_cli *cli, struct hr_database *database, struct hr_error *error);

static enum hr_status mark_one(struct hr_cli *cli, struct hr_database *database, const char *status_word,
                               struct hr_error *error)
{
    struct hr_lesson_found lesson;
    struct hr_student student = {0};
    const char *note = cli->settings.lessons.note;
    enum hr_status status = hr_lesson_find(database, cli->words[1], &lesson, error);
    if (status == HR_OK)
        status = hr_cli_find_person(database, cli->words[2], &student, NULL, error);
    if (status == HR_OK)
        status = hr_database_mark(database, lesson.key, student.id, status_word, note != NULL ? note : "", error);
    if (status == HR_OK) {
        hr_answer_text(cli->out, student.id);
        fputs(" (", cli->out);
        hr_answer_text(cli->out, student.name);
        fprintf(cli->out, "): %s\n", status_word != NULL ? status_word : "the last mark is taken back");
    }
    hr_student_clear(&student);
    return status;
}

static enum hr_status mark(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    enum hr_presence presence;
    enum hr_status status = hr_presence_parse(cli->words[3], &presence, error);
    return status == HR_OK ? mark_one(cli, database, hr_presence_name(presence), error) : status;
}

static enum hr_status unmark(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    return mark_one(cli, database, NULL, error);
}

static enum hr_status finish(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    struct hr_lesson_found lesson;
    struct hr_roll roll = {0};
    size_t open = 0;
    enum hr_status status = hr_lesson_find(database, cli->words[1], &lesson, error);
    if (status == HR_OK && lesson.finished_us != 0)
        status = hr_error_set(error, HR_ERR_CONFLICT, "lesson %lld is finished already", (long long)lesson.key);
    if (status == HR_OK)
        status = hr_roll_make(&roll, database, lesson.key, error);
    for (size_t i = 0; i < roll.count; i++)
        open += roll.entries[i].presence == HR_PRESENCE_REVIEW || roll.entries[i].presence == HR_PRESENCE_UNMARKED;
    if (status == HR_OK)
        status = hr_roll_finish(&roll, database, error);
    if (status == HR_OK)
        fprintf(cli->out, "lesson %lld is finished: %zu student%s, of whom %zu %s still to be looked at\n",
                (long long)lesson.key, roll.count, hr_plural(roll.count), open, open == 1 ? "is" : "are");
    hr_roll_clear(&roll);
    return status;
}

static enum hr_status reopen(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    struct hr_lesson_found lesson;
    enum hr_status status = hr_lesson_find(database, cli->words[1], &lesson, error);
    if (status == HR_OK)
        status = hr_database_reopen_lesson(database, lesson.key, error);
    if (status == HR_OK)
        fprintf(cli->out, "lesson %lld is open again\n", (long long)lesson.key);
    return status;
}

/* By the class as it is now, where its vectors are kept: somebody was enrolled since. */
static enum hr_status decide_again(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    struct hr_lesson_found lesson = {0};
    struct hr_engine *engine = NULL;
    size_t changed = 0;
    bool is_lesson = hr_lesson_is_word(cli->words[1]);
    enum hr_status status = is_lesson ? hr_lesson_find(database, cli->words[1], &lesson, error)
                                      : hr_class_zone(database, cli->words[1], lesson.zone, error);
    if (status == HR_OK && lesson.finished_us != 0)
        status = hr_error_set(error, HR_ERR_CONFLICT, "lesson %lld is finished: 'homeroom lesson reopen %lld' first",
                              (long long)lesson.key, (long long)lesson.key);
    if (status == HR_OK)
        status = hr_cli_open_models(cli, &engine, error);
    if (status == HR_OK)
        status = hr_lessons_decide_again(&cli->class, engine, database, is_lesson ? lesson.class_id : cli->words[1],
                                         lesson.key, &changed, error);
    if (status == HR_OK)
        fprintf(cli->out, "%zu track%s now taken for somebody else\n", changed, hr_plural_are(changed));
    hr_engine_close(engine);
    return status;
}

static enum hr_status remove_lesson(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    struct hr_lesson_found lesson;
    bool agreed = cli->settings.people.yes;
    enum hr_status status = hr_lesson_find(database, cli->words[1], &lesson, error);
    if (status == HR_OK && !agreed)
        status = hr_cli_ask("Remove the lesson with its marks and what was seen?", &agreed, error);
    if (status == HR_OK && !agreed)
        return hr_error_set(error, HR_ERR_ARGUMENT, "nothing was changed");
    if (status == HR_OK)
        status = hr_database_remove_lesson(database, lesson.key, error);
    if (status == HR_OK)
        fprintf(cli->out, "lesson %lld is removed\n", (long long)lesson.key);
    return status;
}

static const struct {
    const char *word;
    const char *usage;
    size_t words_min, words_max;
    change_fn *change; /* NULL: add, which opens the database by itself */
} changes[] = {
    {"new", "CLASS DAY [TIMES]", 3, 4, make},
    {"import", "CLASS FILE.ics", 3, 3, import_calendar},
    {"add", "LESSON|CLASS VIDEO...", 3, SIZE_MAX, NULL},
    {"again", "LESSON|CLASS", 2, 2, decide_again},
    {"mark", "LESSON STUDENT present|late|left_early|absent|excused", 4, 4, mark},
    {"unmark", "LESSON STUDENT", 3, 3, unmark},
    {"finish", "LESSON", 2, 2, finish},
    {"reopen", "LESSON", 2, 2, reopen},
    {"remove", "LESSON", 2, 2, remove_lesson},
};

static enum hr_status change(struct hr_cli *cli, change_fn *run, struct hr_error *error)
{
    struct hr_database *database = NULL;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_WRITE, &database, error);
    if (status == HR_OK)
        status = run(cli, database, error);
    hr_database_close(database);
    return status;
}

int hr_cmd_lesson(struct hr_cli *cli)
{
    struct hr_error error = {0};
    enum hr_status status = HR_OK;
    bool known = false;
    if (hr_anywhere_is_remote(cli->database_path))
        status = hr_error_set(&error, HR_ERR_ARGUMENT, "lessons are kept in a database that is a file, not in '%s'",
                              cli->database_path);
    for (size_t i = 0; status == HR_OK && cli->word_count > 0 && i < sizeof changes / sizeof *changes; i++) {
        if (strcmp(cli->words[0], changes[i].word) != 0)
            continue;
        known = true;
        if (cli->word_count < changes[i].words_min || cli->word_count > changes[i].words_max)
            status = hr_error_set(&error, HR_ERR_ARGUMENT, "usage: homeroom lesson %s %s", changes[i].word,
                                  changes[i].usage);
        else
            status = changes[i].change != NULL ? change(cli, changes[i].change, &error) : add(cli, &error);
    }
    if (status == HR_OK && !known && cli->word_count > 1)
        status = hr_error_set(&error, HR_ERR_ARGUMENT,
                              "lesson takes new, import, add, again, mark, unmark, finish, reopen or remove, not '%s'",
                              cli->words[0]);
    else if (status == HR_OK && !known)
        status = list(cli, &error);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
