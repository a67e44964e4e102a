#include "classroom/roll_forms.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "classroom/zone.h"
#include "report/grid.h"
#include "tables/csv.h"

void hr_roll_clock(const struct hr_roll *roll, int64_t wall_us, char out[HR_ZONE_CLOCK_SIZE])
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

/* ".500", where there are any thousandths: a look may be taken five times a second. */
static void write_thousandths(int64_t wall_us, char out[8])
{
    int thousandths = (int)(wall_us / 1000 % 1000);
    out[0] = '\0';
    if (thousandths > 0)
        snprintf(out, 8, ".%03d", thousandths);
}

enum { FINE_CLOCK_SIZE = HR_ZONE_CLOCK_SIZE + 8 };

static void fine_clock_of(const struct hr_roll *roll, int64_t wall_us, char out[FINE_CLOCK_SIZE])
{
    char clock[HR_ZONE_CLOCK_SIZE], thousandths[8];
    hr_roll_clock(roll, wall_us, clock);
    write_thousandths(wall_us, thousandths);
    snprintf(out, FINE_CLOCK_SIZE, "%s%s", clock, thousandths);
}

void hr_roll_write_csv(const struct hr_roll *roll, struct hr_buffer *out)
{
    hr_buffer_append_text(out, "id,name,status,by_hand,arrived,left,minutes_seen,sightings,similarity,why\r\n");
    for (size_t i = 0; i < roll->count; i++) {
        const struct hr_roll_entry *entry = &roll->entries[i];
        char arrived[FINE_CLOCK_SIZE], left[FINE_CLOCK_SIZE], minutes[32], sightings[32], similarity[32] = "";
        fine_clock_of(roll, entry->arrived_us, arrived);
        fine_clock_of(roll, entry->left_us, left);
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
    char text[HR_CLOCK_ISO8601_SIZE], fine[HR_CLOCK_ISO8601_SIZE + 8], thousandths[8];
    if (wall_us == 0)
        return hr_json_text_new(NULL);
    hr_clock_iso8601(wall_us, text);
    write_thousandths(wall_us, thousandths);
    text[strlen(text) - 1] = '\0'; /* the Z comes behind them */
    snprintf(fine, sizeof fine, "%s%sZ", text, thousandths);
    return hr_json_text_new(fine);
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
    hr_json_set(object, "reason", hr_json_text_new(hr_roll_reason_name(entry->reason)));
    hr_json_set(object, "corrected", hr_json_boolean_new(entry->corrected));
    hr_json_set(object, "why", hr_json_text_new(entry->why));
    hr_json_set(object, "note", hr_json_any_text_new(entry->note));
    return object;
}

static void add_work(struct hr_json *object, const char *name, const struct hr_work *work)
{
    struct hr_json *inner = work->memory_bytes > 0 ? hr_json_object_new() : hr_json_text_new(NULL);
    if (work->memory_bytes > 0) {
        hr_json_set(inner, "wall_s", hr_json_real_new((double)work->wall_us / 1e6));
        hr_json_set(inner, "processor_s", hr_json_real_new((double)work->processor_us / 1e6));
        hr_json_set(inner, "memory_mb", hr_json_real_new((double)work->memory_bytes / (1 << 20)));
    }
    hr_json_set(object, name, inner);
}

static struct hr_json *work_json(const struct hr_roll *roll)
{
    struct hr_json *list = hr_json_array_new();
    for (size_t i = 0; i < roll->work_count; i++) {
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "video", hr_json_any_text_new(roll->work[i].video));
        add_work(object, "estimated", &roll->work[i].estimated);
        add_work(object, "took", &roll->work[i].took);
        hr_json_append(list, object);
    }
    return list;
}

enum hr_status hr_roll_write_json(const struct hr_roll *roll, struct hr_buffer *out, struct hr_error *error)
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
    bool good = hr_json_set(object, "work", work_json(roll));
    for (size_t i = 0; i < roll->count; i++)
        good = hr_json_append(students, entry_json(&roll->entries[i])) && good;
    good = hr_json_set(object, "students", students) && good;
    enum hr_status status =
        good ? hr_json_print(object, true, out, error) : hr_error_set(error, HR_ERR_MEMORY, "no memory for a roll");
    hr_json_free(object);
    hr_buffer_append_text(out, "\n");
    return status;
}

/* --- Moodle --- */

/* The acronyms of Moodle's own status set; NULL: nothing is said. */
static const char *const acronyms[HR_PRESENCE_COUNT] = {
    [HR_PRESENCE_PRESENT] = "P", [HR_PRESENCE_LATE] = "L",    [HR_PRESENCE_LEFT_EARLY] = "P",
    [HR_PRESENCE_ABSENT] = "A",  [HR_PRESENCE_EXCUSED] = "E",
};

