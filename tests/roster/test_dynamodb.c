/* The table in DynamoDB on a twin of the service: hr_dynamodb_call is the test's own. */
#include "records/support.h"

#include "aws/dynamodb.h"
#include "base/json.h"
#include "roster/dynamodb.h"

/* What the service is asked, one line each, and what it answers, one after the other. */
static struct {
    const char *const *answers; /* JSON; one that begins with '!' is the code of an error */
    size_t answer_count;
    bool by_turns; /* the last two answers are given again and again, not the last one */
    size_t calls;
    char asked[32][2048];
    int64_t now_us;
    int64_t slept_us;
} twin;

static int64_t now_us(void *context)
{
    (void)context;
    return twin.now_us;
}

static void sleep_us(void *context, int64_t duration_us)
{
    (void)context;
    twin.now_us += duration_us;
    twin.slept_us += duration_us;
}

static const struct hr_clock twin_clock = {.monotonic_us = now_us, .wall_us = now_us, .sleep_us = sleep_us};
static const struct hr_deadline no_deadline = {.clock = &twin_clock, .at_monotonic_us = INT64_MAX};
static const struct hr_dynamodb_table table = {.name = "students", .deadline = &no_deadline};

static void answers(const char *const *list, size_t count)
{
    memset(&twin, 0, sizeof twin);
    twin.answers = list;
    twin.answer_count = count;
}
#define ANSWERS(...)                                                                                                   \
    static const char *const list[] = {__VA_ARGS__};                                                                   \
    answers(list, sizeof list / sizeof *list)

enum hr_status hr_dynamodb_call(struct hr_aws *aws, const struct hr_dynamodb_call *call, struct hr_json **out,
                                struct hr_aws_answer *answer, struct hr_error *error)
{
    assert_null(aws);
    assert_true(call->repeatable);
    assert_true(call->deadline->at_monotonic_us <= twin.now_us + HR_DYNAMODB_TIMEOUT_MS * INT64_C(1000));
    struct hr_buffer body;
    hr_buffer_init(&body, 1 << 20);
    assert_ok(hr_json_write(call->body, false, &body, &test_error));
    size_t index = twin.calls++;
    if (index < 32)
        snprintf(twin.asked[index], sizeof twin.asked[index], "%s %s", call->operation, hr_buffer_text(&body));
    hr_buffer_clear(&body);
    /* The last answer is given again and again. */
    size_t last = twin.answer_count - 1 - (twin.by_turns ? (index - twin.answer_count) % 2 : 0);
    const char *text = twin.answers[index < twin.answer_count ? index : last];
    if (text[0] != '!')
        return hr_json_parse(out, hr_view_text(text), error);
    *out = NULL;
    if (answer != NULL)
        snprintf(answer->code, sizeof answer->code, "%s", text + 1);
    return hr_error_set(error, strcmp(text, "!ResourceNotFoundException") == 0 ? HR_ERR_NOT_FOUND : HR_ERR_ARGUMENT,
                        "%s", text + 1);
}

#define DESCRIBED(key, type)                                                                                           \
    "{\"Table\":{\"TableStatus\":\"ACTIVE\",\"KeySchema\":[{\"AttributeName\":\"" key                                  \
    "\",\"KeyType\":\"HASH\"}],\"AttributeDefinitions\":[{\"AttributeName\":\"x\","                                    \
    "\"AttributeType\":\"B\"},{\"AttributeName\":\"" key "\",\"AttributeType\":\"" type "\"}]}}"
#define ITEM(id, major) "{\"id\":{\"S\":\"" id "\"},\"name\":{\"S\":\"Name " id "\"},\"major\":{\"S\":\"" major "\"}}"
#define FOUND(items) "{\"Responses\":{\"students\":[" items "]}}"
#define KEYS(keys) "{\"students\":{\"Keys\":[" keys "],\"ConsistentRead\":true}}"

static void open_roster(struct hr_roster *out, const struct hr_roster *local)
{
    assert_ok(hr_dynamodb_roster_open(out, &table, local, &test_error));
    assert_int_equal(twin.calls, 0);
}

