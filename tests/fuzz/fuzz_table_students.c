/* The readers of student tables, CSV and JSON, on the corpus and on changed copies of it. */
#include "fuzz/fuzz_table.h"

#include <stdio.h>
#include <stdlib.h>

#include "roster/student.h"
#include "tables/import.h"

enum { MUTATIONS = 30000 };

static size_t read_well;

static int by_id(const void *a, const void *b)
{
    const struct hr_student *left = a, *right = b;
    return strcmp(left->id, right->id);
}

/* Every student that comes out may go into the table, and no id comes twice. */
static void check_students(struct hr_student *students, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(hr_student_check(&students[i], NULL), HR_OK);
        assert_true(students[i].found);
    }
    if (count > 1)
        qsort(students, count, sizeof *students, by_id);
    for (size_t i = 1; i < count; i++)
        assert_string_not_equal(students[i - 1].id, students[i].id);
}

static void check_problems(const struct hr_import_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        assert_true(problems->items[i].line > 0);
        assert_int_not_equal(problems->items[i].text[0], '\0');
        assert_true(hr_view_is_utf8(hr_view_text(problems->items[i].text)));
        if (i > 0)
            assert_true(problems->items[i - 1].line <= problems->items[i].line);
    }
}

static void read_one(struct hr_view bytes)
{
    struct hr_student *students = (struct hr_student *)&students; /* must be overwritten */
    struct hr_import_problems problems = {0};
    struct hr_error error = {0};
    size_t count = 99;
    enum hr_status status = hr_import_students(bytes, NULL, &students, &count, &problems, &error);
    if (status == HR_OK) {
        read_well++;
        check_students(students, count);
        hr_students_free(students, count);
    } else {
        assert_true(status == HR_ERR_FORMAT || status == HR_ERR_LIMIT || status == HR_ERR_ARGUMENT);
        assert_int_equal(error.code, status);
        assert_int_not_equal(error.text[0], '\0');
        assert_null(students);
        assert_int_equal(count, 0);
    }
    check_problems(&problems);
    hr_import_problems_clear(&problems);
}

static void replay(const char *ending)
{
    struct fuzz_seeds *seeds = test_calloc(1, sizeof *seeds);
    fuzz_seeds_read(seeds, "students", ending);
    for (size_t i = 0; i < seeds->count; i++) {
        const struct fuzz_seed *seed = &seeds->items[i];
        struct hr_view bytes = hr_view_of(seed->bytes.data, seed->bytes.size);
        size_t before = read_well;
        fuzz_run(bytes, read_one);
        bool valid = strncmp(seed->name, "valid-", 6) == 0;
        if ((read_well > before) != valid)
            fail_msg("%s was %s", seed->name, valid ? "refused" : "read");
        for (size_t size = 0; size < bytes.size && size < 1000; size++)
            fuzz_run(hr_view_of(bytes.data, size), read_one);
    }
    fuzz_seeds_clear(seeds);
    test_free(seeds);
}

static void the_csv_corpus(void **state)
{
    (void)state;
    replay(".csv");
}

static void the_json_corpus(void **state)
{
    (void)state;
    replay(".json");
}

static void mutate(const char *ending, const char *const *words, size_t count, uint64_t start)
{
    struct fuzz_random random = {start};
    struct fuzz_seeds *seeds = test_calloc(1, sizeof *seeds);
    fuzz_seeds_read(seeds, "students", ending);
    size_t before = read_well;
    for (size_t i = 0; i < MUTATIONS; i++) {
        struct hr_buffer bytes;
        fuzz_mutate(seeds, words, count, &random, &bytes);
        fuzz_run(hr_buffer_view(&bytes), read_one);
        hr_buffer_clear(&bytes);
    }
    printf("%zu of %d changed copies could be read\n", read_well - before, MUTATIONS);
    assert_true(read_well - before > MUTATIONS / 100);
    fuzz_seeds_clear(seeds);
    test_free(seeds);
}

static void changed_csv(void **state)
{
    (void)state;
    static const char *const words[] = {
        "\"",           "\"\"",     ",",       ";",           "\t",        "\r",   "\n",
        "\r\n",         "id",       "name",    ",id,",        "\"",        " ",    "\xc3",
        "\xef\xbb\xbf", "\xc2\xa0", "Student", "SIS User ID", "sourcedId", "role", "="};
    mutate(".csv", words, sizeof words / sizeof *words, UINT64_C(0x637376));
}

static void changed_json(void **state)
{
    (void)state;
    static const char *const words[] = {"{",    "}",  "[", "]",    ",",         ":",       "\"",      "\\", "\"id\":",
                                        "null", "1e", "-", "true", "\"name\":", "\\u0000", "\\ud83d", "[{", "1.5"};
    mutate(".json", words, sizeof words / sizeof *words, UINT64_C(0x6a736f6e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_csv_corpus),
        cmocka_unit_test(the_json_corpus),
        cmocka_unit_test(changed_csv),
        cmocka_unit_test(changed_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