static size_t write_moodle_rows(const struct hr_roll *roll, const char *before, struct hr_buffer *out)
{
    size_t left_out = 0;
    for (size_t i = 0; i < roll->count; i++) {
        const char *acronym = acronyms[roll->entries[i].presence];
        left_out += acronym == NULL;
        if (acronym == NULL)
            continue;
        hr_buffer_append_text(out, before);
        add_cell(out, roll->entries[i].student_id, false);
        add_cell(out, acronym, true);
    }
    return left_out;
}

size_t hr_roll_write_moodle(const struct hr_roll *roll, struct hr_buffer *out)
{
    hr_buffer_append_text(out, "idnumber,status\r\n");
    return write_moodle_rows(roll, "", out);
}

size_t hr_term_write_moodle(const struct hr_term *term, struct hr_buffer *out)
{
    size_t left_out = 0;
    hr_buffer_append_text(out, "session_day,session_start,idnumber,status\r\n");
    for (size_t i = 0; i < term->count; i++) {
        char before[64], clock[HR_ZONE_CLOCK_SIZE];
        hr_roll_clock(&term->rolls[i], term->rolls[i].start_us, clock);
        snprintf(before, sizeof before, "%s,%.5s,", term->rolls[i].day, clock);
        left_out += write_moodle_rows(&term->rolls[i], before, out);
    }
    return left_out;
}

/* --- a term --- */

static void label_of(const struct hr_roll *roll, char out[32])
{
    char clock[HR_ZONE_CLOCK_SIZE];
    hr_roll_clock(roll, roll->start_us, clock);
    snprintf(out, 32, "%s %.5s", roll->day, clock);
}

static enum hr_presence cell_of(const struct hr_term *term, size_t student, size_t lesson)
{
    return (enum hr_presence)term->cells[student * term->count + lesson];
}

void hr_term_write_csv(const struct hr_term *term, struct hr_buffer *out)
{
    hr_buffer_append_text(out, "id,name,");
    for (size_t i = 0; i < term->count; i++) {
        char label[32];
        label_of(&term->rolls[i], label);
        add_cell(out, label, false);
    }
    hr_buffer_append_text(out, "rate\r\n");
    for (size_t i = 0; i < term->student_count; i++) {
        const struct hr_term_student *student = &term->students[i];
        char rate[32] = "";
        if (student->known > 0)
            snprintf(rate, sizeof rate, "%.3f", (double)student->there / (double)student->known);
        add_cell(out, student->id, false);
        add_cell(out, student->name, false);
        for (size_t k = 0; k < term->count; k++)
            add_cell(out, hr_presence_name(cell_of(term, i, k)), false);
        add_cell(out, rate, true);
    }
}

static struct hr_json *lesson_json(const struct hr_roll *roll)
{
    struct hr_json *object = hr_json_object_new();
    hr_json_set(object, "lesson", hr_json_integer_new(roll->lesson));
    hr_json_set(object, "day", hr_json_text_new(roll->day));
    hr_json_set(object, "start", time_json(roll->start_us));
    hr_json_set(object, "end", time_json(roll->end_us));
    hr_json_set(object, "finished", time_json(roll->finished_us));
    hr_json_set(object, "recordings", hr_json_integer_new((int64_t)roll->recording_count));
    return object;
}

static struct hr_json *student_json(const struct hr_term *term, size_t index)
{
    const struct hr_term_student *student = &term->students[index];
    struct hr_json *object = hr_json_object_new(), *statuses = hr_json_array_new();
    for (size_t i = 0; i < term->count; i++)
        hr_json_append(statuses, hr_json_text_new(hr_presence_name(cell_of(term, index, i))));
    hr_json_set(object, "id", hr_json_text_new(student->id));
    hr_json_set(object, "name", hr_json_any_text_new(student->name));
    hr_json_set(object, "statuses", statuses);
    hr_json_set(object, "there", hr_json_integer_new((int64_t)student->there));
    hr_json_set(object, "known", hr_json_integer_new((int64_t)student->known));
    return object;
}

enum hr_status hr_term_write_json(const struct hr_term *term, const char *class_id, struct hr_buffer *out,
                                  struct hr_error *error)
{
    struct hr_json *object = hr_json_object_new(), *lessons = hr_json_array_new(), *students = hr_json_array_new();
    bool good = true;
    for (size_t i = 0; i < term->count; i++)
        good = hr_json_append(lessons, lesson_json(&term->rolls[i])) && good;
    for (size_t i = 0; i < term->student_count; i++)
        good = hr_json_append(students, student_json(term, i)) && good;
    good = hr_json_set(object, "class", hr_json_text_new(class_id)) && good;
    good = hr_json_set(object, "lessons", lessons) && good;
    good = hr_json_set(object, "students", students) && good;
    enum hr_status status =
        good ? hr_json_print(object, true, out, error) : hr_error_set(error, HR_ERR_MEMORY, "no memory for a term");
    hr_json_free(object);
    hr_buffer_append_text(out, "\n");
    return status;
}

