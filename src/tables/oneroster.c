#include "tables/oneroster.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/limits.h"
#include "roster/student.h"
#include "tables/csv.h"
#include "tables/decode.h"

/* --- one file --- */

enum { COLUMNS_MAX = 12 };

struct file {
    const char *name;
    const char *const *columns; /* names; those from `optional` on may be missing */
    size_t column_count, optional;
};

struct reading {
    const struct file *file;
    struct hr_csv csv;
    size_t places[COLUMNS_MAX]; /* SIZE_MAX: there is none */
};

/* A row of the file: cells as they stand. A status other than HR_OK ends the reading. */
typedef enum hr_status row_fn(void *context, const struct reading *reading, struct hr_error *error);

static struct hr_view cell(const struct reading *reading, size_t column)
{
    size_t place = reading->places[column];
    return place < reading->csv.count && place < HR_CSV_CELLS_MAX ? hr_view_bare(reading->csv.cells[place])
                                                                  : hr_view_of(NULL, 0);
}

static bool is_word(struct hr_view view, const char *word)
{
    return hr_view_equal(view, hr_view_text(word));
}

static enum hr_status bad(const struct reading *reading, const char *what, struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_FORMAT, "%s:%zu: %s", reading->file->name, reading->csv.record_line, what);
}

static enum hr_status read_header(struct reading *reading, struct hr_error *error)
{
    const struct file *file = reading->file;
    enum hr_status status = hr_csv_next(&reading->csv, error);
    if (status == HR_END)
        return hr_error_set(error, HR_ERR_FORMAT, "%s: nothing in it", file->name);
    if (status != HR_OK)
        return hr_error_prefix(error, "%s", file->name);
    for (size_t i = 0; i < file->column_count; i++) {
        reading->places[i] = SIZE_MAX;
        for (size_t k = 0; k < reading->csv.count && k < HR_CSV_CELLS_MAX && reading->places[i] == SIZE_MAX; k++)
            if (is_word(hr_view_bare(reading->csv.cells[k]), file->columns[i]))
                reading->places[i] = k;
        if (i < file->optional && reading->places[i] == SIZE_MAX)
            return hr_error_set(error, HR_ERR_FORMAT, "%s: no column '%s': it is no OneRoster file", file->name,
                                file->columns[i]);
    }
    return HR_OK;
}

static enum hr_status read_rows(struct reading *reading, row_fn *row, void *context, struct hr_error *error)
{
    enum hr_status status = read_header(reading, error);
    while (status == HR_OK && (status = hr_csv_next(&reading->csv, error)) == HR_OK) {
        if (reading->csv.problem != NULL)
            return bad(reading, reading->csv.problem, error);
        status = row(context, reading, error);
    }
    if (status == HR_ERR_FORMAT && strstr(error->text, reading->file->name) == NULL)
        hr_error_prefix(error, "%s", reading->file->name);
    return status == HR_END ? HR_OK : status;
}

static enum hr_status read_file(const struct file *file, struct hr_view bytes, row_fn *row, void *context,
                                struct hr_error *error)
{
    struct reading reading = {.file = file};
    struct hr_buffer decoded;
    struct hr_view text;
    const char *note = NULL;
    hr_buffer_init(&decoded, 3 * HR_LIMIT_IMPORT_BYTES);
    enum hr_status status = hr_table_decode(bytes, &decoded, &text, &note, error);
    if (status == HR_OK) {
        hr_csv_init(&reading.csv, text);
        status = read_rows(&reading, row, context, error);
        hr_csv_clear(&reading.csv);
    } else {
        hr_error_prefix(error, "%s", file->name);
    }
    hr_buffer_clear(&decoded);
    return status;
}

/* --- the files --- */

enum { USER_ID, USER_GIVEN, USER_FAMILY, USER_STATUS, USER_ROLE, USER_GRADES, USER_PREFERRED, USER_PREFERRED_FAMILY };
static const char *const user_columns[] = {"sourcedId", "givenName", "familyName",         "status",
                                           "role",      "grades",    "preferredGivenName", "preferredFamilyName"};
static const struct file users_file = {"users.csv", user_columns, 8, 3};

enum { ROLE_USER, ROLE_ROLE, ROLE_STATUS };
static const char *const role_columns[] = {"userSourcedId", "role", "status"};
static const struct file roles_file = {"roles.csv", role_columns, 3, 2};

