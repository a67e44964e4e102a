/* The table itself: what its key is, and its items by the hundred. */
#include "roster/dynamodb_table.h"

#include <stdlib.h>

#include "aws/retry.h"

/* A number has at most so many digits. */
enum { NUMBER_DIGITS_MAX = 38 };
/* Between two looks at a table that is being made. */
#define CREATE_WAIT_US INT64_C(200000)

void hr_dynamodb_schema_clear(struct hr_dynamodb_schema *schema)
{
    free(schema->key);
    *schema = (struct hr_dynamodb_schema){0};
}

struct hr_deadline hr_dynamodb_deadline(const struct hr_dynamodb_table *table)
{
    const struct hr_deadline *outer = table->deadline;
    const struct hr_clock *clock = outer != NULL ? outer->clock : hr_aws_clock(table->aws);
    int64_t at_us = clock->monotonic_us(clock->context) + HR_DYNAMODB_TIMEOUT_MS * INT64_C(1000);
    if (outer != NULL && outer->at_monotonic_us < at_us)
        at_us = outer->at_monotonic_us;
    return (struct hr_deadline){.clock = clock, .at_monotonic_us = at_us, .stop = outer != NULL ? outer->stop : NULL};
}

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for a request to DynamoDB");
}

enum hr_status hr_dynamodb_table_call(const struct hr_dynamodb_table *table, const char *operation,
                                      const struct hr_json *body, const struct hr_deadline *deadline,
                                      struct hr_json **out, struct hr_aws_answer *answer, struct hr_error *error)
{
    /* All that is asked of the service here may be asked twice: the same items are put again. */
    struct hr_dynamodb_call call = {.operation = operation, .body = body, .repeatable = true, .deadline = deadline};
    *out = NULL;
    if (body == NULL)
        return no_memory(error);
    enum hr_status status = hr_dynamodb_call(table->aws, &call, out, answer, error);
    return status == HR_OK ? HR_OK : hr_error_prefix(error, "DynamoDB table '%s'", table->name);
}

static struct hr_json *name_body(const struct hr_dynamodb_table *table)
{
    struct hr_json *body = hr_json_object_new();
    if (body == NULL || hr_json_set(body, "TableName", hr_json_text_new(table->name)))
        return body;
    hr_json_free(body);
    return NULL;
}

/* ---- which table it is ---- */

static bool same_text(const struct hr_json *value, const char *text)
{
    return hr_json_text(value) != NULL && strcmp(hr_json_text(value), text) == 0;
}

static const char *type_of(const struct hr_json *description, const char *attribute)
{
    const struct hr_json *definitions = hr_json_get(description, "AttributeDefinitions");
    for (size_t i = 0; i < hr_json_size(definitions); i++) {
        const struct hr_json *definition = hr_json_at(definitions, i);
        if (same_text(hr_json_get(definition, "AttributeName"), attribute))
            return hr_json_text(hr_json_get(definition, "AttributeType"));
    }
    return NULL;
}

static enum hr_status read_schema(const struct hr_dynamodb_table *table, const struct hr_json *description,
                                  struct hr_dynamodb_schema *out, struct hr_error *error)
{
    const struct hr_json *keys = hr_json_get(description, "KeySchema");
    const char *key = hr_json_text(hr_json_get(hr_json_at(keys, 0), "AttributeName"));
    const char *type = key != NULL ? type_of(description, key) : NULL;
    if (key == NULL || type == NULL)
        return hr_error_set(error, HR_ERR_FORMAT, "DynamoDB table '%s': its description has no key", table->name);
    enum hr_student_column column = hr_student_column_of(hr_view_text(key));
    bool numeric = strcmp(type, "N") == 0;
    bool by_id = column == HR_STUDENT_COLUMN_ID, by_name = column == HR_STUDENT_COLUMN_NAME;
    bool known = strcmp(type, "S") == 0 ? by_id || by_name : numeric && by_id;
    if (hr_json_size(keys) != 1 || !known)
        return hr_error_set(error, HR_ERR_UNSUPPORTED,
                            "DynamoDB table '%s': its key must be the one attribute 'id' (text or "
                            "number) or 'name' (text), not '%s'%s",
                            table->name, key, hr_json_size(keys) != 1 ? " with a sort key" : "");
    *out = (struct hr_dynamodb_schema){.key = hr_text_copy(hr_view_text(key)), .column = column, .numeric = numeric};
    return out->key != NULL ? HR_OK : no_memory(error);
}

