/* Students in the table: kept, changed, found, and held to the limits. */
#include "base/limits.h"
#include "records/support.h"
#include "roster/student.h"

struct fixture {
    struct test_folder *folder;
    struct hr_database *database;
};

static int make(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct hr_error error;
    if (fixture == NULL || test_folder_make((void **)&fixture->folder) != 0 ||
        hr_database_open(&fixture->database, fixture->folder->database, HR_DATABASE_CREATE, &error) != HR_OK)
        return -1;
    *state = fixture;
    return 0;
}

static int unmake(void **state)
{
    struct fixture *fixture = *state;
    hr_database_close(fixture->database);
    int result = test_folder_remove((void **)&fixture->folder);
    free(fixture);
    return result;
}

static struct hr_database *database_of(void **state)
{
    struct fixture *fixture = *state;
    return fixture->database;
}

static struct hr_student look_up(struct hr_database *database, const char *id)
{
    struct hr_student student;
    struct hr_roster roster = hr_database_roster(database);
    assert_ok(hr_roster_get(&roster, &id, 1, &student, &test_error));
    return student;
}

static enum hr_upsert put(struct hr_database *database, struct hr_student student)
{
    enum hr_upsert what = HR_UPSERT_SAME;
    assert_ok(hr_database_put_student(database, &student, &what, &test_error));
    return what;
}

static void a_record_comes_back_with_all_its_columns_in_order(void **state)
{
    struct hr_database *database = database_of(state);
    struct hr_field extra[] = {{(char *)"zeta", (char *)"1"},
                               {(char *)"Alpha", (char *)"\xc3\xa9t\xc3\xa9 \"q\" \\ \n"},
                               {(char *)"middle", (char *)""}};
    struct hr_student student = test_student("7", "ada", "math", "senior");
    student.extra = extra;
    student.extra_count = 3;
    assert_int_equal(put(database, student), HR_UPSERT_ADDED);
    struct hr_student back = look_up(database, "7");
    assert_true(back.found);
    assert_string_equal(back.id, "7");
    assert_string_equal(back.name, "ada");
    assert_string_equal(back.major, "math");
    assert_string_equal(back.year, "senior");
    assert_int_equal(back.extra_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(back.extra[i].key, extra[i].key);
        assert_string_equal(back.extra[i].value, extra[i].value);
    }
    hr_student_clear(&back);
}

static void putting_again_says_what_changed(void **state)
{
    struct hr_database *database = database_of(state);
    struct hr_field extra = {(char *)"room", (char *)"12"};
    struct hr_student student = test_student("7", "ada", "math", "senior");
    assert_int_equal(put(database, student), HR_UPSERT_ADDED);
    assert_int_equal(put(database, student), HR_UPSERT_SAME);
    student.year = (char *)"junior";
    assert_int_equal(put(database, student), HR_UPSERT_CHANGED);
    assert_int_equal(put(database, student), HR_UPSERT_SAME);
    student.extra = &extra;
    student.extra_count = 1;
    assert_int_equal(put(database, student), HR_UPSERT_CHANGED);
    extra.value = (char *)"13";
    assert_int_equal(put(database, student), HR_UPSERT_CHANGED);
    assert_int_equal(put(database, student), HR_UPSERT_SAME);
    struct hr_student back = look_up(database, "7");
    assert_string_equal(back.year, "junior");
    assert_string_equal(back.extra[0].value, "13");
    hr_student_clear(&back);
}

static void a_changed_record_keeps_its_faces(void **state)
{
    struct hr_database *database = database_of(state);
    struct hr_database_counts counts;
    test_add_student(database, "7", "ada", 1);
    assert_int_equal(put(database, test_student("7", "grace", "", "")), HR_UPSERT_CHANGED);
    assert_ok(hr_database_check(database, &counts, &test_error));
    assert_int_equal(counts.faces, 1);
}

static void ensure_adds_with_the_id_as_name_and_only_once(void **state)
{
    struct hr_database *database = database_of(state);
    bool added = false;
    assert_ok(hr_database_ensure_student(database, "ada", &added, &test_error));
    assert_true(added);
    assert_int_equal(put(database, test_student("ada", "Ada L.", "math", "senior")), HR_UPSERT_CHANGED);
    assert_ok(hr_database_ensure_student(database, "ada", &added, &test_error));
    assert_false(added);
    struct hr_student back = look_up(database, "ada");
    assert_string_equal(back.name, "Ada L.");
    hr_student_clear(&back);
    assert_fails(hr_database_ensure_student(database, "", &added, &test_error), HR_ERR_ARGUMENT, "the id is empty");
}

