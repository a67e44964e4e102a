#include "workload/summary.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(const double *sorted, size_t count, double part)
{
    size_t rank = (size_t)ceil(part * (double)count);
    return sorted[rank > 0 ? rank - 1 : 0];
}

static struct hr_workload_latency latency_of(double *seconds, size_t count)
{
    struct hr_workload_latency latency = {.count = count};
    if (count == 0)
        return latency;
    qsort(seconds, count, sizeof *seconds, by_value);
    for (size_t i = 0; i < count; i++)
        latency.mean_s += seconds[i] / (double)count;
    latency.p50_s = percentile(seconds, count, 0.50);
    latency.p90_s = percentile(seconds, count, 0.90);
    latency.p95_s = percentile(seconds, count, 0.95);
    latency.p99_s = percentile(seconds, count, 0.99);
    latency.max_s = seconds[count - 1];
    return latency;
}

static bool has_report(const struct hr_workload_video *video)
{
    return video->outcome == HR_WORKLOAD_RIGHT || video->outcome == HR_WORKLOAD_WRONG;
}

static double seconds_between(int64_t from_us, int64_t to_us)
{
    return to_us > from_us ? (double)(to_us - from_us) / 1e6 : 0;
}

static void summarize_server(struct hr_workload_summary *out, const struct hr_workload_video *videos, size_t count,
                             double *seconds)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        const struct hr_workload_video *video = &videos[i];
        if (!has_report(video) || video->video_modified_us == 0 || video->report_modified_us == 0)
            continue;
        out->server_is_finer |= video->report_modified_us % 1000000 != 0;
        seconds[known++] = seconds_between(video->video_modified_us, video->report_modified_us);
    }
    out->server = latency_of(seconds, known);
}

static void summarize_own(struct hr_workload_summary *out, const struct hr_workload_video *videos, size_t count,
                          double *seconds)
{
    size_t known = 0;
    int64_t first_us = INT64_MAX, last_us = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        const struct hr_workload_video *video = &videos[i];
        if (video->upload_start_us != 0 && video->upload_start_us < first_us)
            first_us = video->upload_start_us;
        if (!has_report(video))
            continue;
        if (video->seen_us > last_us)
            last_us = video->seen_us;
        seconds[known++] = seconds_between(video->upload_end_us, video->seen_us);
    }
    out->own = latency_of(seconds, known);
    if (known > 0)
        out->duration_s = seconds_between(first_us, last_us);
    if (out->duration_s > 0)
        out->throughput_per_s = (double)known / out->duration_s;
}

enum hr_status hr_workload_summarize(struct hr_workload_summary *out, const struct hr_workload_video *videos,
                                     size_t count, struct hr_error *error)
{
    *out = (struct hr_workload_summary){.counts = hr_workload_count(videos, count)};
    double *seconds = calloc(count + 1, sizeof *seconds);
    if (seconds == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu videos", count);
    summarize_server(out, videos, count, seconds);
    summarize_own(out, videos, count, seconds);
    free(seconds);
    return HR_OK;
}

const struct hr_workload_latency *hr_workload_latency_of(const struct hr_workload_summary *summary)
{
    return summary->server_is_finer && summary->server.count == summary->own.count ? &summary->server : &summary->own;
}