enum hr_status hr_dynamodb_describe(const struct hr_dynamodb_table *table, const struct hr_deadline *deadline,
                                    struct hr_dynamodb_schema *out, struct hr_error *error)
{
    struct hr_json *answer = NULL, *body = name_body(table);
    *out = (struct hr_dynamodb_schema){0};
    enum hr_status status = hr_dynamodb_table_call(table, "DescribeTable", body, deadline, &answer, NULL, error);
    if (status != HR_OK)
        goto out;
    const struct hr_json *description = hr_json_get(answer, "Table");
    const struct hr_json *state = hr_json_get(description, "TableStatus");
    if (same_text(state, "CREATING") || same_text(state, "DELETING"))
        status = hr_error_set(error, HR_ERR_UNAVAILABLE, "DynamoDB table '%s' is being %s", table->name,
                              same_text(state, "CREATING") ? "made" : "deleted");
    else
        status = read_schema(table, description, out, error);
out:
    hr_json_free(body);
    hr_json_free(answer);
    return status;
}

/* [{"AttributeName": "id", `what`: `value`}] */
static struct hr_json *id_attribute(const char *what, const char *value)
{
    struct hr_json *list = hr_json_array_new(), *entry = hr_json_object_new();
    bool good = list != NULL && entry != NULL &&
                hr_json_set(entry, "AttributeName", hr_json_text_new(hr_column_name(HR_STUDENT_COLUMN_ID))) &&
                hr_json_set(entry, what, hr_json_text_new(value));
    if (good && hr_json_append(list, entry))
        return list;
    if (!good)
        hr_json_free(entry);
    hr_json_free(list);
    return NULL;
}

static struct hr_json *create_body(const struct hr_dynamodb_table *table)
{
    struct hr_json *body = name_body(table);
    if (body != NULL && hr_json_set(body, "KeySchema", id_attribute("KeyType", "HASH")) &&
        hr_json_set(body, "AttributeDefinitions", id_attribute("AttributeType", "S")) &&
        hr_json_set(body, "BillingMode", hr_json_text_new("PAY_PER_REQUEST")))
        return body;
    hr_json_free(body);
    return NULL;
}

static enum hr_status wait_until_made(const struct hr_dynamodb_table *table, const struct hr_deadline *deadline,
                                      struct hr_error *error)
{
    struct hr_dynamodb_schema ignored;
    for (;;) {
        enum hr_status status = hr_dynamodb_describe(table, deadline, &ignored, error);
        hr_dynamodb_schema_clear(&ignored);
        /* Its description may be some moments late as well. */
        if (status != HR_ERR_UNAVAILABLE && status != HR_ERR_NOT_FOUND)
            return status;
        if (!hr_sleep_until_deadline(deadline->clock, CREATE_WAIT_US, deadline))
            return hr_error_set(error, HR_ERR_DEADLINE, "DynamoDB table '%s' is still not ready: try again later",
                                table->name);
    }
}

enum hr_status hr_dynamodb_create(const struct hr_dynamodb_table *table, const struct hr_deadline *deadline,
                                  struct hr_error *error)
{
    struct hr_json *ignored = NULL, *body = create_body(table);
    struct hr_aws_answer answer;
    hr_aws_answer_init(&answer);
    enum hr_status status = hr_dynamodb_table_call(table, "CreateTable", body, deadline, &ignored, &answer, error);
    if (status != HR_OK && strcmp(answer.code, "ResourceInUseException") == 0)
        status = HR_OK; /* made by somebody else, or by an attempt whose answer was lost */
    if (status == HR_OK)
        status = wait_until_made(table, deadline, error);
    hr_aws_answer_clear(&answer);
    hr_json_free(ignored);
    hr_json_free(body);
    return status;
}

bool hr_dynamodb_key_possible(const struct hr_dynamodb_schema *schema, const char *key)
{
    size_t length = strlen(key);
    if (length == 0 || length > HR_DYNAMODB_KEY_BYTES_MAX || !hr_view_is_utf8(hr_view_text(key)))
        return false;
    if (!schema->numeric)
        return true;
    /* As the service writes numbers: what comes back must be the same text. */
    return length <= NUMBER_DIGITS_MAX && key[strspn(key, "0123456789")] == '\0' && (key[0] != '0' || length == 1);
}

/* ---- many at once ---- */

/* Asks again for what the service has left over, with pauses while it does nothing at all. */
struct batch {
    const struct hr_dynamodb_table *table;
    const char *operation; /* "BatchGetItem" */
    const char *left_over; /* "UnprocessedKeys" */
    const struct hr_deadline *deadline;
    struct hr_retry retry;
};

