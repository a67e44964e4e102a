/* homeroom class [ID], and class new, enrol, leave, meets, off, keep, remove */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/plural.h"
#include "classroom/lesson_words.h"
#include "classroom/zone.h"
#include "cli/answer.h"
#include "cli/class.h"
#include "cli/person.h"
#include "records/views.h"

static const char *const weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* --- showing --- */

static enum hr_status answer_class(void *context, const struct hr_class_record *class, struct hr_error *error)
{
    struct hr_cli *cli = context;
    (void)error;
    if (cli->settings.terminal.json) {
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "class", hr_json_text_new(class->id));
        hr_json_set(object, "title", hr_json_any_text_new(class->title));
        hr_json_set(object, "zone", hr_json_any_text_new(class->zone));
        hr_json_set(object, "late_min", hr_json_integer_new(class->late_min));
        hr_json_set(object, "early_min", hr_json_integer_new(class->early_min));
        hr_json_set(object, "keep_days", hr_json_integer_new(class->keep_days));
        hr_json_set(object, "students", hr_json_integer_new((int64_t) class->member_count));
        hr_json_set(object, "lessons", hr_json_integer_new((int64_t) class->lesson_count));
        hr_answer_json(cli->out, object);
        return HR_OK;
    }
    hr_answer_text(cli->out, class->id);
    fputs(" (", cli->out);
    hr_answer_text(cli->out, class->title);
    fputs("): ", cli->out);
    hr_answer_text(cli->out, class->zone);
    fprintf(cli->out, ", late after %d min, early before %d min, %zu student%s, %zu lesson%s", class->late_min,
            class->early_min, class->member_count, hr_plural(class->member_count), class->lesson_count,
            hr_plural(class->lesson_count));
    if (class->keep_days > 0)
        fprintf(cli->out, ", faces kept for %d day%s", class->keep_days, hr_plural((size_t) class->keep_days));
    fputc('\n', cli->out);
    return HR_OK;
}

static enum hr_status answer_slot(void *context, const struct hr_slot_record *slot, struct hr_error *error)
{
    struct hr_cli *cli = context;
    (void)error;
    if (!cli->settings.terminal.json)
        fprintf(cli->out, "meets %s %02d:%02d-%02d:%02d\n", weekdays[slot->weekday - 1], slot->start_min / 60,
                slot->start_min % 60, slot->end_min / 60, slot->end_min % 60);
    return HR_OK;
}

static enum hr_status answer_member(void *context, const struct hr_member_record *member, struct hr_error *error)
{
    struct hr_cli *cli = context;
    (void)error;
    if (cli->settings.terminal.json) {
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "id", hr_json_text_new(member->student_id));
        hr_json_set(object, "name", hr_json_any_text_new(member->name));
        hr_json_set(object, "from", hr_json_text_new(member->from_day));
        hr_json_set(object, "to", hr_json_text_new(member->to_day[0] != '\0' ? member->to_day : NULL));
        hr_json_set(object, "can_be_recognised", hr_json_boolean_new(!member->refuses && member->faces > 0));
        hr_answer_json(cli->out, object);
        return HR_OK;
    }
    hr_answer_text(cli->out, member->student_id);
    fputs(" (", cli->out);
    hr_answer_text(cli->out, member->name);
    fprintf(cli->out, "): from %s%s%s%s\n", member->from_day, member->to_day[0] != '\0' ? " to " : "", member->to_day,
            member->refuses      ? ", does not agree to be recognised"
            : member->faces == 0 ? ", has no photo"
                                 : "");
    return HR_OK;
}

static enum hr_status show(struct hr_cli *cli, struct hr_error *error)
{
    struct hr_database *database = NULL;
    const char *id = cli->word_count > 0 ? cli->words[0] : NULL;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_READ, &database, error);
    if (status == HR_OK && id == NULL)
        status = hr_database_each_class(database, answer_class, cli, error);
    if (status == HR_OK && id != NULL)
        status = hr_database_class(database, id, answer_class, cli, error);
    if (status == HR_OK && id != NULL)
        status = hr_database_each_slot(database, id, NULL, answer_slot, cli, error);
    if (status == HR_OK && id != NULL)
        status = hr_database_each_member(database, id, NULL, answer_member, cli, error);
    hr_database_close(database);
    return status;
}

