/* What Lambda function and worker have in common: where reports go, how videos are looked at. */
#ifndef HR_CLI_FUNCTION_SETTINGS_H
#define HR_CLI_FUNCTION_SETTINGS_H

#include "cli/cli.h"
#include "function/function.h"

struct hr_function_setup {
    struct hr_function function;
    struct hr_engine *engine;
    struct hr_session *session;
    char out_bucket[64];
    char out_prefix[1100];
    int threads;
    int64_t refreshed_us; /* monotonic */
};

/* Opens client, models, gallery and one session of `threads` (0: as the settings say). ARGUMENT
 * when the reports would go to where the videos come from. */
enum hr_status hr_function_setup_open(struct hr_function_setup *out, struct hr_cli *cli,
                                      int threads, struct hr_error *error) HR_MUST_USE;
void hr_function_setup_close(struct hr_function_setup *setup); /* safe on a zeroed one */

/* Before each video: a gallery in a bucket is read again when it has changed. */
enum hr_status hr_function_setup_refresh(struct hr_function_setup *setup, struct hr_cli *cli,
                                         struct hr_error *error) HR_MUST_USE;

#endif