enum { CLASS_ID, CLASS_TITLE, CLASS_STATUS, CLASS_CODE };
static const char *const class_columns[] = {"sourcedId", "title", "status", "classCode"};
static const struct file classes_file = {"classes.csv", class_columns, 4, 2};

enum { ENROL_CLASS, ENROL_USER, ENROL_ROLE, ENROL_STATUS, ENROL_BEGIN, ENROL_END };
static const char *const enrollment_columns[] = {"classSourcedId", "userSourcedId", "role",
                                                 "status",         "beginDate",     "endDate"};
static const struct file enrollments_file = {"enrollments.csv", enrollment_columns, 6, 3};

/* What is known of a user before it is known whether he is a student. */
struct user {
    char *id, *name, *year; /* owned */
    bool is_student;
    size_t index; /* of the students */
};

struct class
{
    char *id, *code, *title; /* owned; the sourcedId first */
};

struct making {
    struct hr_oneroster *out;
    struct user *users; /* owned; by id, once they are all there */
    size_t user_count, user_capacity;
    struct class *classes; /* owned; by id, once they are all there */
    size_t class_count, class_capacity;
    size_t enrolment_capacity;
    bool users_have_roles, enrolments_tell_roles;
};

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for a roster");
}

static char *copy(struct hr_view view)
{
    return strndup(view.size > 0 ? (const char *)view.data : "", view.size);
}

static bool is_gone(struct hr_view status)
{
    return is_word(status, "tobedeleted") || is_word(status, "inactive");
}

/* "Ada Lovelace", by the names that he wants to be called by. */
static char *full_name(const struct reading *reading)
{
    struct hr_view given = cell(reading, USER_PREFERRED), family = cell(reading, USER_PREFERRED_FAMILY);
    struct hr_buffer name;
    hr_buffer_init(&name, 4096);
    hr_buffer_append(&name, given.size > 0 ? given : cell(reading, USER_GIVEN));
    hr_buffer_append_text(&name, name.size > 0 ? " " : "");
    hr_buffer_append(&name, family.size > 0 ? family : cell(reading, USER_FAMILY));
    char *text = name.failed ? NULL : copy(hr_view_bare(hr_buffer_view(&name)));
    hr_buffer_clear(&name);
    return text;
}

static enum hr_status take_user(void *context, const struct reading *reading, struct hr_error *error)
{
    struct making *making = context;
    struct hr_view id = cell(reading, USER_ID), role = cell(reading, USER_ROLE);
    making->users_have_roles = reading->places[USER_ROLE] != SIZE_MAX;
    if (is_gone(cell(reading, USER_STATUS)) || (making->users_have_roles && !is_word(role, "student"))) {
        making->out->left_out++;
        return HR_OK;
    }
    enum hr_status status = hr_student_id_check(id, error);
    if (status != HR_OK)
        return hr_error_prefix(error, "%s:%zu", reading->file->name, reading->csv.record_line);
    struct user *users = hr_array_room(making->users, making->user_count, &making->user_capacity, sizeof *users);
    if (users == NULL)
        return no_memory(error);
    making->users = users;
    struct user *user = &making->users[making->user_count++];
    *user = (struct user){.id = copy(id),
                          .name = full_name(reading),
                          .year = copy(cell(reading, USER_GRADES)),
                          .is_student = making->users_have_roles};
    if (user->id == NULL || user->name == NULL || user->year == NULL)
        return no_memory(error);
    status = hr_cell_check(hr_view_text(user->name), "name", error);
    return status == HR_OK ? HR_OK : hr_error_prefix(error, "%s:%zu", reading->file->name, reading->csv.record_line);
}

static int by_user(const void *a, const void *b)
{
    return strcmp(((const struct user *)a)->id, ((const struct user *)b)->id);
}

static int by_class(const void *a, const void *b)
{
    return strcmp(((const struct class *)a)->id, ((const struct class *)b)->id);
}

static struct user *find_user(const struct making *making, struct hr_view id)
{
    struct user wanted = {.id = copy(id)};
    struct user *found = wanted.id != NULL && making->user_count > 0
                             ? bsearch(&wanted, making->users, making->user_count, sizeof wanted, by_user)
                             : NULL;
    free(wanted.id);
    return found;
}

static struct class *find_class(const struct making *making, struct hr_view id)
{
    struct class wanted = {.id = copy(id)};
    struct class *found = wanted.id != NULL && making->class_count > 0
                              ? bsearch(&wanted, making->classes, making->class_count, sizeof wanted, by_class)
                              : NULL;
    free(wanted.id);
    return found;
}