/* --- Canvas --- */

static const char *const scores[HR_PRESENCE_COUNT] = {
    [HR_PRESENCE_PRESENT] = "1", [HR_PRESENCE_LATE] = "1",     [HR_PRESENCE_LEFT_EARLY] = "1",
    [HR_PRESENCE_ABSENT] = "0",  [HR_PRESENCE_EXCUSED] = "EX",
};

size_t hr_term_write_canvas(const struct hr_term *term, const char *class_id, struct hr_buffer *out)
{
    size_t empty = 0;
    hr_buffer_append_text(out, "Student,ID,SIS User ID,SIS Login ID,Section");
    for (size_t i = 0; i < term->count; i++) {
        char label[32], title[64];
        label_of(&term->rolls[i], label);
        snprintf(title, sizeof title, "Attendance score %s", label);
        hr_buffer_append_text(out, ",");
        hr_csv_append(out, hr_view_text(title));
    }
    hr_buffer_append_text(out, "\r\n    Points Possible,,,,");
    for (size_t i = 0; i < term->count; i++)
        hr_buffer_append_text(out, ",1");
    hr_buffer_append_text(out, "\r\n");
    for (size_t i = 0; i < term->student_count; i++) {
        add_cell(out, term->students[i].name, false);
        hr_buffer_append_text(out, ",");
        add_cell(out, term->students[i].id, false);
        hr_buffer_append_text(out, ",");
        hr_csv_append(out, hr_view_text(class_id));
        for (size_t k = 0; k < term->count; k++) {
            const char *score = scores[cell_of(term, i, k)];
            hr_buffer_append_format(out, ",%s", score != NULL ? score : "");
            empty += score == NULL;
        }
        hr_buffer_append_text(out, "\r\n");
    }
    return empty;
}

/* --- a picture --- */

/* Pale colours and a letter: printed in black and white the letter tells. */
static const struct hr_grid_kind kinds[HR_PRESENCE_COUNT] = {
    [HR_PRESENCE_PRESENT] = {"present", "P", "#b7e1c0"},
    [HR_PRESENCE_LATE] = {"late", "L", "#ffe08a"},
    [HR_PRESENCE_LEFT_EARLY] = {"left early", "E", "#ffd0a0"},
    [HR_PRESENCE_ABSENT] = {"absent", "A", "#f4a9a3"},
    [HR_PRESENCE_EXCUSED] = {"excused", "X", "#cfd8e3"},
    [HR_PRESENCE_REVIEW] = {"to be looked at", "?", "#d9c8f0"},
    [HR_PRESENCE_NOT_FILMED] = {"not filmed", "-", "#eeeeee"},
    [HR_PRESENCE_UNMARKED] = {"unmarked", "u", "#e6dcf5"},
    [HR_PRESENCE_NOT_ENROLLED] = {"not enrolled", "", "#fafafa"},
};

/* Labels of the picture. */
struct labels {
    char (*columns)[32], (*remarks)[32];
    const char **column, **row, **remark;
};

static void fill_labels(const struct hr_term *term, struct labels *labels)
{
    for (size_t i = 0; i < term->count; i++) {
        label_of(&term->rolls[i], labels->columns[i]);
        labels->column[i] = labels->columns[i];
    }
    for (size_t i = 0; i < term->student_count; i++) {
        const struct hr_term_student *student = &term->students[i];
        if (student->known > 0)
            snprintf(labels->remarks[i], sizeof labels->remarks[i], "%zu of %zu", student->there, student->known);
        labels->row[i] = student->name;
        labels->remark[i] = labels->remarks[i];
    }
}

enum hr_status hr_term_write_svg(const struct hr_term *term, const char *title, struct hr_buffer *out,
                                 struct hr_error *error)
{
    struct labels labels = {.columns = calloc(term->count + 1, sizeof *labels.columns),
                            .remarks = calloc(term->student_count + 1, sizeof *labels.remarks),
                            .column = calloc(term->count + 1, sizeof *labels.column),
                            .row = calloc(term->student_count + 1, sizeof *labels.row),
                            .remark = calloc(term->student_count + 1, sizeof *labels.remark)};
    enum hr_status status = HR_OK;
    if (labels.columns == NULL || labels.remarks == NULL || labels.column == NULL || labels.row == NULL ||
        labels.remark == NULL) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for a picture");
    } else {
        fill_labels(term, &labels);
        struct hr_grid grid = {.title = title,
                               .kinds = kinds,
                               .kind_count = HR_PRESENCE_COUNT,
                               .columns = labels.column,
                               .column_count = term->count,
                               .rows = labels.row,
                               .remarks = labels.remark,
                               .row_count = term->student_count,
                               .cells = term->cells};
        status = hr_report_write_grid(&grid, out, error);
    }
    free(labels.columns);
    free(labels.remarks);
    free(labels.column);
    free(labels.row);
    free(labels.remark);
    return status;
}