/* --- changing --- */

typedef enum hr_status change_fn(struct hr_cli *cli, struct hr_database *database, struct hr_error *error);

static enum hr_status make(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    const struct hr_lessons_settings *settings = &cli->settings.lessons;
    struct hr_class_record class = {.id = cli->words[1],
                                    .title = settings->title,
                                    .zone = settings->zone,
                                    .late_min = settings->late_min,
                                    .early_min = settings->early_min};
    bool added = false;
    enum hr_status status = settings->zone != NULL ? hr_zone_check(settings->zone, error) : HR_OK;
    if (status == HR_OK)
        status = hr_database_put_class(database, &class, &added, error);
    return status == HR_OK ? hr_database_class(database, class.id, answer_class, cli, error) : status;
}

static enum hr_status day_of(struct hr_cli *cli, struct hr_database *database, const char *given, char day[HR_DAY_SIZE],
                             struct hr_error *error)
{
    char zone[256];
    enum hr_status status = hr_class_zone(database, cli->words[1], zone, error);
    if (status == HR_OK && given != NULL && strlen(given) != HR_DAY_SIZE - 1)
        status = hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is no day: 2026-11-27 is how one is written", given);
    if (status == HR_OK && given != NULL)
        snprintf(day, HR_DAY_SIZE, "%s", given);
    else if (status == HR_OK)
        hr_zone_today(zone, day);
    return status;
}

/* The ids of everybody in the database. */
static enum hr_status enrol_all(struct hr_cli *cli, struct hr_database *database, const char *day,
                                size_t *changed_count, struct hr_error *error)
{
    struct hr_student *students = NULL;
    size_t count = 0;
    enum hr_status status = hr_database_students(database, &students, NULL, &count, error);
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        bool changed = false;
        status = hr_database_enrol(database, cli->words[1], students[i].id, day, &changed, error);
        *changed_count += changed;
    }
    hr_students_free(students, count);
    return status;
}

static enum hr_status enrol(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    char day[HR_DAY_SIZE];
    size_t count = 0;
    enum hr_status status = day_of(cli, database, cli->settings.lessons.from, day, error);
    if (status == HR_OK && cli->word_count == 3 && strcmp(cli->words[2], "all") == 0)
        status = enrol_all(cli, database, day, &count, error);
    else
        for (size_t i = 2; status == HR_OK && i < cli->word_count; i++) {
            struct hr_student student = {0};
            bool changed = false;
            status = hr_cli_find_person(database, cli->words[i], &student, NULL, error);
            if (status == HR_OK)
                status = hr_database_enrol(database, cli->words[1], student.id, day, &changed, error);
            count += changed;
            hr_student_clear(&student);
        }
    if (status == HR_OK)
        fprintf(cli->out, "%zu student%s in the class from %s on\n", count, count == 1 ? " is" : "s are", day);
    return status;
}

static enum hr_status leave(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    char day[HR_DAY_SIZE];
    enum hr_status status = day_of(cli, database, cli->settings.lessons.until, day, error);
    for (size_t i = 2; status == HR_OK && i < cli->word_count; i++) {
        struct hr_student student = {0};
        status = hr_cli_find_person(database, cli->words[i], &student, NULL, error);
        if (status == HR_OK)
            status = hr_database_leave(database, cli->words[1], student.id, day, error);
        hr_student_clear(&student);
    }
    if (status == HR_OK)
        fprintf(cli->out, "%s is the last day in the class\n", day);
    return status;
}

static enum hr_status meets(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    struct hr_slot_record slot = {0};
    int start_s = 0, end_s = 0;
    for (int i = 0; i < 7; i++)
        if (strcmp(cli->words[2], weekdays[i]) == 0)
            slot.weekday = i + 1;
    if (slot.weekday == 0)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "a day of the week is mon, tue, wed, thu, fri, sat or sun, not '%s'", cli->words[2]);
    enum hr_status status = hr_zone_parse_times(cli->words[3], &start_s, &end_s, error);
    if (status != HR_OK)
        return status;
    slot.start_min = start_s / 60;
    slot.end_min = cli->settings.lessons.not_any_more ? 0 : end_s / 60;
    status = hr_database_put_slot(database, cli->words[1], &slot, error);
    return status == HR_OK ? hr_database_each_slot(database, cli->words[1], NULL, answer_slot, cli, error) : status;
}

