#include "cli/progress.h"

#include <stdlib.h>

#include "base/clock.h"

static const int64_t redraw_us = 200000;

void hr_progress_bar_init(struct hr_progress_bar *bar, const struct hr_cli *cli, size_t videos)
{
    *bar = (struct hr_progress_bar){
        .stream = cli->terminal && !cli->settings.terminal.quiet && !cli->settings.terminal.json ? stderr : NULL,
        .videos = videos,
        .shares = calloc(videos + 1, sizeof *bar->shares),
        .start_us = hr_clock_now_us()};
    pthread_mutex_init(&bar->lock, NULL);
}

/* Under the lock. */
static void draw(struct hr_progress_bar *bar, int64_t now)
{
    enum { WIDTH = 30 };
    double part = bar->videos > 0 ? ((double)bar->videos_done + bar->parts_done) / (double)bar->videos : 1;
    part = part < 0 ? 0 : part > 1 ? 1 : part;
    char cells[WIDTH + 1];
    for (int i = 0; i < WIDTH; i++)
        cells[i] = i < (int)(part * WIDTH) ? '#' : '.';
    cells[WIDTH] = '\0';
    fprintf(bar->stream, "\r[%s] %3.0f %%  video %zu of %zu", cells, part * 100,
            bar->videos_done < bar->videos ? bar->videos_done + 1 : bar->videos, bar->videos);
    double spent_s = (double)(now - bar->start_us) / 1e6;
    if (part > 0.01 && spent_s > 1) {
        int left_s = (int)(spent_s * (1 - part) / part + 0.5);
        fprintf(bar->stream, "  %d:%02d left", left_s / 60, left_s % 60);
    }
    fputs("\033[K", bar->stream);
    fflush(bar->stream);
}

void hr_progress_bar_show(struct hr_progress_bar *bar, size_t index, const struct hr_progress *progress)
{
    double part = progress->duration_us > 0 ? (double)progress->position_us / (double)progress->duration_us : 0;
    part = part > 1 ? 1 : part;
    pthread_mutex_lock(&bar->lock);
    int64_t now = hr_clock_now_us();
    if (bar->shares != NULL) {
        bar->parts_done += part - bar->shares[index];
        bar->shares[index] = part;
    }
    if (bar->stream != NULL && now - bar->shown_us >= redraw_us) {
        bar->shown_us = now;
        draw(bar, now);
    }
    pthread_mutex_unlock(&bar->lock);
}

void hr_progress_bar_video_done(struct hr_progress_bar *bar, size_t index)
{
    pthread_mutex_lock(&bar->lock);
    if (bar->shares != NULL) {
        bar->parts_done -= bar->shares[index];
        bar->shares[index] = 0;
    }
    bar->videos_done++;
    pthread_mutex_unlock(&bar->lock);
}

void hr_progress_bar_wipe(struct hr_progress_bar *bar)
{
    pthread_mutex_lock(&bar->lock);
    if (bar->stream != NULL && bar->shown_us != 0) {
        fputs("\r\033[K", bar->stream);
        fflush(bar->stream);
        bar->shown_us = 0;
    }
    pthread_mutex_unlock(&bar->lock);
}

void hr_progress_bar_clear(struct hr_progress_bar *bar)
{
    hr_progress_bar_wipe(bar);
    free(bar->shares);
    pthread_mutex_destroy(&bar->lock);
}
