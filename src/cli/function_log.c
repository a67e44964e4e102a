#include "cli/function_log.h"

#include "base/json.h"

static double ms(int64_t us)
{
    return (double)us / 1000;
}

void hr_function_log(const struct hr_cli *cli, const struct hr_function_event *event)
{
    const struct hr_function_outcome *outcome = event->outcome;
    const struct hr_error *error = event->error;
    const struct hr_log_field fields[] = {
        {"request_id", event->request_id, 0},
        {"bucket", event->object->bucket, 0},
        {"key", event->object->key, 0},
        {"verdict", error != NULL ? "failed" : hr_function_verdict_name(outcome->verdict), 0},
        {"code", error != NULL ? hr_status_name(error->code) : "ok", 0},
        {"reason", error != NULL ? error->text : outcome->text, 0},
        {"students", NULL, (double)outcome->students},
        {"unknown", NULL, (double)outcome->unknown},
        {"frames", NULL, (double)outcome->frames},
        {"faces", NULL, (double)outcome->faces},
        {"bytes", NULL, (double)outcome->bytes_read},
        {"open_ms", NULL, ms(outcome->open_us)},
        {"decode_ms", NULL, ms(outcome->times.decode_us)},
        {"detect_ms", NULL, ms(outcome->times.detect_us)},
        {"track_ms", NULL, ms(outcome->times.track_us)},
        {"write_ms", NULL, ms(outcome->write_us)},
        {"total_ms", NULL, ms(event->total_us)},
        {0}};
    enum hr_log_level level = error != NULL                               ? HR_LOG_ERROR
                              : outcome->verdict == HR_FUNCTION_BAD_VIDEO ? HR_LOG_WARNING
                                                                          : HR_LOG_INFO;
    hr_log_write(&cli->log, level, fields, "video");
}

void hr_function_metrics_add(struct hr_function_metrics *metrics, const struct hr_function_event *event)
{
    const struct hr_function_outcome *outcome = event->outcome;
    if (event->error != NULL) {
        metrics->failed++;
        return;
    }
    metrics->duplicates += outcome->verdict == HR_FUNCTION_DUPLICATE;
    metrics->bad_videos += outcome->verdict == HR_FUNCTION_BAD_VIDEO;
    if (outcome->verdict != HR_FUNCTION_DONE)
        return;
    metrics->videos++;
    metrics->frames += outcome->frames;
    metrics->faces += outcome->faces;
    metrics->recognised += outcome->students;
    metrics->unknown += outcome->unknown;
    metrics->open_ms += ms(outcome->open_us);
    metrics->decode_ms += ms(outcome->times.decode_us);
    metrics->detect_ms += ms(outcome->times.detect_us);
    metrics->track_ms += ms(outcome->times.track_us);
    metrics->write_ms += ms(outcome->write_us);
}

struct metric {
    const char *name;
    const char *unit;
    double value;
};

enum { METRICS_MAX = 16 };

static size_t list_metrics(const struct hr_function_metrics *metrics, struct metric out[METRICS_MAX])
{
    const struct metric all[] = {
        {"Videos", "Count", (double)metrics->videos},        {"Frames", "Count", (double)metrics->frames},
        {"Faces", "Count", (double)metrics->faces},          {"Recognised", "Count", (double)metrics->recognised},
        {"Unknown", "Count", (double)metrics->unknown},      {"Failed", "Count", (double)metrics->failed},
        {"BadVideos", "Count", (double)metrics->bad_videos}, {"Duplicates", "Count", (double)metrics->duplicates},
        {"OpenTime", "Milliseconds", metrics->open_ms},      {"DecodeTime", "Milliseconds", metrics->decode_ms},
        {"DetectTime", "Milliseconds", metrics->detect_ms},  {"TrackTime", "Milliseconds", metrics->track_ms},
        {"WriteTime", "Milliseconds", metrics->write_ms}};
    size_t count = sizeof all / sizeof all[0];
    for (size_t i = 0; i < count; i++)
        out[i] = all[i];
    return count;
}

/* {"Name": ..., "Unit": ...} for each */
static struct hr_json *metric_definitions(const struct metric *metrics, size_t count)
{
    struct hr_json *list = hr_json_array_new();
    for (size_t i = 0; i < count; i++) {
        struct hr_json *definition = hr_json_object_new();
        hr_json_set(definition, "Name", hr_json_text_new(metrics[i].name));
        hr_json_set(definition, "Unit", hr_json_text_new(metrics[i].unit));
        hr_json_append(list, definition);
    }
    return list;
}

/* https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
void hr_function_metrics_write(const struct hr_cli *cli, const struct hr_function_metrics *metrics, const char *name)
{
    struct metric list[METRICS_MAX];
    size_t count = list_metrics(metrics, list);
    const struct hr_clock *clock = hr_clock_system();
    struct hr_json *line = hr_json_object_new(), *aws = hr_json_object_new(), *directives = hr_json_array_new(),
                   *directive = hr_json_object_new(), *dimensions = hr_json_array_new(),
                   *dimension_set = hr_json_array_new();
    hr_json_append(dimension_set, hr_json_text_new("FunctionName"));
    hr_json_append(dimensions, dimension_set);
    hr_json_set(directive, "Namespace", hr_json_text_new("homeroom"));
    hr_json_set(directive, "Dimensions", dimensions);
    hr_json_set(directive, "Metrics", metric_definitions(list, count));
    hr_json_append(directives, directive);
    hr_json_set(aws, "Timestamp", hr_json_integer_new(clock->wall_us(clock->context) / 1000));
    hr_json_set(aws, "CloudWatchMetrics", directives);
    hr_json_set(line, "_aws", aws);
    hr_json_set(line, "FunctionName", hr_json_text_new(name));
    for (size_t i = 0; i < count; i++)
        hr_json_set(line, list[i].name, hr_json_real_new(list[i].value));
    struct hr_buffer text;
    struct hr_error ignored;
    hr_buffer_init(&text, 65536);
    /* Metrics are a help, not a result: without memory for them there are none. */
    if (hr_json_print(line, false, &text, &ignored) == HR_OK) {
        hr_buffer_append_text(&text, "\n");
        fputs(hr_buffer_text(&text), cli->out);
        fflush(cli->out);
    }
    hr_buffer_clear(&text);
    hr_json_free(line);
}