/* Who came from a table and is not in the new one is named; who was only enrolled came from none. */
static void who_is_missing_from_a_new_table_is_named_and_kept(void **state)
{
    struct hr_database *database = database_of(state);
    struct hr_student table[] = {test_student("2", "bob", "", ""), test_student("5", "eve", "", "")};
    char **missing;
    size_t count;
    put(database, test_student("3", "cy", "", ""));
    put(database, test_student("1", "ada", "", ""));
    put(database, test_student("2", "bob", "", ""));
    assert_ok(hr_database_ensure_student(database, "4", NULL, &test_error));
    assert_ok(hr_database_compare_table(database, table, 2, &missing, &count, &test_error));
    assert_int_equal(count, 2);
    assert_string_equal(missing[0], "1");
    assert_string_equal(missing[1], "3");
    hr_texts_free(missing, count);
    struct hr_student back = look_up(database, "1");
    assert_string_equal(back.name, "ada");
    hr_student_clear(&back);
    assert_ok(hr_database_compare_table(database, NULL, 0, &missing, &count, &test_error));
    assert_int_equal(count, 3);
    hr_texts_free(missing, count);
}

/* As a database of an earlier version may have it: the accent behind its letter. */
static void an_id_in_another_form_is_the_same_student(void **state)
{
    struct hr_database *database = database_of(state);
    struct hr_student table[2] = {{0}};
    char **missing;
    size_t count;
    put(database, test_student("Jose\xCC\x81", "x", "", ""));
    put(database, test_student("Ame\xCC\x81lie", "x", "", ""));
    put(database, test_student("Am\xC3\xA9lie", "x", "", ""));
    for (size_t i = 0; i < 2; i++) {
        const char *id = i == 0 ? "Jos\xC3\xA9" : "Am\xC3\xA9lie";
        assert_true(hr_student_set(&table[i], HR_STUDENT_COLUMN_ID, hr_view_text(id)));
        assert_true(hr_student_complete(&table[i]));
    }
    assert_ok(hr_database_compare_table(database, table, 2, &missing, &count, &test_error));
    assert_int_equal(count, 0);
    hr_texts_free(missing, count);
    assert_string_equal(table[0].id, "Jose\xCC\x81");
    assert_string_equal(table[1].id, "Am\xC3\xA9lie"); /* both are there: to the letter */
    hr_student_clear(&table[0]);
    hr_student_clear(&table[1]);
}

static void all_students_come_by_id_with_their_faces_counted(void **state)
{
    struct hr_database *database = database_of(state);
    static const char *const ids[] = {"10", "b", "9", "a", "2", "1a"};
    static const char *const order[] = {"2", "9", "10", "1a", "a", "b"};
    struct hr_student *students;
    size_t *faces, count;
    assert_ok(hr_database_students(database, &students, &faces, &count, &test_error));
    assert_int_equal(count, 0);
    hr_students_free(students, count);
    free(faces);
    for (size_t i = 0; i < 6; i++)
        put(database, test_student(ids[i], "somebody", "", ""));
    test_add_student(database, "9", "nine", 1);
    test_add_student(database, "9", "nine", 2);
    assert_ok(hr_database_students(database, &students, &faces, &count, &test_error));
    assert_int_equal(count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(students[i].id, order[i]);
        assert_int_equal(faces[i], i == 1 ? 2 : 0);
    }
    hr_students_free(students, count);
    free(faces);
    assert_ok(hr_database_students(database, &students, NULL, &count, &test_error));
    assert_int_equal(count, 6);
    hr_students_free(students, count);
}

static void the_roster_answers_in_the_order_asked(void **state)
{
    struct hr_database *database = database_of(state);
    struct hr_roster roster = hr_database_roster(database);
    static const char *const ids[] = {"c", "nobody", "a", "c", "", "O'Neil\";--", "\xff"};
    static const bool found[] = {true, false, true, true, false, true, false};
    struct hr_student out[7];
    put(database, test_student("a", "name of a", "", ""));
    put(database, test_student("c", "name of c", "", ""));
    put(database, test_student("O'Neil\";--", "name of o", "", ""));
    assert_ok(hr_roster_get(&roster, ids, 7, out, &test_error));
    for (size_t i = 0; i < 7; i++) {
        assert_string_equal(out[i].id, ids[i]);
        assert_int_equal(out[i].found, found[i]);
        assert_non_null(out[i].name);
        assert_non_null(out[i].major);
        assert_non_null(out[i].year);
        assert_int_equal(out[i].name[0] != '\0', found[i]);
        hr_student_clear(&out[i]);
    }
    assert_ok(hr_roster_get(&roster, NULL, 0, NULL, &test_error));
}

