/* Each allocation of ours fails in turn: the call says so, and nothing is left behind (the leak
 * checker looks at the end). The linker puts the functions here before the system's. */
#include <errno.h>

#include "classroom/export.h"
#include "records/find.h"
#include "records/sql.h"
#include "records/support.h"
#include "tables/import.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);

static size_t left_to_success; /* 0: no allocation fails; else the one that many from now */
static bool failed;

static bool fails_now(void)
{
    if (left_to_success == 0 || --left_to_success > 0)
        return false;
    failed = true;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails_now() ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
    return fails_now() ? NULL : __real_strdup(text);
}

/* Runs `call` with the first, the second, ... allocation failing, until it does without the one
 * that would fail. Returns how many failed. */
static size_t torture(enum hr_status (*call)(void *context, struct hr_error *error), void *context)
{
    for (size_t number = 1;; number++) {
        struct hr_error error = {0};
        failed = false;
        left_to_success = number;
        enum hr_status status = call(context, &error);
        left_to_success = 0;
        if (!failed) {
            if (status != HR_OK)
                fail_msg("%s: %s", hr_status_name(status), error.text);
            return number - 1;
        }
        if (status != HR_ERR_MEMORY)
            fail_msg("allocation %zu failed, and the call says %s: %s", number, hr_status_name(status), error.text);
        assert_int_equal(error.code, HR_ERR_MEMORY);
        assert_int_not_equal(error.text[0], '\0');
    }
}

static enum hr_status import_table(void *context, struct hr_error *error)
{
    struct hr_student *students;
    struct hr_import_problems problems = {0};
    size_t count;
    enum hr_status status = hr_import_students(hr_view_text(context), NULL, &students, &count, &problems, error);
    hr_students_free(students, count);
    hr_import_problems_clear(&problems);
    return status;
}

static void tables(void **state)
{
    (void)state;
    char csv[] = "id,name,room\n1,\"a\"\"b\",12\n,bob,\n1,again,x\nbad\n";
    char json[] = "[{\"id\": 1, \"name\": \"ada\", \"tags\": [1]}, {\"name\": \"bob\"}, 7]";
    assert_true(torture(import_table, csv) > 15);
    assert_true(torture(import_table, json) > 10);
}

static enum hr_status import_pickle(void *context, struct hr_error *error)
{
    struct hr_encoding *encodings;
    size_t count;
    enum hr_status status = hr_import_encoding(hr_view_text(context), &encodings, &count, error);
    hr_encodings_free(encodings, count);
    return status;
}

static void pickles(void **state)
{
    (void)state;
    char pickle[] = "(dS'name'\np0\n(lS'ada'\naV\\u00e9\nasS'encoding'\n(l(F0.5\nF1.5\nlap1\n"
                    "(I1\ntas.";
    assert_true(torture(import_pickle, pickle) > 15);
}

static enum hr_status open_and_close(void *context, struct hr_error *error)
{
    struct test_folder *folder = context;
    struct hr_database *database = NULL;
    enum hr_status status = hr_database_open(&database, folder->database, HR_DATABASE_CREATE, error);
    hr_database_close(database);
    return status;
}

static void opening(void **state)
{
    assert_true(torture(open_and_close, *state) >= 3);
}

static enum hr_status look_around(void *context, struct hr_error *error)
{
    struct hr_database *database = context;
    static const char *const ids[] = {"1", "nobody"};
    struct hr_roster roster = hr_database_roster(database);
    struct hr_student found[2], *students;
    struct hr_buffer text;
    const char *id;
    size_t *faces, count;
    enum hr_status status = hr_roster_get(&roster, ids, 2, found, error);
    for (size_t i = 0; i < 2; i++)
        hr_student_clear(&found[i]);
    if (status != HR_OK)
        return status;
    status = hr_database_students(database, &students, &faces, &count, error);
    hr_students_free(students, count);
    free(faces);
    if (status == HR_OK) {
        struct hr_student_finder *finder;
        status = hr_student_finder_new(&finder, database, error);
        if (status == HR_OK)
            status = hr_student_find_same(finder, "ada", true, &id, 1, &count, error);
        hr_student_finder_free(finder);
    }
    if (status == HR_OK) {
        struct hr_student table = test_student("2", "bob", "", "");
        char **missing;
        status = hr_database_compare_table(database, &table, 1, &missing, &count, error);
        hr_texts_free(missing, count);
    }
    hr_buffer_init(&text, 1 << 20);
    if (status == HR_OK)
        status = hr_export_students_csv(database, &text, error);
    if (status == HR_OK)
        status = hr_export_students_json(database, &text, error);
    hr_buffer_clear(&text);
    return status;
}

static enum hr_status put_and_forget(void *context, struct hr_error *error)
{
    struct hr_database *database = context;
    struct hr_field extra = {(char *)"room", (char *)"12"};
    struct hr_student student = test_student("forgotten", "somebody", "", "");
    float vector[128];
    student.extra = &extra;
    student.extra_count = 1;
    test_vector(vector, 128, 3);
    struct hr_face_record face = test_face("forgotten", vector, 128);
    face.origin_sha256 = "0123456789abcdef";
    bool known = false; /* from a call before that could not forget */
    enum hr_status status = hr_database_put_student(database, &student, NULL, error);
    if (status == HR_OK)
        status = hr_database_has_face(database, "forgotten", face.model_id, face.origin_sha256, &known, error);
    if (status == HR_OK && !known)
        status = hr_database_add_face(database, &face, error);
    if (status == HR_OK)
        status = hr_database_forget(database, "forgotten", NULL, error);
    return status;
}

static void the_table(void **state)
{
    struct test_folder *folder = *state;
    struct hr_database *database = NULL;
    struct hr_database_counts counts;
    struct hr_field extra = {(char *)"room", (char *)"12"};
    struct hr_student student = test_student("1", "ada", "math", "senior");
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_CREATE, &test_error));
    student.extra = &extra;
    student.extra_count = 1;
    assert_ok(hr_database_put_student(database, &student, NULL, &test_error));
    assert_true(torture(look_around, database) > 30);
    assert_true(torture(put_and_forget, database) > 4);
    assert_ok(hr_database_check(database, &counts, &test_error));
    assert_int_equal(counts.students, 1);
    hr_database_close(database);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_make, test_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tables),
        TEST(pickles),
        TEST(opening),
        TEST(the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
