/* What is kept of an unfinished video: the tracks. What is taken can be kept again, and gone on with. */
#include "fuzz/target.h"

#include "face/tracks.h"
#include "infer/network.h"

static struct hr_tracks *tracks;

/* The small layout of a real model: HOMEROOM_MODELS names its folder. */
static void set_up(void)
{
    static struct hr_network *network;
    static struct hr_embedders *embedders;
    const struct hr_tracks_options options = hr_tracks_options_default();
    const struct hr_embedders_options embed = {0};
    const char *folder = getenv("HOMEROOM_MODELS");
    struct hr_error error = {0};
    char path[4096];
    snprintf(path, sizeof path, "%s/dlib-resnet.hrm", folder != NULL ? folder : "build/models");
    if (hr_network_open(&network, path, &error) != HR_OK) {
        fprintf(stderr, "%s\nset HOMEROOM_MODELS to the folder of the models\n", error.text);
        exit(77);
    }
    const struct hr_network *const all[] = {network};
    FUZZ_CHECK(hr_embedders_new(&embedders, all, 1, &embed, &error) == HR_OK);
    FUZZ_CHECK(hr_tracks_new(&tracks, embedders, &options, &error) == HR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hr_error error = {0};
    struct hr_buffer first, second;
    if (tracks == NULL)
        set_up();
    hr_tracks_reset(tracks);
    enum hr_status status = hr_tracks_load(tracks, hr_view_of(data, size), &error);
    if (status != HR_OK) {
        fuzz_check_refusal(status, &error);
        return 0;
    }
    hr_buffer_init(&first, 1 << 24);
    hr_buffer_init(&second, 1 << 24);
    FUZZ_CHECK(hr_tracks_save(tracks, &first, &error) == HR_OK);
    hr_tracks_reset(tracks);
    FUZZ_CHECK(hr_tracks_load(tracks, hr_buffer_view(&first), &error) == HR_OK);
    FUZZ_CHECK(hr_tracks_save(tracks, &second, &error) == HR_OK);
    FUZZ_CHECK(hr_view_equal(hr_buffer_view(&first), hr_buffer_view(&second)));
    (void)!hr_tracks_finish(tracks, &error);
    hr_buffer_clear(&first);
    hr_buffer_clear(&second);
    return 0;
}
