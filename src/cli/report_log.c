#include "cli/report_log.h"

#include <math.h>
#include <string.h>

#include "base/plural.h"
#include "store/s3.h"

struct hr_recognize_options hr_cli_recognize_options(const struct hr_settings *settings)
{
    struct hr_recognize_options options = hr_recognize_options_default();
    options.samples_per_s = settings->recognition.fps;
    options.false_present = settings->recognition.false_present;
    options.whole_frames = settings->recognition.whole_frames;
    if (settings->recognition.include != NULL)
        options.include = strcmp(settings->recognition.include, "review") == 0 ? HR_INCLUDE_REVIEW : HR_INCLUDE_CERTAIN;
    options.timeout_ms = (int64_t)ceil(settings->recognition.timeout_s * 1000); /* 0 is no limit */
    return options;
}

enum hr_format hr_cli_format(const struct hr_settings *settings)
{
    return strcmp(settings->recognition.format, "json") == 0 ? HR_FORMAT_JSON : HR_FORMAT_CSV;
}

enum hr_status hr_cli_check_columns(const struct hr_settings *settings, struct hr_error *error)
{
    struct hr_report_columns columns;
    return settings->recognition.columns != NULL
               ? hr_report_columns_parse(&columns, settings->recognition.columns, error)
               : HR_OK;
}

void hr_traffic_log(const struct hr_cli *cli, const char *video, const struct hr_stream *stream)
{
    struct hr_s3_traffic traffic = hr_s3_stream_traffic(stream);
    const struct hr_log_field fields[] = {
        {"video", video, 0}, {"bytes", NULL, (double)traffic.bytes}, {"requests", NULL, (double)traffic.requests}, {0}};
    if (traffic.requests > 0)
        hr_log_write(&cli->log, HR_LOG_DEBUG, fields, "read from S3");
}

/* Whose record is missing stands in the report; in words of its own where nobody but the user reads along. */
static const char *shown_warning(const struct hr_cli *cli, const struct hr_result *result, size_t index,
                                 const char *warning)
{
    bool private = cli->terminal || cli->settings.terminal.verbose;
    return hr_result_warning_names_student(result, index) && !private
               ? "a recognised student has no record in the table; the report (--format json) says whose"
               : warning;
}

void hr_report_log(const struct hr_cli *cli, const char *video, const struct hr_result *result)
{
    const struct hr_observation *observation = hr_result_observation(result);
    const struct hr_stage_times *times = hr_result_times(result);
    const char *warning;
    size_t certain = 0;
    for (size_t i = 0; i < observation->student_count; i++)
        certain += observation->students[i].seen.band == HR_BAND_CERTAIN;
    for (size_t i = 0; (warning = hr_result_warning(result, i)) != NULL; i++)
        hr_log_write(&cli->log, HR_LOG_WARNING, NULL, "%s: %s", video, shown_warning(cli, result, i, warning));
    if (!cli->log.json) {
        hr_log_write(&cli->log, HR_LOG_INFO, NULL,
                     "%s: %zu student%s, %zu in review, %zu unknown, %zu frame%s, %.0f ms", video, certain,
                     hr_plural(certain), observation->student_count - certain, hr_result_unknown_count(result),
                     observation->frames, hr_plural(observation->frames), (double)times->total_us / 1000);
        return;
    }
    const struct hr_log_field fields[] = {{"video", video, 0},
                                          {"students", NULL, (double)hr_result_student_count(result)},
                                          {"certain", NULL, (double)certain},
                                          {"review", NULL, (double)(observation->student_count - certain)},
                                          {"unknown", NULL, (double)hr_result_unknown_count(result)},
                                          {"frames", NULL, (double)observation->frames},
                                          {"faces", NULL, (double)observation->faces},
                                          {"decode_ms", NULL, (double)times->decode_us / 1000},
                                          {"detect_ms", NULL, (double)times->detect_us / 1000},
                                          {"track_ms", NULL, (double)times->track_us / 1000},
                                          {"total_ms", NULL, (double)times->total_us / 1000},
                                          {0}};
    hr_log_write(&cli->log, HR_LOG_INFO, fields, "video done");
}
