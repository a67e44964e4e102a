/* A compiled network, behind its checksum: the input's is made right, so that the checks behind it are reached. What is
 * accepted runs. */
#include "fuzz/target.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "infer/format.h"
#include "infer/network.h"

enum { SIDE = 9, CHANNELS_MAX = 64, SEALED_AT = 16 };
static const double operations_max = 2e7;

static void run(const struct hr_network *network)
{
    const struct hr_runner_options options = {.size = {SIDE, SIDE}, .batch = 1, .isa = HR_ISA_BASELINE};
    struct hr_error error = {0};
    struct hr_runner *runner = NULL;
    int channels = hr_network_card(network)->input_channels;
    if (channels > CHANNELS_MAX || hr_runner_new(&runner, network, &options, &error) != HR_OK)
        return;
    double operations = 0;
    for (size_t i = 0; i < hr_runner_step_count(runner); i++)
        operations += hr_runner_step(runner, i)->flops;
    float *input = operations < operations_max ? calloc((size_t)channels * SIDE * SIDE, sizeof *input) : NULL;
    if (input != NULL)
        hr_runner_run(runner, input);
    free(input);
    hr_runner_free(runner);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hr_network *network = NULL;
    struct hr_error error = {0};
    uint8_t *copy = aligned_alloc(64, (size + 127) / 64 * 64);
    FUZZ_CHECK(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    if (size >= sizeof(struct hr_model_header)) {
        const uint64_t length = size;
        memcpy(copy + offsetof(struct hr_model_header, file_size), &length, sizeof length);
        const uint64_t checksum = XXH3_64bits(copy + SEALED_AT, size - SEALED_AT);
        memcpy(copy + offsetof(struct hr_model_header, checksum), &checksum, sizeof checksum);
    }
    enum hr_status status = hr_network_open_memory(&network, hr_view_of(copy, size), &error);
    if (status == HR_OK)
        run(network);
    else
        fuzz_check_refusal(status, &error);
    hr_network_close(network);
    free(copy);
    return 0;
}