static enum hr_status take_role(void *context, const struct reading *reading, struct hr_error *error)
{
    struct user *user = find_user(context, cell(reading, ROLE_USER));
    (void)error;
    if (user != NULL && !is_gone(cell(reading, ROLE_STATUS)) && is_word(cell(reading, ROLE_ROLE), "student"))
        user->is_student = true;
    return HR_OK;
}

static enum hr_status take_class(void *context, const struct reading *reading, struct hr_error *error)
{
    struct making *making = context;
    if (is_gone(cell(reading, CLASS_STATUS))) {
        making->out->left_out++;
        return HR_OK;
    }
    struct hr_view code = cell(reading, CLASS_CODE);
    enum hr_status status = hr_student_id_check(cell(reading, CLASS_ID), error);
    if (status == HR_OK)
        status = hr_cell_check(cell(reading, CLASS_TITLE), "title", error);
    if (status != HR_OK)
        return hr_error_prefix(error, "%s:%zu", reading->file->name, reading->csv.record_line);
    if (hr_student_id_check(code, NULL) != HR_OK) /* no word: the sourcedId stands for it */
        code.size = 0;
    struct class *classes =
        hr_array_room(making->classes, making->class_count, &making->class_capacity, sizeof *classes);
    if (classes == NULL)
        return no_memory(error);
    making->classes = classes;
    struct class *class = &making->classes[making->class_count++];
    *class = (struct class){
        .id = copy(cell(reading, CLASS_ID)), .code = copy(code), .title = copy(cell(reading, CLASS_TITLE))};
    return class->id != NULL && class->code != NULL && class->title != NULL ? HR_OK : no_memory(error);
}

/* "2026-11-27", or with a time behind it. */
static bool take_day(struct hr_view view, char out[11])
{
    out[0] = '\0';
    if (view.size == 0)
        return true;
    if (view.size < 10 || view.data[4] != '-' || view.data[7] != '-')
        return false;
    memcpy(out, view.data, 10);
    out[10] = '\0';
    return strspn(out, "0123456789-") == 10;
}

static enum hr_status take_enrollment(void *context, const struct reading *reading, struct hr_error *error)
{
    struct making *making = context;
    struct hr_oneroster *out = making->out;
    if (is_gone(cell(reading, ENROL_STATUS)) || !is_word(cell(reading, ENROL_ROLE), "student")) {
        out->left_out++;
        return HR_OK;
    }
    struct user *user = find_user(making, cell(reading, ENROL_USER));
    struct class *class = find_class(making, cell(reading, ENROL_CLASS));
    if (user == NULL || class == NULL) {
        out->dangling++;
        return HR_OK;
    }
    user->is_student = user->is_student || making->enrolments_tell_roles;
    struct hr_oneroster_enrolment *enrolments =
        hr_array_room(out->enrolments, out->enrolment_count, &making->enrolment_capacity, sizeof *enrolments);
    if (enrolments == NULL)
        return no_memory(error);
    out->enrolments = enrolments;
    struct hr_oneroster_enrolment *enrolment = &out->enrolments[out->enrolment_count++];
    *enrolment = (struct hr_oneroster_enrolment){.student = (size_t)(user - making->users),
                                                 .of_class = (size_t)(class - making->classes)};
    if (take_day(cell(reading, ENROL_BEGIN), enrolment->from_day) &&
        take_day(cell(reading, ENROL_END), enrolment->to_day))
        return HR_OK;
    return bad(reading, "a day is written 2026-11-27", error);
}

/* --- what is given --- */

static bool is_plain(const char *text)
{
    return text[0] != '\0' && strpbrk(text, " \t\r\n/") == NULL;
}

static bool is_only(const struct making *making, const struct class *class)
{
    for (size_t i = 0; i < making->class_count; i++)
        if (&making->classes[i] != class && strcmp(making->classes[i].code, class->code) == 0)
            return false;
    return true;
}

static enum hr_status give_classes(struct making *making, struct hr_error *error)
{
    struct hr_oneroster *out = making->out;
    out->classes = calloc(making->class_count + 1, sizeof *out->classes);
    if (out->classes == NULL)
        return no_memory(error);
    for (size_t i = 0; i < making->class_count; i++) {
        const struct class *class = &making->classes[i];
        bool coded = is_plain(class->code) && is_only(making, class);
        struct hr_oneroster_class *given = &out->classes[out->class_count++];
        given->id = strdup(coded ? class->code : class->id);
        given->title = strdup(class->title[0] != '\0' ? class->title : class->id);
        if (given->id == NULL || given->title == NULL)
            return no_memory(error);
    }
    return HR_OK;
}