static void one_question_for_all_and_the_table_is_known_then(void **state)
{
    (void)state;
    ANSWERS(DESCRIBED("id", "S"), FOUND(ITEM("b", "law") "," ITEM("a", "art")), FOUND(""));
    struct hr_roster roster;
    struct hr_student students[4];
    const char *const ids[] = {"a", "none", "b", "a"};
    open_roster(&roster, NULL);
    assert_ok(hr_roster_get(&roster, ids, 4, students, &test_error));
    assert_string_equal(twin.asked[0], "DescribeTable {\"TableName\":\"students\"}");
    assert_string_equal(twin.asked[1],
                        "BatchGetItem {\"RequestItems\":" KEYS(
                            "{\"id\":{\"S\":\"a\"}},{\"id\":{\"S\":\"b\"}},{\"id\":{\"S\":\"none\"}}") "}");
    assert_string_equal(students[0].major, "art");
    assert_string_equal(students[2].major, "law");
    assert_string_equal(students[3].name, "Name a");
    assert_false(students[1].found);
    assert_string_equal(students[1].id, "none");
    assert_string_equal(students[1].name, "");
    for (size_t i = 0; i < 4; i++)
        hr_student_clear(&students[i]);
    assert_ok(hr_roster_get(&roster, ids, 1, students, &test_error));
    assert_int_equal(twin.calls, 3);
    hr_student_clear(&students[0]);
    assert_ok(hr_roster_get(&roster, ids, 0, students, &test_error));
    assert_int_equal(twin.calls, 3);
    roster.close(roster.context);
}

/* Left over three times, and the pauses grow until something moves. */
static void what_is_left_over_is_asked_again(void **state)
{
    (void)state;
    ANSWERS(
        DESCRIBED("id", "S"),
        "{\"Responses\":{\"students\":[" ITEM("a", "art") "]},\"UnprocessedKeys\":" KEYS("{\"id\":{\"S\":\"b\"}}") "}",
        "{\"Responses\":{},\"UnprocessedKeys\":" KEYS("{\"id\":{\"S\":\"b\"}}") "}", FOUND(ITEM("b", "law")));
    struct hr_roster roster;
    struct hr_student students[2];
    const char *const ids[] = {"a", "b"};
    open_roster(&roster, NULL);
    assert_ok(hr_roster_get(&roster, ids, 2, students, &test_error));
    assert_string_equal(twin.asked[2], "BatchGetItem {\"RequestItems\":" KEYS("{\"id\":{\"S\":\"b\"}}") "}");
    assert_string_equal(twin.asked[3], twin.asked[2]);
    assert_string_equal(students[0].major, "art");
    assert_string_equal(students[1].major, "law");
    for (size_t i = 0; i < 2; i++)
        hr_student_clear(&students[i]);
    roster.close(roster.context);
}

static void a_service_that_stays_busy_is_given_up_in_time(void **state)
{
    (void)state;
    ANSWERS(DESCRIBED("id", "S"), "{\"Responses\":{},\"UnprocessedKeys\":" KEYS("{\"id\":{\"S\":\"a\"}}") "}");
    struct hr_roster roster;
    struct hr_student student;
    const char *id = "a";
    open_roster(&roster, NULL);
    assert_fails(hr_roster_get(&roster, &id, 1, &student, &test_error), HR_ERR_THROTTLED,
                 "'students' is too busy: 1 student was left over");
    assert_null(student.id);
    assert_true(twin.slept_us <= HR_DYNAMODB_TIMEOUT_MS * INT64_C(1000));
    assert_true(twin.slept_us > 20 * INT64_C(1000000));
    roster.close(roster.context);
}

