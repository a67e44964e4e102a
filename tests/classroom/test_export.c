/* The table as text: the exact bytes, and that the import gives the same students back. */
#include "base/json.h"
#include "base/limits.h"
#include "classroom/export.h"
#include "records/support.h"
#include "tables/import.h"

static struct hr_database *opened(struct test_folder *folder)
{
    struct hr_database *database = NULL;
    assert_ok(hr_database_open(&database, folder->database, HR_DATABASE_CREATE, &test_error));
    return database;
}

static void put(struct hr_database *database, struct hr_student student, struct hr_field *extra, size_t count)
{
    student.extra = extra;
    student.extra_count = count;
    assert_ok(hr_database_put_student(database, &student, NULL, &test_error));
}

static struct hr_field field(const char *key, const char *value)
{
    return (struct hr_field){.key = (char *)key, .value = (char *)value};
}

static void fill(struct hr_database *database)
{
    struct hr_field first[] = {field("room", "12"), field("note", "says \"hi\", then\nleaves")};
    struct hr_field second[] = {field("note", " blanks "), field("Tutor; old", "=1+1")};
    put(database, test_student("10", "Lovelace, Ada", "math", "senior"), second, 2);
    put(database, test_student("9", "bob", "", "junior"), first, 2);
    put(database, test_student("a;b", "\xc3\xa9ve\t", "", ""), NULL, 0);
}

static void csv_has_every_column_of_every_student(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_buffer out;
    hr_buffer_init(&out, HR_LIMIT_REPORT_BYTES);
    fill(database);
    assert_ok(hr_export_students_csv(database, &out, &test_error));
    assert_string_equal(hr_buffer_text(&out), "id,name,major,year,room,note,\"Tutor; old\"\r\n"
                                              "9,bob,,junior,12,\"says \"\"hi\"\", then\nleaves\",\r\n"
                                              "10,\"Lovelace, Ada\",math,senior,,\" blanks \",=1+1\r\n"
                                              "\"a;b\",\"\xc3\xa9ve\t\",,,,,\r\n");
    hr_buffer_clear(&out);
    hr_database_close(database);
}

static void an_empty_table_is_a_header(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_buffer out;
    hr_buffer_init(&out, HR_LIMIT_REPORT_BYTES);
    assert_ok(hr_export_students_csv(database, &out, &test_error));
    assert_string_equal(hr_buffer_text(&out), "id,name,major,year\r\n");
    hr_buffer_clear(&out);
    assert_ok(hr_export_students_json(database, &out, &test_error));
    assert_string_equal(hr_buffer_text(&out), "{\"students\": [\n]}\n");
    hr_buffer_clear(&out);
    hr_database_close(database);
}

/* Puts what was exported into the same table again: every record must be there as before. */
static void import_again(struct hr_database *database, struct hr_view text)
{
    struct hr_student *students;
    struct hr_import_problems problems = {0};
    size_t count;
    assert_ok(hr_import_students(text, NULL, &students, &count, &problems, &test_error));
    assert_int_equal(problems.count, 0);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        enum hr_upsert what = HR_UPSERT_CHANGED;
        assert_ok(hr_database_put_student(database, &students[i], &what, &test_error));
        assert_int_equal(what, HR_UPSERT_SAME);
    }
    hr_students_free(students, count);
    hr_import_problems_clear(&problems);
}

static void both_formats_come_back_unchanged(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_buffer csv, json;
    hr_buffer_init(&csv, HR_LIMIT_REPORT_BYTES);
    hr_buffer_init(&json, HR_LIMIT_REPORT_BYTES);
    fill(database);
    float vector[128];
    test_vector(vector, 128, 1);
    struct hr_face_record face = test_face("9", vector, 128);
    assert_ok(hr_database_add_face(database, &face, &test_error));
    assert_ok(hr_export_students_csv(database, &csv, &test_error));
    assert_ok(hr_export_students_json(database, &json, &test_error));
    import_again(database, hr_buffer_view(&csv));
    import_again(database, hr_buffer_view(&json));
    hr_buffer_clear(&csv);
    hr_buffer_clear(&json);
    hr_database_close(database);
}

