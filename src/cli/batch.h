/* Many videos at once: workers with a session each take the next video from a list. Reports come
 * out in the order of the list, each as soon as those before it are out. */
#ifndef HR_CLI_BATCH_H
#define HR_CLI_BATCH_H

#include "cli/cli.h"

/* Called once per video, in order, one call at a time. Either `result` is there, or NULL and
 * `error` says why. */
typedef void hr_batch_done_fn(void *context, size_t index, const struct hr_result *result,
                              const struct hr_error *error);

enum hr_status hr_batch_run(struct hr_cli *cli, struct hr_engine *engine, const char *const *videos,
                            size_t count, hr_batch_done_fn *done, void *context,
                            struct hr_error *error) HR_MUST_USE;

#endif
