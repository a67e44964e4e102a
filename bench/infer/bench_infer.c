/* Times the networks; bench/infer.py calls it beside ONNX Runtime.
 *
 *   bench_infer layers MODEL WIDTHxHEIGHT BATCH THREADS ISA RUNS   a table: each step's time, GFLOPS, share of peak
 *   bench_infer serve MODEL WIDTHxHEIGHT BATCH THREADS ISA         for each line on standard input a run: its ns, its CPU's ns
 *   bench_infer ready MODEL WIDTHxHEIGHT [MODEL WIDTHxHEIGHT]...   opens, plans and ends; its CPU time is the figure
 *   bench_infer peak ISA                                           GFLOPS of one thread
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "infer/network.h"
#include "peak.h"

enum { USAGE = 2, RUNS_MAX = 100000 };

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static enum hr_status isa_named(const char *name, enum hr_isa *isa, struct hr_error *error)
{
    for (enum hr_isa i = HR_ISA_AUTO; i < HR_ISA_END; i++)
        if (strcmp(name, hr_isa_name(i)) == 0 && hr_isa_available(i)) {
            *isa = i == HR_ISA_AUTO ? hr_isa_best() : i;
            return HR_OK;
        }
    return hr_error_set(error, HR_ERR_UNSUPPORTED, "no kernels '%s' on this processor", name);
}

static enum hr_status parse_size(const char *text, struct hr_size *size, struct hr_error *error)
{
    if (sscanf(text, "%dx%d", &size->width_px, &size->height_px) != 2)
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is not WIDTHxHEIGHT", text);
    return HR_OK;
}

/* Of the process, all threads: what remains comparable on a machine with other work. */
static int64_t cpu_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

/* --- peak --- */

static double peak_gflops(enum hr_isa isa)
{
    hr_peak_fn *loop = hr_peak_baseline;
#if defined(__x86_64__)
    if (isa == HR_ISA_AVX2 || isa == HR_ISA_AVX2_VNNI)
        loop = hr_peak_avx2;
    if (isa == HR_ISA_AVX512 || isa == HR_ISA_AVX512_VNNI)
        loop = hr_peak_avx512;
#elif defined(__aarch64__)
    if (isa == HR_ISA_NEON || isa == HR_ISA_NEON_DOT)
        loop = hr_peak_neon;
#endif
    double best = 0;
    for (int i = 0; i < 20; i++) {
        float sink[2] = {0.5f, 0.25f};
        int64_t start = now_ns();
        double operations = loop(200000, sink);
        double rate = operations / (double)(now_ns() - start);
        best = rate > best ? rate : best;
    }
    return best;
}

/* --- a network with an input --- */

struct bench {
    struct hr_network *network;
    struct hr_pool *pool;
    struct hr_runner *runner;
    struct hr_runner_options options;
    float *input;
};

static void bench_clear(struct bench *bench)
{
    hr_runner_free(bench->runner);
    hr_pool_free(bench->pool);
    hr_network_close(bench->network);
    free(bench->input);
}

