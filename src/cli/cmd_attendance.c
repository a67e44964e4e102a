/* homeroom attendance LESSON|CLASS: the roll of a lesson, or of all lessons of a class. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classroom/lesson_words.h"
#include "classroom/roll_forms.h"
#include "classroom/zone.h"
#include "cli/answer.h"
#include "cli/class.h"

enum { TEXT_MAX = 64 << 20 };

/* --- one lesson --- */

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
    hr_roll_clock(roll, roll->start_us, start);
    hr_roll_clock(roll, roll->end_us, end);
    hr_answer_text(cli->out, roll->class_id);
    fprintf(cli->out, ", %s %.5s-%.5s%s\n", roll->day, start, end, roll->finished_us != 0 ? ", finished" : "");
    for (size_t i = 0; i < roll->gap_count; i++) {
        hr_roll_clock(roll, roll->gaps[i].start_us, start);
        hr_roll_clock(roll, roll->gaps[i].end_us, end);
        fprintf(cli->out, "not filmed: %s-%s\n", start, end);
    }
    memcpy(cells, header, sizeof header);
    for (size_t i = 0; i < roll->count; i++) {
        const struct hr_roll_entry *entry = &roll->entries[i];
        const char **row = cells + (i + 1) * ROLL_COLUMNS;
        hr_roll_clock(roll, entry->arrived_us, clocks[i][0]);
        hr_roll_clock(roll, entry->left_us, clocks[i][1]);
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

/* Which form was asked for; NULL: for people, or a class's own. */
static const char *form_of(const struct hr_cli *cli)
{
    return cli->settings.terminal.json ? "json" : cli->settings.lessons.csv ? "csv" : cli->settings.lessons.as;
}

static bool is_form(const char *form, const char *name)
{
    return form != NULL && strcmp(form, name) == 0;
}

static void tell_left_out(const struct hr_cli *cli, size_t left_out)
{
    if (left_out > 0)
        hr_log_write(
            &cli->log, HR_LOG_WARNING, NULL,
            "%zu left out: in review, not filmed, unmarked or not in the class; 'homeroom attendance' shows them",
            left_out);
}

static enum hr_status answer_text(struct hr_cli *cli, struct hr_buffer *text, struct hr_error *error)
{
    enum hr_status status = hr_buffer_check(text, error);
    if (status == HR_OK && !hr_answer_data(cli->out, hr_buffer_text(text)))
        status = hr_error_set(error, HR_ERR_IO, "standard output does not take the roll");
    return status;
}

static enum hr_status answer_roll(struct hr_cli *cli, const struct hr_roll *roll, struct hr_error *error)
{
    struct hr_buffer text;
    const char *form = form_of(cli);
    if (form == NULL)
        return show(cli, roll, error);
    hr_buffer_init(&text, TEXT_MAX);
    enum hr_status status = HR_OK;
    if (is_form(form, "json"))
        status = hr_roll_write_json(roll, &text, error);
    else if (is_form(form, "csv"))
        hr_roll_write_csv(roll, &text);
    else if (is_form(form, "moodle"))
        tell_left_out(cli, hr_roll_write_moodle(roll, &text));
    else
        status = hr_error_set(error, HR_ERR_ARGUMENT, "--as %s is of a class: 'homeroom attendance %s --as %s'", form,
                              roll->class_id, form);
    if (status == HR_OK)
        status = answer_text(cli, &text, error);
    hr_buffer_clear(&text);
    return status;
}

/* --- a term --- */

static enum hr_status answer_term(struct hr_cli *cli, struct hr_database *database, const char *class_id,
                                  struct hr_error *error)
{
    struct hr_term term;
    struct hr_buffer text;
    const char *form = form_of(cli);
    hr_buffer_init(&text, TEXT_MAX);
    enum hr_status status = hr_term_make(&term, database, class_id, error);
    if (status == HR_OK && is_form(form, "json"))
        status = hr_term_write_json(&term, class_id, &text, error);
    else if (status == HR_OK && is_form(form, "svg"))
        status = hr_term_write_svg(&term, class_id, &text, error);
    else if (status == HR_OK && is_form(form, "moodle"))
        tell_left_out(cli, hr_term_write_moodle(&term, &text));
    else if (status == HR_OK && is_form(form, "canvas"))
        tell_left_out(cli, hr_term_write_canvas(&term, class_id, &text));
    else if (status == HR_OK)
        hr_term_write_csv(&term, &text);
    if (status == HR_OK)
        status = answer_text(cli, &text, error);
    hr_buffer_clear(&text);
    hr_term_clear(&term);
    return status;
}

int hr_cmd_attendance(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    struct hr_lesson_found lesson;
    struct hr_roll roll = {0};
    const char *word = cli->words[0];
    bool is_lesson = hr_lesson_is_word(word);
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_READ, &database, &error);
    if (status == HR_OK && is_lesson) {
        status = hr_lesson_find(database, word, &lesson, &error);
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
