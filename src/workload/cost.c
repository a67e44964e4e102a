#include "workload/cost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

/* A number behind `label` in the line; false when it is not there. */
static bool find_number(const char *line, const char *label, double *out)
{
    const char *at = strstr(line, label);
    if (at == NULL)
        return false;
    char *end;
    at += strlen(label);
    double number = strtod(at, &end);
    if (end == at || !isfinite(number) || number < 0 || number > 1e9)
        return false;
    *out = number;
    return true;
}

struct report {
    double billed_ms, init_ms, memory_mb;
    bool cold;
};

static bool read_plain(const char *line, struct report *report)
{
    report->cold = find_number(line, "Init Duration: ", &report->init_ms);
    (void)find_number(line, "Memory Size: ", &report->memory_mb);
    return find_number(line, "Billed Duration: ", &report->billed_ms);
}

static bool read_metrics(const struct hr_json *metrics, struct report *report)
{
    const struct hr_json *billed = hr_json_get(metrics, "billedDurationMs");
    const struct hr_json *init = hr_json_get(metrics, "initDurationMs");
    report->billed_ms = hr_json_number(billed);
    report->cold = init != NULL;
    report->init_ms = hr_json_number(init);
    report->memory_mb = hr_json_number(hr_json_get(metrics, "memorySizeMB"));
    return billed != NULL && report->billed_ms >= 0 && report->billed_ms < 1e9;
}

static bool read_json(const char *text, struct report *report)
{
    struct hr_json *json = NULL;
    struct hr_error ignored;
    if (hr_json_parse(&json, hr_view_text(text), &ignored) != HR_OK)
        return false;
    const char *type = hr_json_text(hr_json_get(json, "type"));
    bool found = type != NULL && strcmp(type, "platform.report") == 0 &&
                 read_metrics(hr_json_get(hr_json_get(json, "record"), "metrics"), report);
    hr_json_free(json);
    return found;
}

static void add(struct hr_durations *sums, const struct report *report)
{
    sums->count++;
    sums->billed_ms += report->billed_ms;
    sums->cold += report->cold;
    sums->init_ms += report->cold ? report->init_ms : 0;
    if (report->memory_mb >= 1 && report->memory_mb < 1e6)
        sums->memory_mb = (int)report->memory_mb;
}

static void read_line(struct hr_durations *sums, const char *line)
{
    struct report report = {0};
    const char *plain = strstr(line, "REPORT RequestId: ");
    const char *brace = strchr(line, '{');
    if (plain != NULL ? read_plain(plain, &report)
                      : brace != NULL && strstr(brace, "platform.report") != NULL && read_json(brace, &report))
        add(sums, &report);
}

enum hr_status hr_durations_parse(struct hr_durations *out, struct hr_view log, struct hr_error *error)
{
    *out = (struct hr_durations){0};
    char line[4096];
    while (log.size > 0) {
        const uint8_t *end = memchr(log.data, '\n', log.size);
        size_t length = end != NULL ? (size_t)(end - log.data) : log.size;
        if (length < sizeof line) { /* longer ones are somebody else's */
            memcpy(line, log.data, length);
            line[length] = '\0';
            read_line(out, line);
        }
        length += end != NULL;
        log = hr_view_of(log.data + length, log.size - length);
    }
    if (out->count == 0)
        return hr_error_set(error, HR_ERR_NOT_FOUND, "there is no REPORT line of a Lambda function in it");
    return HR_OK;
}

double hr_cost_thousand_usd(const struct hr_cost_terms *terms, double billed_ms)
{
    double gb_s = billed_ms / 1000 * terms->memory_mb / 1024;
    return 1000 * (gb_s * terms->gb_s_usd + terms->million_calls_usd / 1e6);
}
