#include "classroom/term.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

struct making {
    struct hr_term *term;
    struct hr_database *database;
    int64_t *lessons; /* owned */
    size_t lesson_count, lesson_capacity, student_capacity;
};

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for a term");
}

static enum hr_status take_lesson(void *context, const struct hr_lesson_record *lesson, struct hr_error *error)
{
    struct making *making = context;
    int64_t *lessons = hr_array_room(making->lessons, making->lesson_count, &making->lesson_capacity, sizeof *lessons);
    if (lessons == NULL)
        return no_memory(error);
    making->lessons = lessons;
    making->lessons[making->lesson_count++] = lesson->key;
    return HR_OK;
}

/* By name; somebody who was in the class twice comes twice, one behind the other. */
static enum hr_status take_member(void *context, const struct hr_member_record *member, struct hr_error *error)
{
    struct making *making = context;
    struct hr_term *term = making->term;
    if (term->student_count > 0 && strcmp(term->students[term->student_count - 1].id, member->student_id) == 0)
        return HR_OK;
    struct hr_term_student *students =
        hr_array_room(term->students, term->student_count, &making->student_capacity, sizeof *students);
    if (students == NULL)
        return no_memory(error);
    term->students = students;
    struct hr_term_student *student = &term->students[term->student_count++];
    *student = (struct hr_term_student){.id = strdup(member->student_id), .name = strdup(member->name)};
    return student->id != NULL && student->name != NULL ? HR_OK : no_memory(error);
}

static enum hr_status make_rolls(struct making *making, struct hr_error *error)
{
    struct hr_term *term = making->term;
    enum hr_status status = HR_OK;
    term->rolls = calloc(making->lesson_count + 1, sizeof *term->rolls);
    if (term->rolls == NULL)
        return no_memory(error);
    for (size_t i = 0; status == HR_OK && i < making->lesson_count; i++) {
        status = hr_roll_make(&term->rolls[i], making->database, making->lessons[i], error);
        term->count += status == HR_OK;
    }
    return status;
}

static enum hr_presence presence_of(const struct hr_roll *roll, const char *id)
{
    for (size_t i = 0; i < roll->count; i++)
        if (strcmp(roll->entries[i].student_id, id) == 0)
            return roll->entries[i].presence;
    return HR_PRESENCE_NOT_ENROLLED;
}

static enum hr_status fill_cells(struct hr_term *term, struct hr_error *error)
{
    term->cells = calloc(term->student_count * term->count + 1, sizeof *term->cells);
    if (term->cells == NULL)
        return no_memory(error);
    for (size_t i = 0; i < term->student_count; i++) {
        struct hr_term_student *student = &term->students[i];
        for (size_t k = 0; k < term->count; k++) {
            enum hr_presence presence = presence_of(&term->rolls[k], student->id);
            bool there =
                presence == HR_PRESENCE_PRESENT || presence == HR_PRESENCE_LATE || presence == HR_PRESENCE_LEFT_EARLY;
            term->cells[i * term->count + k] = (uint8_t)presence;
            student->there += there;
            student->known += there || presence == HR_PRESENCE_ABSENT;
        }
    }
    return HR_OK;
}

enum hr_status hr_term_make(struct hr_term *out, struct hr_database *database, const char *class_id,
                            struct hr_error *error)
{
    struct making making = {.term = out, .database = database};
    *out = (struct hr_term){0};
    enum hr_status status = hr_database_each_member(database, class_id, NULL, take_member, &making, error);
    if (status == HR_OK)
        status = hr_database_each_lesson(database, class_id, take_lesson, &making, error);
    if (status == HR_OK)
        status = make_rolls(&making, error);
    if (status == HR_OK)
        status = fill_cells(out, error);
    free(making.lessons);
    return status;
}

void hr_term_clear(struct hr_term *term)
{
    for (size_t i = 0; i < term->count; i++)
        hr_roll_clear(&term->rolls[i]);
    for (size_t i = 0; i < term->student_count; i++) {
        free(term->students[i].id);
        free(term->students[i].name);
    }
    free(term->rolls);
    free(term->students);
    free(term->cells);
    *term = (struct hr_term){0};
}
