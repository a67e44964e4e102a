/* Which kind of student table it is, and reading it. */
#include "roster/import.h"

#include "base/limits.h"
#include "roster/rows.h"

static bool starts_with(struct hr_view text, const char *start, size_t size)
{
    return text.size >= size && memcmp(text.data, start, size) == 0;
}

static enum hr_status check_whole(struct hr_view bytes, struct hr_error *error)
{
    if (bytes.size > HR_LIMIT_IMPORT_BYTES)
        return hr_error_set(error, HR_ERR_LIMIT, "%zu bytes, %llu are possible", bytes.size,
                            (unsigned long long)HR_LIMIT_IMPORT_BYTES);
    if (starts_with(bytes, "\xff\xfe", 2) || starts_with(bytes, "\xfe\xff", 2))
        return hr_error_set(error, HR_ERR_FORMAT, "UTF-16 text: save the table as UTF-8");
    if (starts_with(bytes, "PK\x03\x04", 4))
        return hr_error_set(error, HR_ERR_FORMAT,
                            "a spreadsheet or archive: save the table as CSV (UTF-8)");
    return HR_OK;
}

enum hr_status hr_import_students(struct hr_view bytes, struct hr_student **out, size_t *count,
                                  struct hr_import_problems *problems, struct hr_error *error)
{
    struct hr_import_problems unwanted = {0};
    struct hr_rows rows = {.problems = problems != NULL ? problems : &unwanted};
    *out = NULL;
    *count = 0;
    enum hr_status status = check_whole(bytes, error);
    if (status != HR_OK)
        return status;
    if (starts_with(bytes, "\xef\xbb\xbf", 3))
        bytes = hr_view_of(bytes.data + 3, bytes.size - 3);
    struct hr_view text = hr_view_trimmed(bytes);
    if (starts_with(text, "[", 1) || starts_with(text, "{", 1))
        status = hr_rows_read_json(&rows, bytes, error);
    else
        status = hr_rows_read_csv(&rows, bytes, error);
    if (status == HR_OK)
        status = hr_rows_take(&rows, out, count, error);
    hr_rows_clear(&rows);
    hr_import_problems_clear(&unwanted);
    return status;
}
