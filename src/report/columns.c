#include <string.h>

#include "report/report.h"

static const char *const column_names[HR_COLUMN_COUNT] = {
    [HR_COLUMN_ID] = "id",
    [HR_COLUMN_NAME] = "name",
    [HR_COLUMN_MAJOR] = "major",
    [HR_COLUMN_YEAR] = "year",
    [HR_COLUMN_FIRST_SEEN] = "first_seen",
    [HR_COLUMN_LAST_SEEN] = "last_seen",
    [HR_COLUMN_SIGHTINGS] = "sightings",
    [HR_COLUMN_SIMILARITY] = "similarity",
    [HR_COLUMN_MARGIN] = "margin",
    [HR_COLUMN_TRACKS] = "tracks",
    [HR_COLUMN_BAND] = "band",
    [HR_COLUMN_REASON] = "reason",
    [HR_COLUMN_STRANGER_CHANCE] = "stranger_chance",
    [HR_COLUMN_VIDEO] = "video",
};

/* The names in an error's text. */
#define POSSIBLE                                                                                                       \
    "possible are id, name, major, year, first_seen, last_seen, sightings, similarity, margin, "                       \
    "tracks, band, reason, stranger_chance, video, or 'all' by itself"

const char *hr_report_column_name(enum hr_report_column column)
{
    return (unsigned)column < HR_COLUMN_COUNT ? column_names[column] : "";
}

struct hr_report_columns hr_report_columns_default(void)
{
    return (struct hr_report_columns){.items = {HR_COLUMN_NAME, HR_COLUMN_MAJOR, HR_COLUMN_YEAR}, .count = 3};
}

static struct hr_report_columns all_columns(void)
{
    struct hr_report_columns all = {.count = HR_COLUMN_COUNT};
    for (size_t i = 0; i < HR_COLUMN_COUNT; i++)
        all.items[i] = (enum hr_report_column)i;
    return all;
}

static struct hr_view trim(struct hr_view view)
{
    while (view.size > 0 && view.data[0] == ' ')
        view = hr_view_of(view.data + 1, view.size - 1);
    while (view.size > 0 && view.data[view.size - 1] == ' ')
        view.size--;
    return view;
}

static bool has_column(const struct hr_report_columns *columns, enum hr_report_column column)
{
    for (size_t i = 0; i < columns->count; i++)
        if (columns->items[i] == column)
            return true;
    return false;
}

/* How much of a name an error's text repeats. */
static int shown_size(struct hr_view name)
{
    return name.size < 40 ? (int)name.size : 40;
}

static enum hr_status add_column(struct hr_report_columns *columns, struct hr_view name, struct hr_error *error)
{
    for (size_t i = 0; i < HR_COLUMN_COUNT; i++) {
        if (!hr_view_equal(name, hr_view_text(column_names[i])))
            continue;
        if (has_column(columns, (enum hr_report_column)i))
            return hr_error_set(error, HR_ERR_ARGUMENT, "the column '%s' is asked for twice", column_names[i]);
        columns->items[columns->count++] = (enum hr_report_column)i;
        return HR_OK;
    }
    return hr_error_set(error, HR_ERR_ARGUMENT, "there is no column '%.*s': " POSSIBLE, shown_size(name),
                        (const char *)name.data);
}

enum hr_status hr_report_columns_parse(struct hr_report_columns *out, const char *text, struct hr_error *error)
{
    struct hr_view left = trim(hr_view_text(text));
    struct hr_report_columns columns = {0};
    if (hr_view_equal(left, hr_view_text("all"))) {
        *out = all_columns();
        return HR_OK;
    }
    if (left.size > 0 && left.data[0] == '+') {
        columns = hr_report_columns_default();
        left = hr_view_of(left.data + 1, left.size - 1);
    }
    if (trim(left).size == 0)
        return hr_error_set(error, HR_ERR_ARGUMENT, "no column is named: " POSSIBLE);
    for (bool more = true; more;) {
        const uint8_t *comma = memchr(left.data, ',', left.size);
        more = comma != NULL;
        size_t size = more ? (size_t)(comma - left.data) : left.size;
        enum hr_status status = add_column(&columns, trim(hr_view_of(left.data, size)), error);
        if (status != HR_OK)
            return status;
        if (more)
            left = hr_view_of(comma + 1, left.size - size - 1);
    }
    *out = columns;
    return HR_OK;
}
