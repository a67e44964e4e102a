/* Naming and writing of reports, alike for recognize and watch. */
#ifndef HR_CLI_REPORT_OUT_H
#define HR_CLI_REPORT_OUT_H

#include "cli/cli.h"

/* "lesson.csv" for "/videos/lesson.mp4": the file's name with the format's suffix instead of its
 * own. With `keep_suffix` "lesson.mp4.csv", for when two videos differ only in theirs. */
enum hr_status hr_report_name(char *out, size_t size, const char *video,
                              const struct hr_settings *settings, bool keep_suffix,
                              struct hr_error *error) HR_MUST_USE;

/* Recognition options as the settings say. */
struct hr_recognize_options hr_recognize_options_of(const struct hr_settings *settings);

/* The report as the settings want it; *text is the caller's (free). */
enum hr_status hr_report_text(const struct hr_result *result, const struct hr_settings *settings,
                              char **text, struct hr_error *error) HR_MUST_USE;

/* One info line per video with counts and times (no names), and its warnings. */
void hr_report_log(const struct hr_cli *cli, const char *video, const struct hr_result *result);

#endif
