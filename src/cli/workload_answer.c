#include "cli/workload_answer.h"

#include "base/plural.h"
#include "cli/answer.h"

/* More of them than fit on a screen help nobody; --json has all. */
enum { PROBLEMS_SHOWN_MAX = 20 };

static bool is_problem(const struct hr_workload_video *video)
{
    return video->outcome != HR_WORKLOAD_RIGHT;
}

/* --- for people --- */

static void answer_counts(FILE *out, const struct hr_workload_counts *counts)
{
    fprintf(out, "videos      %zu of %zu right", counts->of[HR_WORKLOAD_RIGHT], counts->videos);
    for (int i = 0; i < HR_WORKLOAD_OUTCOME_COUNT; i++)
        if (i != HR_WORKLOAD_RIGHT && counts->of[i] > 0)
            fprintf(out, ", %zu %s", counts->of[i], hr_workload_outcome_name((enum hr_workload_outcome)i));
    fputc('\n', out);
}

static void answer_problems(FILE *out, const struct hr_workload_video *videos, size_t count)
{
    size_t shown = 0, problems = 0;
    for (size_t i = 0; i < count; i++) {
        const struct hr_workload_video *video = &videos[i];
        if (!is_problem(video) || problems++ >= PROBLEMS_SHOWN_MAX)
            continue;
        fprintf(out, "  %s  %s", video->name, hr_workload_outcome_name(video->outcome));
        if (video->reason[0] != '\0') {
            fputs(": ", out);
            hr_answer_text(out, video->reason);
        }
        fputc('\n', out);
        shown++;
    }
    if (problems > shown)
        fprintf(out, "  and %zu more\n", problems - shown);
}

static void answer_latency(FILE *out, const struct hr_workload_answer *answer)
{
    const struct hr_workload_latency *latency = hr_workload_latency_of(answer->summary);
    if (latency->count == 0)
        return;
    fprintf(out, "latency     p50 %.2f s, p90 %.2f s, p95 %.2f s, p99 %.2f s, max %.2f s\n", latency->p50_s,
            latency->p90_s, latency->p95_s, latency->p99_s, latency->max_s);
    if (latency == &answer->summary->server)
        fputs("            from upload to CSV by the server's clock\n", out);
    else
        fprintf(out, "            from upload to CSV by own observation, every %g s\n", answer->poll_s);
    fprintf(out, "throughput  %.2f videos per second, in %.1f s\n", answer->summary->throughput_per_s,
            answer->summary->duration_s);
}

static void answer_cost(FILE *out, const struct hr_workload_cost *cost)
{
    if (!cost->known) {
        fputs("cost        not known: ", out);
        hr_answer_text(out, cost->reason);
        fputc('\n', out);
        return;
    }
    size_t calls = cost->durations.count;
    fprintf(out, "cost        %.4f USD per thousand videos in Lambda: %.0f ms at %d MB, as billed for %zu call%s\n",
            cost->usd_per_thousand, cost->billed_ms, cost->terms.memory_mb, calls, hr_plural(calls));
    if (cost->durations.cold > 0)
        fprintf(out, "            %zu of %zu calls started the function, in %.0f ms\n", cost->durations.cold, calls,
                cost->durations.init_ms / (double)cost->durations.cold);
}

void hr_workload_answer_text(FILE *out, const struct hr_workload_answer *answer)
{
    const struct hr_workload_counts *counts = &answer->summary->counts;
    answer_counts(out, counts);
    answer_problems(out, answer->videos, counts->videos);
    answer_latency(out, answer);
    answer_cost(out, answer->cost);
}

/* --- for programs --- */

static struct hr_json *latency_json(const struct hr_workload_latency *latency)
{
    if (latency->count == 0)
        return hr_json_text_new(NULL);
    struct hr_json *object = hr_json_object_new();
    hr_json_set(object, "count", hr_json_integer_new((int64_t)latency->count));
    hr_json_set(object, "mean", hr_json_real_new(latency->mean_s));
    hr_json_set(object, "p50", hr_json_real_new(latency->p50_s));
    hr_json_set(object, "p90", hr_json_real_new(latency->p90_s));
    hr_json_set(object, "p95", hr_json_real_new(latency->p95_s));
    hr_json_set(object, "p99", hr_json_real_new(latency->p99_s));
    hr_json_set(object, "max", hr_json_real_new(latency->max_s));
    return object;
}

static struct hr_json *cost_json(const struct hr_workload_cost *cost)
{
    if (!cost->known)
        return hr_json_text_new(NULL);
    struct hr_json *object = hr_json_object_new();
    hr_json_set(object, "usd_per_thousand_videos", hr_json_real_new(cost->usd_per_thousand));
    hr_json_set(object, "basis", hr_json_text_new("billed"));
    hr_json_set(object, "billed_ms", hr_json_real_new(cost->billed_ms));
    hr_json_set(object, "memory_mb", hr_json_integer_new(cost->terms.memory_mb));
    hr_json_set(object, "price_gb_s_usd", hr_json_real_new(cost->terms.gb_s_usd));
    hr_json_set(object, "price_million_calls_usd", hr_json_real_new(cost->terms.million_calls_usd));
    hr_json_set(object, "calls", hr_json_integer_new((int64_t)cost->durations.count));
    hr_json_set(object, "cold_calls", hr_json_integer_new((int64_t)cost->durations.cold));
    return object;
}

static struct hr_json *problems_json(const struct hr_workload_video *videos, size_t count)
{
    struct hr_json *array = hr_json_array_new();
    for (size_t i = 0; i < count; i++) {
        if (!is_problem(&videos[i]))
            continue;
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "video", hr_json_text_new(videos[i].name));
        hr_json_set(object, "outcome", hr_json_text_new(hr_workload_outcome_name(videos[i].outcome)));
        hr_json_set(object, "reason", hr_json_any_text_new(videos[i].reason));
        hr_json_append(array, object);
    }
    return array;
}

bool hr_workload_answer_json(FILE *out, const struct hr_workload_answer *answer)
{
    const struct hr_workload_summary *summary = answer->summary;
    const struct hr_workload_counts *counts = &summary->counts;
    const struct hr_workload_latency *latency = hr_workload_latency_of(summary);
    struct hr_json *object = hr_json_object_new();
    hr_json_set(object, "videos", hr_json_integer_new((int64_t)counts->videos));
    hr_json_set(object, "uploaded", hr_json_integer_new((int64_t)counts->uploaded));
    for (int i = 0; i < HR_WORKLOAD_OUTCOME_COUNT; i++)
        hr_json_set(object, hr_workload_outcome_name((enum hr_workload_outcome)i),
                    hr_json_integer_new((int64_t)counts->of[i]));
    hr_json_set(object, "clock", hr_json_text_new(latency == &summary->server ? "server" : "own"));
    hr_json_set(object, "latency_s", latency_json(latency));
    hr_json_set(object, "latency_server_s", latency_json(&summary->server));
    hr_json_set(object, "latency_own_s", latency_json(&summary->own));
    hr_json_set(object, "poll_s", hr_json_real_new(answer->poll_s));
    hr_json_set(object, "duration_s", hr_json_real_new(summary->duration_s));
    hr_json_set(object, "throughput_per_s", hr_json_real_new(summary->throughput_per_s));
    hr_json_set(object, "cost", cost_json(answer->cost));
    hr_json_set(object, "problems", problems_json(answer->videos, counts->videos));
    return hr_answer_json(out, object);
}