static void json_says_where_faces_come_from_and_holds_no_vector(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_buffer out;
    struct hr_json *document = NULL;
    hr_buffer_init(&out, HR_LIMIT_REPORT_BYTES);
    fill(database);
    test_add_student(database, "9", "bob", 1);
    test_add_student(database, "9", "bob", 2);
    assert_ok(hr_export_students_json(database, &out, &test_error));
    assert_ok(hr_json_parse(&document, hr_buffer_view(&out), &test_error));
    const struct hr_json *students = hr_json_get(document, "students");
    assert_int_equal(hr_json_size(students), 3);
    const struct hr_json *bob = hr_json_at(students, 0);
    assert_string_equal(hr_json_text(hr_json_get(bob, "id")), "9");
    const struct hr_json *faces = hr_json_get(bob, "face_records");
    assert_int_equal(hr_json_size(faces), 2);
    const struct hr_json *face = hr_json_at(faces, 1);
    assert_int_equal(hr_json_size(face), 4);
    assert_string_equal(hr_json_text(hr_json_get(face, "origin")), "photo of a test");
    assert_string_equal(hr_json_text(hr_json_get(face, "created")), "2023-11-14T22:13:20Z");
    assert_string_equal(hr_json_text(hr_json_get(face, "model")), "test-model");
    assert_true(hr_json_number(hr_json_get(face, "quality")) == 0.5);
    assert_int_equal(hr_json_size(hr_json_get(hr_json_at(students, 1), "face_records")), 0);
    hr_json_free(document);
    hr_buffer_clear(&out);
    hr_database_close(database);
}

static void more_columns_than_an_import_takes_are_refused(void **state)
{
    struct hr_database *database = opened(*state);
    for (int i = 0; i <= HR_LIMIT_EXTRA_COLUMNS; i++) {
        struct hr_buffer out;
        char id[16], key[16];
        snprintf(id, sizeof id, "%d", i);
        snprintf(key, sizeof key, "key %d", i);
        struct hr_field extra = field(key, "x");
        put(database, test_student(id, "somebody", "", ""), &extra, 1);
        if (i < HR_LIMIT_EXTRA_COLUMNS - 2)
            continue;
        hr_buffer_init(&out, HR_LIMIT_REPORT_BYTES);
        if (i < HR_LIMIT_EXTRA_COLUMNS)
            assert_ok(hr_export_students_csv(database, &out, &test_error));
        else
            assert_fails(hr_export_students_csv(database, &out, &test_error), HR_ERR_LIMIT, "export them as JSON");
        hr_buffer_clear(&out);
    }
    hr_database_close(database);
}

static void a_full_buffer_is_told(void **state)
{
    struct hr_database *database = opened(*state);
    struct hr_buffer whole, out;
    fill(database);
    hr_buffer_init(&whole, HR_LIMIT_REPORT_BYTES);
    assert_ok(hr_export_students_json(database, &whole, &test_error));
    for (size_t room = 0; room <= whole.size; room++) {
        hr_buffer_init(&out, room);
        if (room == whole.size)
            assert_ok(hr_export_students_json(database, &out, &test_error));
        else
            assert_fails(hr_export_students_json(database, &out, &test_error), HR_ERR_LIMIT, "");
        hr_buffer_clear(&out);
    }
    hr_buffer_init(&out, 20);
    assert_fails(hr_export_students_csv(database, &out, &test_error), HR_ERR_LIMIT, "");
    hr_buffer_clear(&out);
    hr_buffer_clear(&whole);
    hr_database_close(database);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_make, test_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(csv_has_every_column_of_every_student),
        TEST(an_empty_table_is_a_header),
        TEST(both_formats_come_back_unchanged),
        TEST(json_says_where_faces_come_from_and_holds_no_vector),
        TEST(more_columns_than_an_import_takes_are_refused),
        TEST(a_full_buffer_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
