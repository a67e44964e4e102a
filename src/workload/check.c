#include "workload/check.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/plural.h"
#include "tables/csv.h"

enum { NAME, MAJOR, YEAR, COLUMNS };

static bool is_text(struct hr_view cell, const char *text)
{
    return hr_view_equal(cell, hr_view_text(text));
}

static bool is_header(const struct hr_csv *csv)
{
    return csv->problem == NULL && csv->separator == ',' && csv->count == COLUMNS &&
           is_text(csv->cells[NAME], "name") && is_text(csv->cells[MAJOR], "major") &&
           is_text(csv->cells[YEAR], "year");
}

static bool is_row(const struct hr_csv *csv, const struct hr_mapping_entry *expected,
                   char reason[HR_WORKLOAD_REASON_SIZE])
{
    if (csv->problem != NULL || csv->count != COLUMNS) {
        snprintf(reason, HR_WORKLOAD_REASON_SIZE, "its row has %zu cell%s, not 3", csv->count, hr_plural(csv->count));
        return false;
    }
    struct hr_view major = csv->cells[MAJOR], year = csv->cells[YEAR];
    if (is_text(major, expected->major) && is_text(year, expected->year))
        return true;
    snprintf(reason, HR_WORKLOAD_REASON_SIZE, "%.*s,%.*s instead of %s,%s", major.size < 60 ? (int)major.size : 60,
             (const char *)major.data, year.size < 60 ? (int)year.size : 60, (const char *)year.data, expected->major,
             expected->year);
    return false;
}

/* Header and rows one after the other; the rows behind the first are only counted. */
static bool check_records(struct hr_csv *csv, const struct hr_mapping_entry *expected,
                          char reason[HR_WORKLOAD_REASON_SIZE])
{
    struct hr_error error = {0};
    size_t rows = 0;
    bool right = false;
    enum hr_status status = hr_csv_next(csv, &error);
    if (status != HR_OK || !is_header(csv)) {
        snprintf(reason, HR_WORKLOAD_REASON_SIZE, "its header is not name,major,year");
        return false;
    }
    while ((status = hr_csv_next(csv, &error)) == HR_OK)
        if (rows++ == 0)
            right = is_row(csv, expected, reason);
    if (status != HR_END)
        snprintf(reason, HR_WORKLOAD_REASON_SIZE, "it is not a CSV: %.200s", error.text);
    else if (rows != 1)
        snprintf(reason, HR_WORKLOAD_REASON_SIZE, "it has %zu rows instead of one for %s,%s", rows, expected->major,
                 expected->year);
    return status == HR_END && rows == 1 && right;
}

bool hr_workload_check_csv(struct hr_view text, const struct hr_mapping_entry *expected,
                           char reason[HR_WORKLOAD_REASON_SIZE])
{
    struct hr_csv csv;
    reason[0] = '\0';
    hr_csv_init(&csv, text);
    bool right = check_records(&csv, expected, reason);
    hr_csv_clear(&csv);
    return right;
}

bool hr_workload_read_error(struct hr_view text, char reason[HR_WORKLOAD_REASON_SIZE])
{
    struct hr_json *json = NULL;
    struct hr_error error = {0};
    if (hr_json_parse(&json, text, &error) != HR_OK) {
        snprintf(reason, HR_WORKLOAD_REASON_SIZE, "an error report that is not JSON");
        return true;
    }
    const char *code = hr_json_text(hr_json_get(json, "code"));
    const char *message = hr_json_text(hr_json_get(json, "message"));
    snprintf(reason, HR_WORKLOAD_REASON_SIZE, "%s%s%s", code != NULL ? code : "error", message != NULL ? ": " : "",
             message != NULL ? message : "");
    bool final = !hr_json_boolean(hr_json_get(json, "try_again"));
    hr_json_free(json);
    return final;
}