static struct batch batch_of(const struct hr_dynamodb_table *table, const char *operation, const char *left_over,
                             const struct hr_deadline *deadline)
{
    struct hr_retry_policy policy = hr_retry_policy_default();
    /* The time limit ends it, not a count. */
    policy.attempts_max = INT32_MAX;
    policy.throttled_ms = 100;
    policy.delay_max_ms = 5000;
    return (struct batch){
        .table = table,
        .operation = operation,
        .left_over = left_over,
        .deadline = deadline,
        .retry = {.policy = policy, .clock = deadline->clock, .random = hr_random_system(), .deadline = deadline}};
}

/* The list of the table's keys or items in what the service has left over; NULL: nothing. */
static const struct hr_json *left_over(const struct batch *batch, const struct hr_json *answer)
{
    const struct hr_json *left = hr_json_get(hr_json_get(answer, batch->left_over), batch->table->name);
    return hr_json_size(left) > 0 ? left : NULL;
}

/* Another body that asks for what was left over. NULL: no memory. */
static struct hr_json *body_again(const struct batch *batch, const struct hr_json *answer)
{
    struct hr_json *copy = NULL, *body = NULL;
    struct hr_buffer text;
    hr_buffer_init(&text, SIZE_MAX / 8); /* a part of what was ours */
    struct hr_error ignored;
    if (hr_json_write(hr_json_get(answer, batch->left_over), false, &text, &ignored) == HR_OK &&
        hr_json_parse(&copy, hr_buffer_view(&text), &ignored) == HR_OK)
        body = hr_json_object_new();
    hr_buffer_clear(&text);
    if (body != NULL && hr_json_set(body, "RequestItems", copy))
        return body;
    if (body == NULL)
        hr_json_free(copy);
    hr_json_free(body);
    return NULL;
}

/* How many keys or items a left-over list holds. */
static size_t count_items(const struct hr_json *left)
{
    const struct hr_json *keys = hr_json_get(left, "Keys");
    return hr_json_size(keys != NULL ? keys : left);
}

static enum hr_status given_up(const struct batch *batch, size_t count, struct hr_error *error)
{
    if (hr_deadline_passed(batch->deadline))
        return hr_error_set(error, HR_ERR_DEADLINE, "stopped while waiting for DynamoDB table '%s'",
                            batch->table->name);
    return hr_error_set(error, HR_ERR_THROTTLED,
                        "DynamoDB table '%s' is too busy: %zu student%s left over; raise its "
                        "capacity or try again later",
                        batch->table->name, count, count == 1 ? " was" : "s were");
}

typedef enum hr_status answer_fn(void *context, const struct hr_json *answer, struct hr_error *error);

/* Takes `body`. `each` (may be NULL) gets every answer. */
static enum hr_status run_batch(struct batch *batch, struct hr_json *body, size_t count, answer_fn *each, void *context,
                                struct hr_error *error)
{
    enum hr_status status;
    do {
        struct hr_json *answer = NULL;
        status = hr_dynamodb_table_call(batch->table, batch->operation, body, batch->deadline, &answer, NULL, error);
        hr_json_free(body);
        body = NULL;
        if (status == HR_OK && each != NULL)
            status = each(context, answer, error);
        const struct hr_json *left = status == HR_OK ? left_over(batch, answer) : NULL;
        if (left != NULL) {
            if (count_items(left) < count)
                batch->retry.attempts = 0;
            count = count_items(left);
            body = body_again(batch, answer);
            if (body == NULL)
                status = no_memory(error);
            else if (!hr_retry_again(&batch->retry, HR_RETRY_THROTTLED, 0))
                status = given_up(batch, count, error);
        }
        hr_json_free(answer);
    } while (status == HR_OK && body != NULL);
    hr_json_free(body);
    return status;
}

/* {"RequestItems": {table: `what`}}; takes `what`. */
static struct hr_json *items_body(const struct hr_dynamodb_table *table, struct hr_json *what)
{
    struct hr_json *body = hr_json_object_new(), *tables = hr_json_object_new();
    if (body == NULL || tables == NULL) {
        hr_json_free(what);
    } else if (hr_json_set(tables, table->name, what)) {
        if (hr_json_set(body, "RequestItems", tables))
            return body;
        tables = NULL;
    }
    hr_json_free(tables);
    hr_json_free(body);
    return NULL;
}

/* ---- reading ---- */

