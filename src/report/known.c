/* Whether a file is a report, told from how it begins: nothing else is written over. */
#include <string.h>

#include "report/report.h"

/* Columns of earlier versions. */
static const char *const old_columns[] = {"distance"};

static bool is_text(struct hr_view view, const char *text)
{
    return hr_view_equal(view, hr_view_text(text));
}

/* The column of that name; HR_COLUMN_COUNT for one of an earlier version, -1 for none. */
static int column_of(struct hr_view name)
{
    for (int i = 0; i < HR_COLUMN_COUNT; i++)
        if (is_text(name, hr_report_column_name((enum hr_report_column)i)))
            return i;
    for (size_t i = 0; i < sizeof old_columns / sizeof *old_columns; i++)
        if (is_text(name, old_columns[i]))
            return HR_COLUMN_COUNT;
    return -1;
}

static bool is_of_a_table(int column)
{
    return column == HR_COLUMN_ID || column == HR_COLUMN_NAME || column == HR_COLUMN_MAJOR || column == HR_COLUMN_YEAR;
}

/* Our header: known columns, and one that no table of students has; or what stands there by default. */
static bool is_header(struct hr_view line)
{
    bool is_own = false;
    if (is_text(line, "name,major,year"))
        return true;
    for (size_t start = 0; start <= line.size;) {
        const uint8_t *comma = memchr(line.data + start, ',', line.size - start);
        size_t end = comma != NULL ? (size_t)(comma - line.data) : line.size;
        int column = column_of(hr_view_of(line.data + start, end - start));
        if (column < 0)
            return false;
        is_own = is_own || !is_of_a_table(column);
        start = end + 1;
    }
    return is_own;
}

bool hr_report_is_one(struct hr_view head)
{
    static const char schema[] = "\"schema\": \"homeroom-report/";
    if (head.size == 0)
        return false;
    if (head.data[0] == '{')
        return memmem(head.data, head.size < 64 ? head.size : 64, schema, sizeof schema - 1) != NULL;
    const uint8_t *end = memmem(head.data, head.size, "\r\n", 2);
    return end != NULL && is_header(hr_view_of(head.data, (size_t)(end - head.data)));
}