static enum hr_status give_students(struct making *making, struct hr_error *error)
{
    struct hr_oneroster *out = making->out;
    out->students = calloc(making->user_count + 1, sizeof *out->students);
    if (out->students == NULL)
        return no_memory(error);
    for (size_t i = 0; i < making->user_count; i++) {
        struct user *user = &making->users[i];
        user->index = SIZE_MAX;
        if (!user->is_student) {
            out->left_out++;
            continue;
        }
        user->index = out->student_count;
        struct hr_student *student = &out->students[out->student_count++];
        student->id = hr_text_normal_copy(user->id);
        student->name = hr_text_normal_copy(user->name[0] != '\0' ? user->name : user->id);
        student->major = strdup("");
        student->year = strdup(user->year);
        if (student->id == NULL || student->name == NULL || student->major == NULL || student->year == NULL)
            return no_memory(error);
    }
    return HR_OK;
}

/* From the users to the students. */
static void give_enrolments(struct making *making)
{
    struct hr_oneroster *out = making->out;
    size_t kept = 0;
    for (size_t i = 0; making->users != NULL && i < out->enrolment_count; i++) {
        struct hr_oneroster_enrolment enrolment = out->enrolments[i];
        enrolment.student = making->users[enrolment.student].index;
        if (enrolment.student != SIZE_MAX)
            out->enrolments[kept++] = enrolment;
    }
    out->left_out += out->enrolment_count - kept;
    out->enrolment_count = kept;
}

static enum hr_status check_unique(const struct making *making, struct hr_error *error)
{
    for (size_t i = 1; i < making->user_count; i++)
        if (strcmp(making->users[i - 1].id, making->users[i].id) == 0)
            return hr_error_set(error, HR_ERR_FORMAT, "users.csv: two users have the sourcedId '%.80s'",
                                making->users[i].id);
    for (size_t i = 1; i < making->class_count; i++)
        if (strcmp(making->classes[i - 1].id, making->classes[i].id) == 0)
            return hr_error_set(error, HR_ERR_FORMAT, "classes.csv: two classes have the sourcedId '%.80s'",
                                making->classes[i].id);
    return HR_OK;
}

static enum hr_status read_all(struct making *making, const struct hr_oneroster_files *files, struct hr_error *error)
{
    enum hr_status status = read_file(&users_file, files->users, take_user, making, error);
    if (status == HR_OK && making->user_count > 0)
        qsort(making->users, making->user_count, sizeof *making->users, by_user);
    if (status == HR_OK && files->classes.size > 0)
        status = read_file(&classes_file, files->classes, take_class, making, error);
    if (status == HR_OK && making->class_count > 0)
        qsort(making->classes, making->class_count, sizeof *making->classes, by_class);
    if (status == HR_OK)
        status = check_unique(making, error);
    if (status == HR_OK && !making->users_have_roles && files->roles.size > 0)
        status = read_file(&roles_file, files->roles, take_role, making, error);
    making->enrolments_tell_roles = !making->users_have_roles && files->roles.size == 0;
    if (status == HR_OK && files->enrollments.size > 0)
        status = read_file(&enrollments_file, files->enrollments, take_enrollment, making, error);
    return status;
}

enum hr_status hr_oneroster_read(const struct hr_oneroster_files *files, struct hr_oneroster *out,
                                 struct hr_error *error)
{
    struct making making = {.out = out};
    *out = (struct hr_oneroster){0};
    enum hr_status status = read_all(&making, files, error);
    if (status == HR_OK)
        status = give_students(&making, error);
    if (status == HR_OK)
        status = give_classes(&making, error);
    if (status == HR_OK)
        give_enrolments(&making);
    for (size_t i = 0; i < making.user_count; i++) {
        free(making.users[i].id);
        free(making.users[i].name);
        free(making.users[i].year);
    }
    for (size_t i = 0; i < making.class_count; i++) {
        free(making.classes[i].id);
        free(making.classes[i].code);
        free(making.classes[i].title);
    }
    free(making.users);
    free(making.classes);
    return status;
}

void hr_oneroster_clear(struct hr_oneroster *roster)
{
    hr_students_free(roster->students, roster->student_count);
    for (size_t i = 0; i < roster->class_count; i++) {
        free(roster->classes[i].id);
        free(roster->classes[i].title);
    }
    free(roster->classes);
    free(roster->enrolments);
    *roster = (struct hr_oneroster){0};
}