struct reading {
    const struct hr_dynamodb_table *table;
    const struct hr_dynamodb_schema *schema;
    hr_dynamodb_item_fn *each;
    void *context;
};

static enum hr_status read_items(void *context, const struct hr_json *answer, struct hr_error *error)
{
    const struct reading *reading = context;
    const struct hr_json *items = hr_json_get(hr_json_get(answer, "Responses"), reading->table->name);
    for (size_t i = 0; i < hr_json_size(items); i++) {
        const struct hr_json *item = hr_json_at(items, i);
        const char *key = hr_dynamodb_value_text(hr_json_get(item, reading->schema->key));
        struct hr_student student;
        enum hr_status status = hr_dynamodb_item_read(item, &student, error);
        if (status == HR_OK && key != NULL)
            status = reading->each(reading->context, key, &student, error);
        hr_student_clear(&student);
        if (status != HR_OK)
            return hr_error_prefix(error, "DynamoDB table '%s'", reading->table->name);
    }
    return HR_OK;
}

static struct hr_json *read_body(const struct hr_dynamodb_table *table, const struct hr_dynamodb_schema *schema,
                                 const char *const *keys, size_t count)
{
    struct hr_json *what = hr_json_object_new(), *list = hr_json_array_new();
    bool good = what != NULL && list != NULL;
    for (size_t i = 0; good && i < count; i++) {
        struct hr_json *key = hr_json_object_new();
        good = key != NULL && hr_json_set(key, schema->key, hr_dynamodb_value_new(schema->numeric, keys[i]));
        if (good)
            good = hr_json_append(list, key);
        else
            hr_json_free(key);
    }
    if (!good) {
        hr_json_free(list);
        hr_json_free(what);
        return NULL;
    }
    if (hr_json_set(what, "Keys", list) && hr_json_set(what, "ConsistentRead", hr_json_boolean_new(true)))
        return items_body(table, what);
    hr_json_free(what);
    return NULL;
}

enum hr_status hr_dynamodb_read(const struct hr_dynamodb_table *table, const struct hr_dynamodb_schema *schema,
                                const char *const *keys, size_t count, const struct hr_deadline *deadline,
                                hr_dynamodb_item_fn *each, void *context, struct hr_error *error)
{
    struct reading reading = {table, schema, each, context};
    enum hr_status status = HR_OK;
    for (size_t at = 0; status == HR_OK && at < count; at += HR_DYNAMODB_READ_MAX) {
        size_t some = count - at < HR_DYNAMODB_READ_MAX ? count - at : HR_DYNAMODB_READ_MAX;
        struct batch batch = batch_of(table, "BatchGetItem", "UnprocessedKeys", deadline);
        status = run_batch(&batch, read_body(table, schema, keys + at, some), some, read_items, &reading, error);
    }
    return status;
}

/* ---- writing ---- */

/* {"PutRequest": {"Item": {...}}} */
static struct hr_json *put_request(const struct hr_dynamodb_schema *schema, const struct hr_student *student)
{
    struct hr_json *request = hr_json_object_new(), *put = hr_json_object_new();
    if (request != NULL && put != NULL && hr_json_set(put, "Item", hr_dynamodb_item_new(schema, student))) {
        if (hr_json_set(request, "PutRequest", put))
            return request;
        put = NULL;
    }
    hr_json_free(put);
    hr_json_free(request);
    return NULL;
}

static struct hr_json *write_body(const struct hr_dynamodb_table *table, const struct hr_dynamodb_schema *schema,
                                  const struct hr_student *const *students, size_t count)
{
    struct hr_json *list = hr_json_array_new();
    bool good = list != NULL;
    for (size_t i = 0; good && i < count; i++)
        good = hr_json_append(list, put_request(schema, students[i]));
    if (good)
        return items_body(table, list);
    hr_json_free(list);
    return NULL;
}

enum hr_status hr_dynamodb_write(const struct hr_dynamodb_table *table, const struct hr_dynamodb_schema *schema,
                                 const struct hr_student *const *students, size_t count,
                                 const struct hr_deadline *deadline, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    for (size_t at = 0; status == HR_OK && at < count; at += HR_DYNAMODB_WRITE_MAX) {
        size_t some = count - at < HR_DYNAMODB_WRITE_MAX ? count - at : HR_DYNAMODB_WRITE_MAX;
        struct batch batch = batch_of(table, "BatchWriteItem", "UnprocessedItems", deadline);
        status = run_batch(&batch, write_body(table, schema, students + at, some), some, NULL, NULL, error);
    }
    return status;
}