static void the_roster_takes_many_ids_at_once(void **state)
{
    struct hr_database *database = database_of(state);
    struct hr_roster roster = hr_database_roster(database);
    enum { COUNT = 3000 }; /* more than SQLite takes as separate values on old builds */
    char(*texts)[16] = calloc(COUNT, sizeof *texts);
    const char **ids = calloc(COUNT, sizeof *ids);
    struct hr_student *out = calloc(COUNT, sizeof *out);
    assert_ok(hr_database_begin(database, &test_error));
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(texts[i], sizeof texts[i], "s%zu", COUNT - i);
        ids[i] = texts[i];
        if (i % 3 != 0)
            put(database, test_student(ids[i], ids[i], "", ""));
    }
    assert_ok(hr_database_commit(database, &test_error));
    assert_ok(hr_roster_get(&roster, ids, COUNT, out, &test_error));
    for (size_t i = 0; i < COUNT; i++) {
        assert_string_equal(out[i].id, ids[i]);
        assert_int_equal(out[i].found, i % 3 != 0);
        assert_string_equal(out[i].name, i % 3 != 0 ? ids[i] : "");
    }
    hr_students_free(out, COUNT);
    free(ids);
    free(texts);
}

/* --- limits: below and at them all is well, one above is refused and nothing is written --- */

static char *letters(size_t count)
{
    char *text = malloc(count + 1);
    assert_non_null(text);
    memset(text, 'x', count);
    text[count] = '\0';
    return text;
}

static void check_size(struct hr_database *database, enum hr_student_column column, size_t size, bool good)
{
    char *text = letters(size);
    struct hr_student student = test_student("id", "name", "major", "year");
    char **places[] = {&student.id, &student.name, &student.major, &student.year};
    *places[column] = text;
    if (good)
        assert_ok(hr_database_put_student(database, &student, NULL, &test_error));
    else
        assert_fails(hr_database_put_student(database, &student, NULL, &test_error), HR_ERR_LIMIT,
                     hr_column_name(column));
    free(text);
}

static void cells_are_held_to_their_limits(void **state)
{
    struct hr_database *database = database_of(state);
    for (int column = 0; column < HR_STUDENT_COLUMN_COUNT; column++) {
        size_t limit = column == HR_STUDENT_COLUMN_ID ? HR_LIMIT_STUDENT_ID_BYTES : HR_LIMIT_CELL_BYTES;
        check_size(database, (enum hr_student_column)column, limit - 1, true);
        check_size(database, (enum hr_student_column)column, limit, true);
        check_size(database, (enum hr_student_column)column, limit + 1, false);
    }
}

static void check_extra_count(struct hr_database *database, size_t count, bool good)
{
    struct hr_field extra[HR_LIMIT_EXTRA_COLUMNS + 1];
    char keys[HR_LIMIT_EXTRA_COLUMNS + 1][16];
    struct hr_student student = test_student("many", "name", "", "");
    for (size_t i = 0; i < count; i++) {
        snprintf(keys[i], sizeof keys[i], "key %zu", i);
        extra[i] = (struct hr_field){.key = keys[i], .value = (char *)"value"};
    }
    student.extra = extra;
    student.extra_count = count;
    if (good)
        assert_ok(hr_database_put_student(database, &student, NULL, &test_error));
    else
        assert_fails(hr_database_put_student(database, &student, NULL, &test_error), HR_ERR_LIMIT, "further columns");
}

static void further_columns_are_held_to_their_limit(void **state)
{
    struct hr_database *database = database_of(state);
    check_extra_count(database, HR_LIMIT_EXTRA_COLUMNS - 1, true);
    check_extra_count(database, HR_LIMIT_EXTRA_COLUMNS, true);
    check_extra_count(database, HR_LIMIT_EXTRA_COLUMNS + 1, false);
    struct hr_student back = look_up(database, "many");
    assert_int_equal(back.extra_count, HR_LIMIT_EXTRA_COLUMNS);
    assert_string_equal(back.extra[HR_LIMIT_EXTRA_COLUMNS - 1].key, "key 63");
    hr_student_clear(&back);
}

