/* Damaged model files: small valid ones, changed at random places with the checksum made right again, so that the
 * checks behind it are reached. What is accepted must also run. The random numbers are the same every time.
 *
 *   fuzz_model           ROUNDS rounds, then each file of corpus/model
 *   fuzz_model FILE...   these files only: for a crash that was kept
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "infer/network.h"
#include "infer/small_model.h"

enum { ROUNDS = 30000, SEEDS = 5, SIDE = 9, CORPUS_FILE_MAX = 1 << 20 };

/* What one round may cost: an accepted file is run only below this. */
static const double operations_max = 2e7;

static uint64_t next(uint64_t *random)
{
    small_random(random);
    return *random >> 8;
}

static struct hr_view make_seed(int which)
{
    struct small_model model;
    small_model_init(&model, which == 1 ? 6 : 3, (uint64_t)which + 1);
    int a = small_model_conv(&model, 0, 12, 3, 1 + which % 2, 1, HR_KERNEL_RELU, -1);
    if (which == 0) {
        int b = small_model_depthwise(&model, a, 3, 1, 1, HR_KERNEL_RELU);
        a = small_model_conv(&model, b, 12, 1, 1, 0, HR_KERNEL_PRELU, a);
    } else if (which == 1) {
        int b = small_model_deconv(&model, a, 5, HR_KERNEL_RELU_BEFORE_ADD, -1);
        a = small_model_add(&model, b, a, HR_KERNEL_RELU);
    } else if (which == 2) {
        int b = small_model_plain(&model, HR_OP_MAXPOOL, a, 3, 2);
        a = small_model_plain(&model, HR_OP_SIGMOID, b, 1, 1);
    } else if (which == 3) {
        small_model_halve(&model);
        int b = small_model_plain(&model, HR_OP_GLOBALAVG, a, 1, 1);
        int gate = small_model_conv(&model, b, 12, 1, 1, 0, HR_KERNEL_PRELU, -1);
        a = small_model_block(&model, a, 20, small_model_channels(&model, a), 1, a);
        a = small_model_scale(&model, a, gate, a);
    } else {
        int b = small_model_plain(&model, HR_OP_AVGPOOL, a, 2, 2);
        a = small_model_plain(&model, HR_OP_GLOBALAVG, b, 1, 1);
    }
    small_model_output(&model, a, 0, small_model_channels(&model, a), which & 1);
    struct hr_view file = small_model_pack(&model);
    small_model_clear(&model);
    return file;
}

static void mutate(uint8_t *bytes, size_t size, uint64_t *random)
{
    static const uint32_t interesting[] = {0,      1,          2,          3,          7,          8,       9, 64,
                                           0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFC0, 1000000, 16};
    /* Mostly header, card, operations and outputs: they are what is checked. */
    size_t reach = next(random) % 4 > 0 && size > 640 ? 640 : size;
    size_t at = next(random) % reach;
    uint32_t word = interesting[next(random) % (sizeof interesting / sizeof interesting[0])];
    switch (next(random) % 4) {
    case 0:
        bytes[at] ^= (uint8_t)(1 << next(random) % 8);
        break;
    case 1:
        bytes[at] = (uint8_t)next(random);
        break;
    case 2:
        at = at / 4 * 4;
        if (at + sizeof word <= size)
            memcpy(bytes + at, &word, sizeof word);
        break;
    default: { /* one operation's or section's words over another's */
        size_t from = next(random) % reach / 8 * 8, to = at / 8 * 8;
        if (from + 8 <= size && to + 8 <= size)
            memmove(bytes + to, bytes + from, 8);
    }
    }
}

static void run(const struct hr_network *network, int side)
{
    struct hr_runner_options options = {.size = {side, side}, .batch = 1 + side % 2, .isa = HR_ISA_BASELINE};
    struct hr_error error = {0};
    struct hr_runner *runner = NULL;
    int channels = hr_network_card(network)->input_channels;
    if (channels > 64 || hr_runner_new(&runner, network, &options, &error) != HR_OK)
        return;
    double operations = 0;
    for (size_t i = 0; i < hr_runner_step_count(runner); i++)
        operations += hr_runner_step(runner, i)->flops;
    size_t count = (size_t)options.batch * (size_t)channels * (size_t)side * (size_t)side;
    float *input = operations < operations_max ? calloc(count, sizeof *input) : NULL;
    if (input != NULL)
        hr_runner_run(runner, input);
    free(input);
    hr_runner_free(runner);
}

/* Whether the bytes were accepted. They are copied into memory of their exact size. */
static bool try_bytes(const uint8_t *bytes, size_t size)
{
    struct hr_network *network = NULL;
    struct hr_error error = {0};
    uint8_t *copy = aligned_alloc(64, (size + 127) / 64 * 64);
    if (copy == NULL)
        return false;
    memcpy(copy, bytes, size);
    bool accepted = hr_network_open_memory(&network, hr_view_of(copy, size), &error) == HR_OK;
    if (accepted) {
        run(network, SIDE);
        run(network, 32);
    } else if (error.text[0] == '\0') {
        fprintf(stderr, "a file was refused without a reason\n");
        exit(1);
    }
    hr_network_close(network);
    free(copy);
    return accepted;
}

/* A file's name says what must become of it: refused-WHY or accepted-WHY; other names only must not crash. */
static void try_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(CORPUS_FILE_MAX);
    if (file == NULL || bytes == NULL) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    size_t size = fread(bytes, 1, CORPUS_FILE_MAX, file);
    fclose(file);
    bool accepted = try_bytes(bytes, size);
    printf("%s: %s\n", path, accepted ? "accepted" : "refused");
    if (strstr(path, accepted ? "/refused-" : "/accepted-") != NULL) {
        fprintf(stderr, "that is not what its name says\n");
        exit(1);
    }
    free(bytes);
}

static int replay_corpus(void)
{
    const char *source = getenv("HOMEROOM_SOURCE");
    char folder[4096], path[8192];
    snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/model", source != NULL ? source : ".");
    DIR *files = opendir(folder);
    int count = 0;
    for (struct dirent *entry; files != NULL && (entry = readdir(files)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        try_file(path);
        count++;
    }
    if (files != NULL)
        closedir(files);
    return count;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        try_file(argv[i]);
    if (argc > 1)
        return 0;
    struct hr_view seeds[SEEDS];
    for (int i = 0; i < SEEDS; i++)
        seeds[i] = make_seed(i);
    uint64_t random = 20240229;
    int accepted = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const struct hr_view *seed = &seeds[round % SEEDS];
        size_t size = seed->size;
        uint8_t *bytes = malloc(size);
        if (bytes == NULL)
            return 1;
        memcpy(bytes, seed->data, size);
        int changes = 1 + (int)(next(&random) % 4);
        for (int i = 0; i < changes; i++)
            mutate(bytes, size, &random);
        if (next(&random) % 16 == 0) { /* cut, with a length that says so */
            size = 80 + next(&random) % (size - 80);
            uint64_t length = size;
            memcpy(bytes + offsetof(struct hr_model_header, file_size), &length, sizeof length);
        }
        small_model_seal(bytes, size);
        accepted += try_bytes(bytes, size);
        free(bytes);
    }
    for (int i = 0; i < SEEDS; i++)
        free((void *)(uintptr_t)seeds[i].data);
    int replayed = replay_corpus();
    printf("%d files, %d accepted and run; %d files of the corpus\n", ROUNDS, accepted, replayed);
    /* Both ends must be reached, or this tests nothing. */
    return accepted > ROUNDS / 100 && accepted < ROUNDS ? 0 : 1;
}