static enum hr_status off(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    bool taken_back = cli->settings.lessons.not_any_more;
    enum hr_status status = hr_database_put_day_off(database, cli->words[1], cli->words[2], !taken_back, error);
    if (status == HR_OK)
        fprintf(cli->out, "%s: %s\n", cli->words[2], taken_back ? "as the week has it" : "no lesson");
    return status;
}

static enum hr_status keep(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    char *end;
    size_t removed = 0;
    long days = strtol(cli->words[2], &end, 10);
    if (end == cli->words[2] || *end != '\0' || days < 0 || days > HR_KEEP_DAYS_MAX)
        return hr_error_set(error, HR_ERR_ARGUMENT, "a class keeps pictures for 0 (not at all) to %d days, not '%s'",
                            HR_KEEP_DAYS_MAX, cli->words[2]);
    enum hr_status status = hr_database_set_keep_days(database, cli->words[1], (int)days, &removed, error);
    if (status != HR_OK)
        return status;
    if (days > 0)
        fprintf(cli->out,
                "of the faces in the class's next recordings, also of people who are not enrolled, a vector and a "
                "picture are kept for %ld day%s\n",
                days, hr_plural((size_t)days));
    else
        fprintf(cli->out, "nothing is kept of the faces in recordings; what there was (%zu) is removed\n", removed);
    return HR_OK;
}

static enum hr_status remove_class(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    bool agreed = cli->settings.people.yes;
    enum hr_status status =
        agreed ? HR_OK : hr_cli_ask("Remove the class with all its lessons, marks and what was seen?", &agreed, error);
    if (status == HR_OK && !agreed)
        return hr_error_set(error, HR_ERR_ARGUMENT, "nothing was changed");
    if (status == HR_OK)
        status = hr_database_remove_class(database, cli->words[1], error);
    if (status == HR_OK)
        fputs("removed, with its lessons; the students stay\n", cli->out);
    return status;
}

static const struct {
    const char *word;
    const char *usage;
    size_t words_min, words_max;
    change_fn *change;
} changes[] = {
    {"new", "ID", 2, 2, make},
    {"enrol", "ID STUDENT...|all", 3, SIZE_MAX, enrol},
    {"leave", "ID STUDENT...", 3, SIZE_MAX, leave},
    {"meets", "ID WEEKDAY TIMES", 4, 4, meets},
    {"off", "ID DAY", 3, 3, off},
    {"keep", "ID DAYS", 3, 3, keep},
    {"remove", "ID", 2, 2, remove_class},
};

static enum hr_status change(struct hr_cli *cli, change_fn *run, struct hr_error *error)
{
    struct hr_database *database = NULL;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_WRITE, &database, error);
    if (status == HR_OK)
        status = run(cli, database, error);
    if (status == HR_OK)
        status = hr_class_save_database(&cli->class, database, error);
    hr_database_close(database);
    return status;
}

int hr_cmd_class(struct hr_cli *cli)
{
    struct hr_error error = {0};
    enum hr_status status = HR_OK;
    bool known = false;
    for (size_t i = 0; cli->word_count > 0 && i < sizeof changes / sizeof *changes; i++) {
        if (strcmp(cli->words[0], changes[i].word) != 0)
            continue;
        known = true;
        if (cli->word_count < changes[i].words_min || cli->word_count > changes[i].words_max)
            status =
                hr_error_set(&error, HR_ERR_ARGUMENT, "usage: homeroom class %s %s", changes[i].word, changes[i].usage);
        else
            status = change(cli, changes[i].change, &error);
    }
    if (!known && cli->word_count > 1)
        status = hr_error_set(&error, HR_ERR_ARGUMENT,
                              "class takes new, enrol, leave, meets, off, keep or remove, not '%s'", cli->words[0]);
    else if (!known)
        status = show(cli, &error);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