/* The longest record there can be, every byte of which becomes six in JSON. */
static void the_largest_record_fits(void **state)
{
    struct hr_database *database = database_of(state);
    struct hr_field extra[HR_LIMIT_EXTRA_COLUMNS];
    struct hr_student student = test_student("large", "name", "", "");
    for (size_t i = 0; i < HR_LIMIT_EXTRA_COLUMNS; i++) {
        char *key = letters(HR_LIMIT_CELL_BYTES), *value = letters(HR_LIMIT_CELL_BYTES);
        memset(key, 1, HR_LIMIT_CELL_BYTES);
        memset(value, 1, HR_LIMIT_CELL_BYTES);
        key[0] = (char)('0' + i);
        extra[i] = (struct hr_field){.key = key, .value = value};
    }
    student.extra = extra;
    student.extra_count = HR_LIMIT_EXTRA_COLUMNS;
    /* "A" and "a" would be one name else */
    for (size_t i = 'A' - '0'; i <= 'Z' - '0' && i < HR_LIMIT_EXTRA_COLUMNS; i++)
        extra[i].key[1] = 2;
    assert_int_equal(put(database, student), HR_UPSERT_ADDED);
    struct hr_student back = look_up(database, "large");
    assert_int_equal(back.extra_count, HR_LIMIT_EXTRA_COLUMNS);
    assert_string_equal(back.extra[63].value, extra[63].value);
    hr_student_clear(&back);
    for (size_t i = 0; i < HR_LIMIT_EXTRA_COLUMNS; i++) {
        free(extra[i].key);
        free(extra[i].value);
    }
}

static void refuse(struct hr_database *database, struct hr_student student, enum hr_status status, const char *part)
{
    assert_fails(hr_database_put_student(database, &student, NULL, &test_error), status, part);
}

static void what_is_no_text_or_no_id_is_refused(void **state)
{
    struct hr_database *database = database_of(state);
    refuse(database, test_student("", "name", "", ""), HR_ERR_ARGUMENT, "the id is empty");
    refuse(database, test_student("a\nb", "name", "", ""), HR_ERR_FORMAT, "control character");
    refuse(database, test_student("a\xff", "name", "", ""), HR_ERR_FORMAT, "the id is not UTF-8");
    refuse(database, test_student("a", "\xc3", "", ""), HR_ERR_FORMAT, "the name is not UTF-8");
    refuse(database, test_student("a", "", "\xed\xa0\x80", ""), HR_ERR_FORMAT, "the major is not UTF-8");
    refuse(database, test_student("a", "", "", "\x80"), HR_ERR_FORMAT, "the year is not UTF-8");
}

static void column_names_that_would_clash_are_refused(void **state)
{
    struct hr_database *database = database_of(state);
    static const char *const bad[] = {"id", "NAME", " Ma jor", "year\t", "face_records"};
    struct hr_student student = test_student("a", "name", "", "");
    struct hr_field extra[] = {{(char *)"", (char *)"value"}, {(char *)"a key", (char *)""}};
    student.extra = extra;
    student.extra_count = 1;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        extra[0].key = (char *)bad[i];
        refuse(database, student, HR_ERR_ARGUMENT, "one of homeroom's own");
    }
    extra[0].key = (char *)" ";
    refuse(database, student, HR_ERR_ARGUMENT, "no name");
    extra[0].key = (char *)"AKey";
    student.extra_count = 2;
    refuse(database, student, HR_ERR_ARGUMENT, "two columns have the same name");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_record_comes_back_with_all_its_columns_in_order),
        TEST(putting_again_says_what_changed),
        TEST(a_changed_record_keeps_its_faces),
        TEST(ensure_adds_with_the_id_as_name_and_only_once),
        TEST(all_students_come_by_id_with_their_faces_counted),
        TEST(who_is_missing_from_a_new_table_is_named_and_kept),
        TEST(an_id_in_another_form_is_the_same_student),
        TEST(the_roster_answers_in_the_order_asked),
        TEST(the_roster_takes_many_ids_at_once),
        TEST(cells_are_held_to_their_limits),
        TEST(further_columns_are_held_to_their_limit),
        TEST(the_largest_record_fits),
        TEST(what_is_no_text_or_no_id_is_refused),
        TEST(column_names_that_would_clash_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
