/* A roster that remembers, on a clock that the test turns. */
#include "records/support.h"

#include "roster/cached.h"
#include "roster/student.h"

/* A table whose every answer says how often it was asked. */
struct table {
    size_t calls;
    size_t asked; /* ids, over all calls */
    bool fails;
    bool closed;
    int64_t now_us;
};

static int64_t now_us(void *context)
{
    return ((struct table *)context)->now_us;
}

static enum hr_status get(void *context, const char *const *ids, size_t count, struct hr_student *out,
                          struct hr_error *error)
{
    struct table *table = context;
    table->calls++;
    table->asked += count;
    if (table->fails)
        return hr_error_set(error, HR_ERR_UNAVAILABLE, "no table");
    for (size_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "call %zu", table->calls);
        out[i] = (struct hr_student){.found = strcmp(ids[i], "missing") != 0};
        assert_true(hr_student_set(&out[i], HR_STUDENT_COLUMN_ID, hr_view_text(ids[i])) &&
                    hr_student_set(&out[i], HR_STUDENT_COLUMN_NAME, hr_view_text(name)) &&
                    hr_student_complete(&out[i]) &&
                    hr_student_add_extra(&out[i], hr_view_text("room"), hr_view_text("12")));
    }
    return HR_OK;
}

static void close_table(void *context)
{
    ((struct table *)context)->closed = true;
}

static void open_cached(struct table *table, struct hr_clock *clock, struct hr_roster *out)
{
    *clock = (struct hr_clock){.monotonic_us = now_us, .context = table};
    assert_ok(hr_roster_open_cached(out, (struct hr_roster){.get = get, .close = close_table, .context = table}, 1000,
                                    clock, &test_error));
}

static void assert_answers(const struct hr_roster *roster, const char *id, const char *name)
{
    struct hr_student student;
    assert_ok(hr_roster_get(roster, &id, 1, &student, &test_error));
    assert_string_equal(student.id, id);
    assert_string_equal(student.name, name);
    assert_string_equal(student.extra[0].value, "12");
    hr_student_clear(&student);
}

static void remembers_for_its_lifetime_only(void **state)
{
    (void)state;
    struct table table = {0};
    struct hr_clock clock;
    struct hr_roster roster;
    open_cached(&table, &clock, &roster);
    assert_answers(&roster, "a", "call 1");
    table.now_us += 999999;
    assert_answers(&roster, "a", "call 1");
    table.now_us += 1;
    assert_answers(&roster, "a", "call 2");
    assert_int_equal(table.calls, 2);
    roster.close(roster.context);
    assert_true(table.closed);
}

static void asks_only_for_what_it_does_not_know(void **state)
{
    (void)state;
    struct table table = {0};
    struct hr_clock clock;
    struct hr_roster roster;
    struct hr_student students[3];
    const char *const ids[] = {"a", "missing", "b"};
    open_cached(&table, &clock, &roster);
    assert_answers(&roster, "missing", "call 1");
    assert_ok(hr_roster_get(&roster, ids, 3, students, &test_error));
    assert_int_equal(table.asked, 3);
    assert_true(students[0].found && !students[1].found && students[2].found);
    assert_string_equal(students[1].name, "call 1");
    assert_string_equal(students[2].id, "b");
    for (size_t i = 0; i < 3; i++)
        hr_student_clear(&students[i]);
    roster.close(roster.context);
}

static void a_failure_is_not_remembered(void **state)
{
    (void)state;
    struct table table = {.fails = true};
    struct hr_clock clock;
    struct hr_roster roster;
    struct hr_student student;
    const char *id = "a";
    open_cached(&table, &clock, &roster);
    assert_fails(hr_roster_get(&roster, &id, 1, &student, &test_error), HR_ERR_UNAVAILABLE, "no table");
    assert_null(student.id);
    table.fails = false;
    assert_answers(&roster, "a", "call 2");
    roster.close(roster.context);
}

static void never_remembers_more_than_it_says(void **state)
{
    (void)state;
    struct table table = {0};
    struct hr_clock clock;
    struct hr_roster roster;
    char id[16];
    open_cached(&table, &clock, &roster);
    for (size_t i = 0; i <= HR_ROSTER_CACHED_MAX; i++) {
        struct hr_student student;
        const char *asked = id;
        snprintf(id, sizeof id, "%zu", i);
        assert_ok(hr_roster_get(&roster, &asked, 1, &student, &test_error));
        hr_student_clear(&student);
    }
    table.calls = 0;
    assert_answers(&roster, "0", "call 1"); /* the oldest was pushed out */
    snprintf(id, sizeof id, "call %d", HR_ROSTER_CACHED_MAX + 1);
    assert_answers(&roster, "4096", id); /* the newest was not */
    assert_int_equal(table.calls, 1);
    roster.close(roster.context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remembers_for_its_lifetime_only),
        cmocka_unit_test(asks_only_for_what_it_does_not_know),
        cmocka_unit_test(a_failure_is_not_remembered),
        cmocka_unit_test(never_remembers_more_than_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