/* Each second time it looks like progress. */
static void a_service_that_goes_in_a_circle_is_given_up_in_time(void **state)
{
    (void)state;
    ANSWERS(DESCRIBED("id", "S"),
            "{\"Responses\":{},\"UnprocessedKeys\":" KEYS("{\"id\":{\"S\":\"a\"}},{\"id\":{\"S\":\"b\"}}") "}",
            "{\"Responses\":{},\"UnprocessedKeys\":" KEYS("{\"id\":{\"S\":\"a\"}}") "}");
    twin.by_turns = true;
    struct hr_roster roster;
    struct hr_student students[2];
    const char *ids[] = {"a", "b"};
    open_roster(&roster, NULL);
    enum hr_status status = hr_roster_get(&roster, ids, 2, students, &test_error);
    assert_true(status == HR_ERR_THROTTLED || status == HR_ERR_DEADLINE);
    assert_true(twin.slept_us <= HR_DYNAMODB_TIMEOUT_MS * INT64_C(1000));
    roster.close(roster.context);
}

static void more_than_a_hundred_are_asked_in_parts(void **state)
{
    (void)state;
    ANSWERS(DESCRIBED("id", "S"), FOUND(""));
    enum { COUNT = 201 };
    struct hr_roster roster;
    static struct hr_student students[COUNT];
    static char ids[COUNT][8];
    const char *asked[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(ids[i], sizeof ids[i], "%zu", i);
        asked[i] = ids[i];
    }
    open_roster(&roster, NULL);
    assert_ok(hr_roster_get(&roster, asked, COUNT, students, &test_error));
    assert_int_equal(twin.calls, 1 + 3);
    for (size_t i = 0; i < COUNT; i++)
        hr_student_clear(&students[i]);
    roster.close(roster.context);
}

static enum hr_status local_get(void *context, const char *const *ids, size_t count, struct hr_student *out,
                                struct hr_error *error)
{
    (void)context;
    (void)error;
    for (size_t i = 0; i < count; i++) {
        bool known = strcmp(ids[i], "stranger") != 0;
        out[i] = (struct hr_student){.id = strdup(ids[i]),
                                     .name = strdup(known ? "Shared Name" : ""),
                                     .major = strdup("local"),
                                     .year = strdup("local"),
                                     .found = known};
    }
    return HR_OK;
}

/* 1 and 2 have one name; the id of a stranger is the name. */
static void a_table_of_names_is_joined_by_name(void **state)
{
    (void)state;
    ANSWERS(DESCRIBED("Name", "S"),
            FOUND("{\"Name\":{\"S\":\"Shared Name\"},\"id\":{\"S\":\"other\"},\"year\":{\"N\":\"7\"}}"));
    const struct hr_roster local = {.get = local_get};
    struct hr_roster roster;
    struct hr_student students[3];
    const char *const ids[] = {"1", "stranger", "2"};
    open_roster(&roster, &local);
    assert_ok(hr_roster_get(&roster, ids, 3, students, &test_error));
    assert_string_equal(twin.asked[1], "BatchGetItem {\"RequestItems\":" KEYS(
                                           "{\"Name\":{\"S\":\"Shared Name\"}},{\"Name\":{\"S\":\"stranger\"}}") "}");
    assert_string_equal(students[0].id, "1");
    assert_string_equal(students[2].id, "2");
    assert_string_equal(students[2].year, "7");
    assert_string_equal(students[2].major, "");
    assert_false(students[1].found);
    for (size_t i = 0; i < 3; i++)
        hr_student_clear(&students[i]);
    roster.close(roster.context);
}

static void a_number_is_asked_as_one(void **state)
{
    (void)state;
    ANSWERS(DESCRIBED("id", "N"), FOUND("{\"id\":{\"N\":\"44\"},\"major\":{\"S\":\"law\"}}"));
    struct hr_roster roster;
    struct hr_student students[3];
    const char *const ids[] = {"44", "044", "x"};
    open_roster(&roster, NULL);
    assert_ok(hr_roster_get(&roster, ids, 3, students, &test_error));
    assert_string_equal(twin.asked[1], "BatchGetItem {\"RequestItems\":" KEYS("{\"id\":{\"N\":\"44\"}}") "}");
    assert_true(students[0].found && !students[1].found && !students[2].found);
    for (size_t i = 0; i < 3; i++)
        hr_student_clear(&students[i]);
    roster.close(roster.context);
}

