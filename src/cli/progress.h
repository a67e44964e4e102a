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
    int64_t start_us;
    int64_t shown_us;
};

void hr_progress_bar_init(struct hr_progress_bar *bar, const struct hr_cli *cli, size_t videos);
/* A running video went on by `part_more` (0..1) of itself. */
void hr_progress_bar_advance(struct hr_progress_bar *bar, double part_more);
/* A video ended; `part_seen` is what hr_progress_bar_advance was told of it in all. */
void hr_progress_bar_video_done(struct hr_progress_bar *bar, double part_seen);
/* Wipes the line, so that a message can be written; the next advance shows it again. */
void hr_progress_bar_wipe(struct hr_progress_bar *bar);
void hr_progress_bar_clear(struct hr_progress_bar *bar);

#endif
