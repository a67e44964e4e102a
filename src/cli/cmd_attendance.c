/* homeroom attendance LESSON|CLASS: the roll of a lesson, or of all lessons of a class. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "classroom/roll.h"
#include "cli/answer.h"
#include "cli/class.h"
#include "cli/lesson_words.h"
#include "cli/zone.h"
#include "tables/csv.h"

enum { TEXT_MAX = 16 << 20 };

/* --- one lesson --- */

static void clock_of(const struct hr_roll *roll, int64_t wall_us, char out[HR_ZONE_CLOCK_SIZE])
{
    out[0] = '\0';
    if (wall_us != 0)
        hr_zone_from_utc(roll->zone, wall_us, NULL, out);
}

static void add_cell(struct hr_buffer *out, const char *text, bool last)
{
    hr_csv_append(out, hr_view_text(text));
    hr_buffer_append_text(out, last ? "\r\n" : ",");
}

static void write_csv(const struct hr_roll *roll, struct hr_buffer *out)
{
    hr_buffer_append_text(out, "id,name,status,by_hand,arrived,left,minutes_seen,sightings,similarity,why\r\n");
    for (size_t i = 0; i < roll->count; i++) {
        const struct hr_roll_entry *entry = &roll->entries[i];
        char arrived[HR_ZONE_CLOCK_SIZE], left[HR_ZONE_CLOCK_SIZE], minutes[32], sightings[32], similarity[32] = "";
        clock_of(roll, entry->arrived_us, arrived);
        clock_of(roll, entry->left_us, left);
        snprintf(minutes, sizeof minutes, "%.1f", (double)entry->seen_us / 60e6);
        snprintf(sightings, sizeof sightings, "%zu", entry->sightings);
        if (isfinite(entry->similarity))
            snprintf(similarity, sizeof similarity, "%.3f", entry->similarity);
        add_cell(out, entry->student_id, false);
        add_cell(out, entry->name, false);
        add_cell(out, hr_presence_name(entry->presence), false);
        add_cell(out, entry->by_hand ? "yes" : "", false);
        add_cell(out, arrived, false);
        add_cell(out, left, false);
        add_cell(out, minutes, false);
        add_cell(out, sightings, false);
        add_cell(out, similarity, false);
        add_cell(out, entry->by_hand && entry->note[0] != '\0' ? entry->note : entry->why, true);
    }
}

static struct hr_json *time_json(int64_t wall_us)
{
    char text[HR_CLOCK_ISO8601_SIZE];
    if (wall_us == 0)
        return hr_json_text_new(NULL);
    hr_clock_iso8601(wall_us, text);
    return hr_json_text_new(text);
}

static struct hr_json *entry_json(const struct hr_roll_entry *entry)
{
    struct hr_json *object = hr_json_object_new();
    hr_json_set(object, "id", hr_json_text_new(entry->student_id));
    hr_json_set(object, "name", hr_json_any_text_new(entry->name));
    hr_json_set(object, "status", hr_json_text_new(hr_presence_name(entry->presence)));
    hr_json_set(object, "seen_status", hr_json_text_new(hr_presence_name(entry->seen)));
    hr_json_set(object, "by_hand", hr_json_boolean_new(entry->by_hand));
    hr_json_set(object, "arrived", time_json(entry->arrived_us));
    hr_json_set(object, "left", time_json(entry->left_us));
    hr_json_set(object, "seen_s", hr_json_real_new((double)entry->seen_us / 1e6));
    hr_json_set(object, "sightings", hr_json_integer_new((int64_t)entry->sightings));
    hr_json_set(object, "similarity", hr_json_real_new(entry->similarity));
    hr_json_set(object, "why", hr_json_text_new(entry->why));
    hr_json_set(object, "note", hr_json_any_text_new(entry->note));
    return object;
}