/* words: MODEL WIDTHxHEIGHT BATCH THREADS ISA */
static enum hr_status bench_init(struct bench *bench, char **words, struct hr_error *error)
{
    *bench = (struct bench){.options.batch = atoi(words[2])};
    enum hr_status status = parse_size(words[1], &bench->options.size, error);
    if (status == HR_OK)
        status = isa_named(words[4], &bench->options.isa, error);
    if (status == HR_OK)
        status = hr_network_open(&bench->network, words[0], error);
    if (status == HR_OK)
        status = hr_pool_new(&bench->pool, atoi(words[3]), error);
    bench->options.pool = bench->pool;
    if (status == HR_OK)
        status = hr_runner_new(&bench->runner, bench->network, &bench->options, error);
    if (status != HR_OK)
        return status;
    size_t count = (size_t)bench->options.batch * (size_t)hr_network_card(bench->network)->input_channels *
                   (size_t)bench->options.size.width_px * (size_t)bench->options.size.height_px;
    bench->input = malloc(count * sizeof *bench->input);
    if (bench->input == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for the input");
    for (size_t i = 0; i < count; i++)
        bench->input[i] = (float)(i * 7919 % 256);
    return HR_OK;
}

static int fail(const struct hr_error *error)
{
    fprintf(stderr, "bench_infer: %s\n", error->text);
    return 1;
}

/* --- the commands --- */

static void print_layers(struct bench *bench, int64_t *best_ns, int64_t total_ns)
{
    double peak = peak_gflops(bench->options.isa) * hr_pool_threads(bench->pool);
    double flops = 0;
    printf("%-44s %9s %8s %6s\n", "step", "ms", "GFLOPS", "peak");
    for (size_t i = 0; i < hr_runner_step_count(bench->runner); i++) {
        const struct hr_step *step = hr_runner_step(bench->runner, i);
        double rate = step->flops / (double)(best_ns[i] > 0 ? best_ns[i] : 1);
        flops += step->flops;
        printf("%-44s %9.3f %8.1f %5.0f%%\n", step->name, (double)best_ns[i] / 1e6, rate, 100 * rate / peak);
    }
    double rate = flops / (double)total_ns;
    printf("%-44s %9.3f %8.1f %5.0f%%  of %.1f GFLOPS\n", "one run", (double)total_ns / 1e6, rate, 100 * rate / peak,
           peak);
}

static int command_layers(char **words)
{
    struct hr_error error = {0};
    struct bench bench;
    int64_t *best_ns = NULL;
    int status = 1;
    int runs = atoi(words[5]);
    if (bench_init(&bench, words, &error) != HR_OK || runs < 1 || runs > RUNS_MAX) {
        fail(&error);
        goto out;
    }
    size_t count = hr_runner_step_count(bench.runner);
    best_ns = calloc(count, sizeof *best_ns);
    if (best_ns == NULL)
        goto out;
    int64_t total_ns = INT64_MAX;
    for (int run = 0; run < runs; run++) {
        hr_runner_measure(bench.runner, false);
        int64_t start = now_ns();
        hr_runner_run(bench.runner, bench.input);
        int64_t elapsed = now_ns() - start;
        total_ns = elapsed < total_ns ? elapsed : total_ns;
        hr_runner_measure(bench.runner, true);
        hr_runner_run(bench.runner, bench.input);
        for (size_t i = 0; i < count; i++) {
            int64_t ns = hr_runner_step(bench.runner, i)->elapsed_ns;
            best_ns[i] = best_ns[i] == 0 || ns < best_ns[i] ? ns : best_ns[i];
        }
    }
    print_layers(&bench, best_ns, total_ns);
    status = 0;
out:
    free(best_ns);
    bench_clear(&bench);
    return status;
}

static int command_serve(char **words)
{
    struct hr_error error = {0};
    struct bench bench;
    int status = 1;
    if (bench_init(&bench, words, &error) != HR_OK) {
        fail(&error);
        goto out;
    }
    char line[16];
    while (fgets(line, sizeof line, stdin) != NULL) {
        int64_t start = now_ns(), cpu_start = cpu_ns();
        hr_runner_run(bench.runner, bench.input);
        printf("%" PRId64 " %" PRId64 "\n", now_ns() - start, cpu_ns() - cpu_start);
        fflush(stdout);
    }
    status = 0;
out:
    bench_clear(&bench);
    return status;
}

static int command_ready(char **words, int count)
{
    struct hr_error error = {0};
    for (int i = 0; i + 1 < count; i += 2) {
        struct hr_network *network = NULL;
        struct hr_runner *runner = NULL;
        struct hr_runner_options options = {.batch = 1};
        if (parse_size(words[i + 1], &options.size, &error) != HR_OK ||
            hr_network_open(&network, words[i], &error) != HR_OK ||
            hr_runner_new(&runner, network, &options, &error) != HR_OK)
            return fail(&error);
        /* Not freed: a process that goes on to work would not free them here either. */
    }
    return 0;
}

static int command_peak(const char *name)
{
    struct hr_error error = {0};
    enum hr_isa isa;
    if (isa_named(name, &isa, &error) != HR_OK)
        return fail(&error);
    printf("%.1f\n", peak_gflops(isa));
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 8 && strcmp(argv[1], "layers") == 0)
        return command_layers(argv + 2);
    if (argc == 7 && strcmp(argv[1], "serve") == 0)
        return command_serve(argv + 2);
    if (argc >= 4 && strcmp(argv[1], "ready") == 0)
        return command_ready(argv + 2, argc - 2);
    if (argc == 3 && strcmp(argv[1], "peak") == 0)
        return command_peak(argv[2]);
    fputs("usage: bench_infer layers|serve|ready|peak ...; the top of bench_infer.c says more\n", stderr);
    return USAGE;
}
