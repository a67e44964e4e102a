/* A progress line with the time left, on a terminal only. Several workers may report at once. */
#ifndef HR_CLI_PROGRESS_H
#define HR_CLI_PROGRESS_H

#include <pthread.h>

#include "cli/cli.h"

struct hr_progress_bar {
    pthread_mutex_t lock;
    FILE *stream; /* NULL: show nothing */
    size_t videos;
    size_t videos_done;
    double parts_done; /* sum of the running videos' shares, 0..1 each */
    double *shares;    /* owned, one per video; NULL: no memory, and nothing is shown */
    int64_t start_us;
    int64_t shown_us;
};

void hr_progress_bar_init(struct hr_progress_bar *bar, const struct hr_cli *cli, size_t videos);
/* Video `index` has come so far; any thread. */
void hr_progress_bar_show(struct hr_progress_bar *bar, size_t index, const struct hr_progress *progress);
/* It is done, as far as it goes. */
void hr_progress_bar_video_done(struct hr_progress_bar *bar, size_t index);
/* Wipes the line, so that a message can be written; the next progress shows it again. */
void hr_progress_bar_wipe(struct hr_progress_bar *bar);
void hr_progress_bar_clear(struct hr_progress_bar *bar);

#endif
