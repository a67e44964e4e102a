/* What the settings say about reports, and what is told of each: alike for all commands that make them. */
#ifndef HR_CLI_REPORT_LOG_H
#define HR_CLI_REPORT_LOG_H

#include "cli/cli.h"

struct hr_recognize_options hr_cli_recognize_options(const struct hr_settings *settings);
enum hr_format hr_cli_format(const struct hr_settings *settings);
/* ARGUMENT names the column that there is not. */
enum hr_status hr_cli_check_columns(const struct hr_settings *settings, struct hr_error *error) HR_MUST_USE;

/* One info line per video with counts and times (no names), and its warnings. */
void hr_report_log(const struct hr_cli *cli, const char *video, const struct hr_result *result);
/* What reading it from S3 took, for --verbose. */
void hr_traffic_log(const struct hr_cli *cli, const char *video, const struct hr_stream *stream);

#endif
