/* Inside the room only: one table of students in DynamoDB, and what both its readers and its writer
 * do with it. */
#ifndef HR_ROSTER_DYNAMODB_TABLE_H
#define HR_ROSTER_DYNAMODB_TABLE_H

#include "aws/dynamodb.h"
#include "roster/dynamodb.h"
#include "roster/student.h"

/* What the service takes at once. */
enum { HR_DYNAMODB_READ_MAX = 100, HR_DYNAMODB_WRITE_MAX = 25 };
/* Longer keys are refused by the service. */
#define HR_DYNAMODB_KEY_BYTES_MAX 2048

struct hr_dynamodb_schema {
    char *key;                     /* owned: the attribute's name as the table has it; NULL: not known yet */
    enum hr_student_column column; /* what it is: HR_STUDENT_COLUMN_ID or HR_STUDENT_COLUMN_NAME */
    bool numeric;                  /* its type is N */
};
void hr_dynamodb_schema_clear(struct hr_dynamodb_schema *schema);

/* A time limit for one job on top of the table's own. */
struct hr_deadline hr_dynamodb_deadline(const struct hr_dynamodb_table *table);

/* One call; errors carry the table's name. `answer` may be NULL. */
enum hr_status hr_dynamodb_table_call(const struct hr_dynamodb_table *table, const char *operation,
                                      const struct hr_json *body, const struct hr_deadline *deadline,
                                      struct hr_json **out, struct hr_aws_answer *answer,
                                      struct hr_error *error) HR_MUST_USE;

/* Asks the table for its key. NOT_FOUND when there is none, UNAVAILABLE while it is being made. */
enum hr_status hr_dynamodb_describe(const struct hr_dynamodb_table *table, const struct hr_deadline *deadline,
                                    struct hr_dynamodb_schema *out, struct hr_error *error) HR_MUST_USE;
/* Makes it, unless somebody else does, and waits until it can be used. */
enum hr_status hr_dynamodb_create(const struct hr_dynamodb_table *table, const struct hr_deadline *deadline,
                                  struct hr_error *error) HR_MUST_USE;

/* Whether an item can have this key at all: an empty name, or an id that is no number where the key
 * is one, cannot. */
bool hr_dynamodb_key_possible(const struct hr_dynamodb_schema *schema, const char *key);

/* Calls `each` for the item of every key that has one, as a complete student: its id is what the
 * item says, "" when it does not. What `each` leaves in it is cleared. `keys` differ from one
 * another. */
typedef enum hr_status hr_dynamodb_item_fn(void *context, const char *key, struct hr_student *student,
                                           struct hr_error *error);
enum hr_status hr_dynamodb_read(const struct hr_dynamodb_table *table, const struct hr_dynamodb_schema *schema,
                                const char *const *keys, size_t count, const struct hr_deadline *deadline,
                                hr_dynamodb_item_fn *each, void *context, struct hr_error *error) HR_MUST_USE;

/* Puts the items of the students. */
enum hr_status hr_dynamodb_write(const struct hr_dynamodb_table *table, const struct hr_dynamodb_schema *schema,
                                 const struct hr_student *const *students, size_t count,
                                 const struct hr_deadline *deadline, struct hr_error *error) HR_MUST_USE;

/* dynamodb_item.c: {"S": "text"} and {"name": {...}, ...}. */
struct hr_json *hr_dynamodb_value_new(bool numeric, const char *text); /* NULL: no memory */
/* NULL: of a type that is no text; else borrowed from the value or static. */
const char *hr_dynamodb_value_text(const struct hr_json *value);
/* Fills *out, which is complete then. */
enum hr_status hr_dynamodb_item_read(const struct hr_json *item, struct hr_student *out,
                                     struct hr_error *error) HR_MUST_USE;
/* NULL: no memory. */
struct hr_json *hr_dynamodb_item_new(const struct hr_dynamodb_schema *schema, const struct hr_student *student);

#endif
