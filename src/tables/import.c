/* Which kind of student table it is, and reading it. */
#include "tables/import.h"

#include "base/limits.h"
#include "tables/decode.h"
#include "tables/rows.h"

static bool starts_with(struct hr_view text, const char *start, size_t size)
{
    return text.size >= size && memcmp(text.data, start, size) == 0;
}

static enum hr_status check_whole(struct hr_view bytes, struct hr_error *error)
{
    if (bytes.size > HR_LIMIT_IMPORT_BYTES)
        return hr_error_named(error, HR_ERR_LIMIT, "too_large", NULL, "%zu bytes, more than the limit of %llu",
                              bytes.size, (unsigned long long)HR_LIMIT_IMPORT_BYTES);
    if (starts_with(bytes, "PK\x03\x04", 4))
        return hr_error_named(error, HR_ERR_FORMAT, "spreadsheet", NULL,
                              "a spreadsheet or archive: save the table as CSV (UTF-8)");
    return HR_OK;
}

static bool is_json(struct hr_view text)
{
    struct hr_view start = hr_view_trimmed(text);
    return starts_with(start, "[", 1) || starts_with(start, "{", 1);
}

enum hr_status hr_import_students(struct hr_view bytes, const char *map, struct hr_student **out, size_t *count,
                                  struct hr_import_problems *problems, struct hr_error *error)
{
    struct hr_import_problems unwanted = {0};
    struct hr_rows rows = {.problems = problems != NULL ? problems : &unwanted};
    struct hr_heading_map mapped = {0};
    struct hr_buffer decoded;
    struct hr_view text;
    hr_buffer_init(&decoded, 3 * HR_LIMIT_IMPORT_BYTES);
    *out = NULL;
    *count = 0;
    enum hr_status status = check_whole(bytes, error);
    if (status == HR_OK && map != NULL)
        status = hr_heading_map_parse(&mapped, map, error);
    /* JSON is UTF-8, whatever else it says. */
    text = bytes;
    if (status == HR_OK && !is_json(bytes))
        status = hr_table_decode(bytes, &decoded, &text, &rows.problems->note, error);
    if (status != HR_OK)
        goto out;
    const struct hr_heading_map *said = map != NULL ? &mapped : NULL;
    status = is_json(text) ? hr_rows_read_json(&rows, text, said, error) : hr_rows_read_csv(&rows, text, said, error);
    if (status == HR_OK)
        status = hr_rows_take(&rows, out, count, error);
out:
    hr_buffer_clear(&decoded);
    hr_rows_clear(&rows);
    hr_import_problems_clear(&unwanted);
    return status;
}
