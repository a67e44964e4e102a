/* The sample photos that scripts/setup fetches, as the tests see them. */
#ifndef TEST_PHOTOS_H
#define TEST_PHOTOS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "face/embed.h"
#include "store/store.h"
#include "video/video.h"

/* build/photos/NAME, upright; fails the test when it is not there. */
static inline void photo_read(const char *name, struct hr_image *image)
{
    const char *models = getenv("HOMEROOM_MODELS");
    assert_non_null(models);
    char path[4096];
    snprintf(path, sizeof path, "%s/../photos/%s", models, name);
    struct hr_error error = {0};
    struct hr_buffer bytes;
    hr_buffer_init(&bytes, HR_LIMIT_PHOTO_BYTES);
    if (hr_file_read(&bytes, path, NULL, &error) != HR_OK ||
        hr_photo_read(image, hr_buffer_view(&bytes), name, NULL, &error) != HR_OK)
        fail_msg("%s", error.text);
    hr_buffer_clear(&bytes);
}

/* Detector and embedder as the program uses them, in the calling thread. dlib's is on every machine. */
struct networks {
    struct hr_network *detector_network, *embedder_network;
    struct hr_detector *detector;
    struct hr_embedders *embedders;
};

static inline struct hr_network *network_open(const char *file)
{
    char path[4096];
    const char *models = getenv("HOMEROOM_MODELS");
    assert_non_null(models);
    snprintf(path, sizeof path, "%s/%s", models, file);
    struct hr_network *network = NULL;
    struct hr_error error = {0};
    if (hr_network_open(&network, path, &error) != HR_OK)
        fail_msg("%s", error.text);
    return network;
}

static inline void networks_open_with(struct networks *networks, const char *embedder)
{
    struct hr_error error;
    struct hr_detector_options find = hr_detector_options_default();
    struct hr_embedders_options embed = {0};
    networks->detector_network = network_open("centerface.hrm");
    networks->embedder_network = network_open(embedder);
    assert_int_equal(hr_detector_new(&networks->detector, networks->detector_network, &find, &error), HR_OK);
    const struct hr_network *const all[] = {networks->embedder_network};
    assert_int_equal(hr_embedders_new(&networks->embedders, all, 1, &embed, &error), HR_OK);
}

static inline void networks_open(struct networks *networks)
{
    networks_open_with(networks, "dlib-resnet.hrm");
}

static inline void networks_close(struct networks *networks)
{
    hr_embedders_free(networks->embedders);
    hr_detector_free(networks->detector);
    hr_network_close(networks->detector_network);
    hr_network_close(networks->embedder_network);
}

#endif