static enum hr_status write_json(const struct hr_roll *roll, struct hr_buffer *out, struct hr_error *error)
{
    struct hr_json *object = hr_json_object_new(), *students = hr_json_array_new(), *gaps = hr_json_array_new();
    hr_json_set(object, "lesson", hr_json_integer_new(roll->lesson));
    hr_json_set(object, "class", hr_json_text_new(roll->class_id));
    hr_json_set(object, "title", hr_json_any_text_new(roll->title));
    hr_json_set(object, "zone", hr_json_any_text_new(roll->zone));
    hr_json_set(object, "day", hr_json_text_new(roll->day));
    hr_json_set(object, "start", time_json(roll->start_us));
    hr_json_set(object, "end", time_json(roll->end_us));
    hr_json_set(object, "finished", time_json(roll->finished_us));
    hr_json_set(object, "recordings", hr_json_integer_new((int64_t)roll->recording_count));
    hr_json_set(object, "unknown_people", hr_json_integer_new((int64_t)roll->unknown_people));
    for (size_t i = 0; i < roll->gap_count; i++) {
        struct hr_json *gap = hr_json_object_new();
        hr_json_set(gap, "from", time_json(roll->gaps[i].start_us));
        hr_json_set(gap, "to", time_json(roll->gaps[i].end_us));
        hr_json_append(gaps, gap);
    }
    hr_json_set(object, "not_filmed", gaps);
    bool good = true;
    for (size_t i = 0; i < roll->count; i++)
        good = hr_json_append(students, entry_json(&roll->entries[i])) && good;
    good = hr_json_set(object, "students", students) && good;
    enum hr_status status =
        good ? hr_json_print(object, true, out, error) : hr_error_set(error, HR_ERR_MEMORY, "no memory for a roll");
    hr_json_free(object);
    hr_buffer_append_text(out, "\n");
    return status;
}

enum { ROLL_COLUMNS = 6 };

/* For people. */
static enum hr_status show(struct hr_cli *cli, const struct hr_roll *roll, struct hr_error *error)
{
    static const char *const header[ROLL_COLUMNS] = {"id", "name", "status", "arrived", "left", "why"};
    const char **cells = calloc((roll->count + 1) * ROLL_COLUMNS, sizeof *cells);
    char(*clocks)[2][HR_ZONE_CLOCK_SIZE] = calloc(roll->count + 1, sizeof *clocks);
    char start[HR_ZONE_CLOCK_SIZE], end[HR_ZONE_CLOCK_SIZE];
    if (cells == NULL || clocks == NULL) {
        free(cells);
        free(clocks);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a roll");
    }
    clock_of(roll, roll->start_us, start);
    clock_of(roll, roll->end_us, end);
    hr_answer_text(cli->out, roll->class_id);
    fprintf(cli->out, ", %s %.5s-%.5s%s\n", roll->day, start, end, roll->finished_us != 0 ? ", finished" : "");
    for (size_t i = 0; i < roll->gap_count; i++) {
        clock_of(roll, roll->gaps[i].start_us, start);
        clock_of(roll, roll->gaps[i].end_us, end);
        fprintf(cli->out, "not filmed: %s-%s\n", start, end);
    }
    memcpy(cells, header, sizeof header);
    for (size_t i = 0; i < roll->count; i++) {
        const struct hr_roll_entry *entry = &roll->entries[i];
        const char **row = cells + (i + 1) * ROLL_COLUMNS;
        clock_of(roll, entry->arrived_us, clocks[i][0]);
        clock_of(roll, entry->left_us, clocks[i][1]);
        row[0] = entry->student_id;
        row[1] = entry->name;
        row[2] = hr_presence_name(entry->presence);
        row[3] = clocks[i][0];
        row[4] = clocks[i][1];
        row[5] = entry->by_hand ? entry->note[0] != '\0' ? entry->note : "marked by hand" : entry->why;
    }
    hr_answer_table(cli->out, cells, ROLL_COLUMNS, roll->count + 1, 0);
    if (roll->unknown_people > 0)
        fprintf(cli->out, "%zu unknown %s\n", roll->unknown_people, roll->unknown_people == 1 ? "person" : "people");
    free(cells);
    free(clocks);
    return HR_OK;
}

static enum hr_status answer_roll(struct hr_cli *cli, const struct hr_roll *roll, struct hr_error *error)
{
    struct hr_buffer text;
    hr_buffer_init(&text, TEXT_MAX);
    enum hr_status status = HR_OK;
    if (cli->settings.terminal.json)
        status = write_json(roll, &text, error);
    else if (cli->settings.lessons.csv)
        write_csv(roll, &text);
    else
        return show(cli, roll, error);
    if (status == HR_OK)
        status = hr_buffer_check(&text, error);
    if (status == HR_OK && !hr_answer_data(cli->out, hr_buffer_text(&text)))
        status = hr_error_set(error, HR_ERR_IO, "standard output does not take the roll");
    hr_buffer_clear(&text);
    return status;
}

/* --- a term --- */

struct term {
    struct hr_database *database;
    struct hr_roll *rolls; /* owned; by the start of the lessons */
    size_t count, capacity;
    int64_t *lessons; /* owned */
};

static enum hr_status take_lesson(void *context, const struct hr_lesson_record *lesson, struct hr_error *error)
{
    struct term *term = context;
    if (term->count == term->capacity) {
        size_t capacity = 2 * term->capacity + 32;
        int64_t *lessons = reallocarray(term->lessons, capacity, sizeof *lessons);
        if (lessons == NULL)
            return hr_error_set(error, HR_ERR_MEMORY, "no memory for a term");
        term->lessons = lessons;
        term->capacity = capacity;
    }
    term->lessons[term->count++] = lesson->key;
    return HR_OK;
}