static void a_table_with_another_key_is_refused(void **state)
{
    (void)state;
    const char *const tables[] = {DESCRIBED("student", "S"), DESCRIBED("name", "N"), DESCRIBED("id", "B"),
                                  "{\"Table\":{}}"};
    const enum hr_status expected[] = {HR_ERR_UNSUPPORTED, HR_ERR_UNSUPPORTED, HR_ERR_UNSUPPORTED, HR_ERR_FORMAT};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct hr_roster roster;
        struct hr_student student;
        const char *id = "a";
        answers(&tables[i], 1);
        open_roster(&roster, NULL);
        assert_fails(hr_roster_get(&roster, &id, 1, &student, &test_error), expected[i], "DynamoDB table 'students'");
        roster.close(roster.context);
    }
}

/* Only what differs is written; a table that is being made is waited for. */
static void import_makes_the_table_and_writes_what_differs(void **state)
{
    (void)state;
    ANSWERS("!ResourceNotFoundException", "!ResourceInUseException", "{\"Table\":{\"TableStatus\":\"CREATING\"}}",
            DESCRIBED("id", "S"), DESCRIBED("id", "S"),
            FOUND("{\"id\":{\"S\":\"1\"},\"name\":{\"S\":\"One\"},\"major\":{\"S\":\"x\"}},"
                  "{\"id\":{\"S\":\"2\"},\"name\":{\"S\":\"Two\"},\"major\":{\"S\":\"old\"}}"),
            "{\"UnprocessedItems\":{}}");
    struct hr_dynamodb_counts counts;
    const struct hr_student students[] = {test_student("3", "Three", "", ""), test_student("1", "One", "x", ""),
                                          test_student("2", "Two", "new", "")};
    assert_ok(hr_dynamodb_import(&table, true, students, 3, &counts, &test_error));
    assert_true(counts.created);
    assert_int_equal(counts.added, 1);
    assert_int_equal(counts.changed, 1);
    assert_int_equal(counts.same, 1);
    assert_int_equal(twin.calls, 7);
    assert_true(twin.slept_us > 0);
    assert_non_null(strstr(twin.asked[1], "\"BillingMode\":\"PAY_PER_REQUEST\""));
    assert_string_equal(
        twin.asked[6],
        "BatchWriteItem {\"RequestItems\":{\"students\":["
        "{\"PutRequest\":{\"Item\":{\"id\":{\"S\":\"2\"},\"name\":{\"S\":\"Two\"},\"major\":{\"S\":\"new\"}}}},"
        "{\"PutRequest\":{\"Item\":{\"id\":{\"S\":\"3\"},\"name\":{\"S\":\"Three\"}}}}]}}");
}

static void import_refuses_before_it_writes(void **state)
{
    (void)state;
    ANSWERS(DESCRIBED("name", "S"));
    struct hr_dynamodb_counts counts;
    const struct hr_student same[] = {test_student("1", "Same", "", ""), test_student("2", "Same", "", "")};
    assert_fails(hr_dynamodb_import(&table, false, same, 2, &counts, &test_error), HR_ERR_CONFLICT,
                 "1 student shares with another one");
    assert_null(strstr(test_error.text, "Same"));
    const struct hr_student nameless = test_student("1", "", "", "");
    assert_fails(hr_dynamodb_import(&table, false, &nameless, 1, &counts, &test_error), HR_ERR_ARGUMENT,
                 "nothing was written");
    assert_int_equal(twin.calls, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_question_for_all_and_the_table_is_known_then),
        cmocka_unit_test(what_is_left_over_is_asked_again),
        cmocka_unit_test(a_service_that_stays_busy_is_given_up_in_time),
        cmocka_unit_test(a_service_that_goes_in_a_circle_is_given_up_in_time),
        cmocka_unit_test(more_than_a_hundred_are_asked_in_parts),
        cmocka_unit_test(a_table_of_names_is_joined_by_name),
        cmocka_unit_test(a_number_is_asked_as_one),
        cmocka_unit_test(a_table_with_another_key_is_refused),
        cmocka_unit_test(import_makes_the_table_and_writes_what_differs),
        cmocka_unit_test(import_refuses_before_it_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
