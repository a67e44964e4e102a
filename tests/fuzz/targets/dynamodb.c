/* A student as a table in DynamoDB has one. */
#include "fuzz/target.h"

#include "base/json.h"
#include "roster/dynamodb_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hr_json *item = NULL;
    struct hr_student student = {0};
    struct hr_error error = {0};
    if (hr_json_parse(&item, hr_view_of(data, size), &error) != HR_OK)
        return 0;
    enum hr_status status = hr_dynamodb_item_read(item, &student, &error);
    if (status == HR_OK) {
        FUZZ_CHECK(student.id != NULL && student.name != NULL && student.major != NULL && student.year != NULL);
        for (size_t i = 0; i < student.extra_count; i++)
            FUZZ_CHECK(student.extra[i].key != NULL && student.extra[i].value != NULL);
        char key[] = "id";
        const struct hr_dynamodb_schema schema = {.key = key, .column = HR_STUDENT_COLUMN_ID};
        hr_json_free(hr_dynamodb_item_new(&schema, &student));
    } else {
        FUZZ_CHECK(error.text[0] != '\0');
    }
    hr_student_clear(&student);
    hr_json_free(item);
    return 0;
}