static enum hr_status make_rolls(struct term *term, const char *class_id, struct hr_error *error)
{
    size_t made = 0;
    enum hr_status status = hr_database_each_lesson(term->database, class_id, take_lesson, term, error);
    term->rolls = calloc(term->count + 1, sizeof *term->rolls);
    if (status == HR_OK && term->rolls == NULL)
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for a term");
    for (; status == HR_OK && made < term->count; made++)
        status = hr_roll_make(&term->rolls[made], term->database, term->lessons[made], error);
    term->count = made;
    return status;
}

static const struct hr_roll_entry *entry_of(const struct hr_roll *roll, const char *id)
{
    for (size_t i = 0; i < roll->count; i++)
        if (strcmp(roll->entries[i].student_id, id) == 0)
            return &roll->entries[i];
    return NULL;
}

struct writing {
    struct term *term;
    struct hr_buffer *out;
    char last[256];
};

/* A student's line: of those lessons that say anything, how many he was in. */
static enum hr_status write_student(void *context, const struct hr_member_record *member, struct hr_error *error)
{
    struct writing *writing = context;
    size_t there = 0, known = 0;
    char rate[32] = "";
    (void)error;
    if (strcmp(writing->last, member->student_id) == 0) /* in the class twice */
        return HR_OK;
    snprintf(writing->last, sizeof writing->last, "%s", member->student_id);
    add_cell(writing->out, member->student_id, false);
    add_cell(writing->out, member->name, false);
    for (size_t i = 0; i < writing->term->count; i++) {
        const struct hr_roll_entry *entry = entry_of(&writing->term->rolls[i], member->student_id);
        enum hr_presence presence = entry != NULL ? entry->presence : HR_PRESENCE_NOT_ENROLLED;
        bool is_there =
            presence == HR_PRESENCE_PRESENT || presence == HR_PRESENCE_LATE || presence == HR_PRESENCE_LEFT_EARLY;
        there += is_there;
        known += is_there || presence == HR_PRESENCE_ABSENT;
        add_cell(writing->out, hr_presence_name(presence), false);
    }
    if (known > 0)
        snprintf(rate, sizeof rate, "%.3f", (double)there / (double)known);
    add_cell(writing->out, rate, true);
    return HR_OK;
}

static enum hr_status answer_term(struct hr_cli *cli, struct hr_database *database, const char *class_id,
                                  struct hr_error *error)
{
    struct term term = {.database = database};
    struct hr_buffer text;
    struct writing writing = {&term, &text, ""};
    hr_buffer_init(&text, TEXT_MAX);
    enum hr_status status = make_rolls(&term, class_id, error);
    hr_buffer_append_text(&text, "id,name,");
    for (size_t i = 0; status == HR_OK && i < term.count; i++) {
        char head[64], clock[HR_ZONE_CLOCK_SIZE];
        clock_of(&term.rolls[i], term.rolls[i].start_us, clock);
        snprintf(head, sizeof head, "%s %.5s", term.rolls[i].day, clock);
        add_cell(&text, head, false);
    }
    hr_buffer_append_text(&text, "rate\r\n");
    if (status == HR_OK)
        status = hr_database_each_member(database, class_id, NULL, write_student, &writing, error);
    if (status == HR_OK)
        status = hr_buffer_check(&text, error);
    if (status == HR_OK && !hr_answer_data(cli->out, hr_buffer_text(&text)))
        status = hr_error_set(error, HR_ERR_IO, "standard output does not take the table");
    for (size_t i = 0; i < term.count && term.rolls != NULL; i++)
        hr_roll_clear(&term.rolls[i]);
    free(term.rolls);
    free(term.lessons);
    hr_buffer_clear(&text);
    return status;
}

int hr_cmd_attendance(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    struct hr_lesson_found lesson;
    struct hr_roll roll = {0};
    const char *word = cli->words[0];
    bool is_lesson = hr_cli_is_lesson(word);
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_READ, &database, &error);
    if (status == HR_OK && is_lesson) {
        status = hr_cli_find_lesson(database, word, &lesson, &error);
        if (status == HR_OK)
            status = hr_roll_make(&roll, database, lesson.key, &error);
        if (status == HR_OK)
            status = answer_roll(cli, &roll, &error);
        hr_roll_clear(&roll);
    } else if (status == HR_OK) {
        status = answer_term(cli, database, word, &error);
    }
    hr_database_close(database);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
