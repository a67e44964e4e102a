/* The picture for which dlib's numbers are known: pixel (x, y) is (7x + 3y, 5x + 11y, xy), each modulo 256. */
#ifndef HR_TESTS_GOLDEN_PICTURE_H
#define HR_TESTS_GOLDEN_PICTURE_H

#include <math.h>
#include <stdlib.h>

#include "infer/network.h"

enum { GOLDEN_SIDE = 150, GOLDEN_NUMBERS = 128 };

/* `images` times the picture, planar RGB, the caller's (free). */
static inline float *golden_picture(int images, struct hr_size size)
{
    int area = size.width_px * size.height_px;
    float *input = malloc((size_t)images * 3 * (size_t)area * sizeof *input);
    for (int i = 0; input != NULL && i < images * area; i++) {
        int x = i % size.width_px, y = i / size.width_px % size.height_px;
        float *pixel = input + i / area * 3 * area + i % area;
        pixel[0] = (float)((7 * x + 3 * y) % 256);
        pixel[area] = (float)((5 * x + 11 * y) % 256);
        pixel[2 * area] = (float)(x * y % 256);
    }
    return input;
}

/* What ONNX Runtime 1.32 gives for CenterFace on 96x64 pixels of it: all channels of the four outputs in cell
 * (row 9, column 13). */
enum { PINNED_WIDTH = 96, PINNED_HEIGHT = 64, PINNED_ROW = 9, PINNED_COLUMN = 13, PINNED_NUMBERS = 15 };
static const double pinned_centerface[PINNED_NUMBERS] = {
    0.00305762887,                                                      /* heat */
    2.28559875,    2.83158803,                                          /* log size */
    -0.0448094755, 0.0568140894,                                        /* offset */
    0.268289119,   0.385926485,  0.234247446, 0.624105215, 0.212336078, /* landmarks */
    0.5066969990,  0.440848053,  0.376146019, 0.412941635, 0.578996188,
};

/* The compiled model computes most of it in eight bits. Noise like this picture is far from what its ranges are made for;
 * a wrong scale or order of channels is off by more than 1. */
#define PINNED_BYTE_TOLERANCE 0.2

/* What OpenVINO 2026.4 gives for face-reidentification-retail-0095 on 128x128 pixels of it, its colours taken in this
 * order: the first of the 256 numbers. */
enum { PINNED_FACE_SIDE = 128, PINNED_FACE_NUMBERS = 16 };
static const double pinned_face[PINNED_FACE_NUMBERS] = {
    0.2604289, 0.5197774, -0.3729254, -0.9326681, -0.002310057, -0.4158484,  -0.005071287, 0.4024013,
    -0.228503, 0.5332671, -0.7783777, -0.0977876, 0.04368661,   -0.01366169, -0.242324,    0.5620892,
};

/* The picture as a network wants it that gives a face's vector. */
static inline void scale_picture(float *input, int images, const struct hr_model_face *face)
{
    int area = (int)(face->chip_side_px * face->chip_side_px);
    for (int i = 0; i < images * 3 * area; i++)
        input[i] = input[i] * face->scale[i / area % 3] + face->offset[i / area % 3];
}

/* The largest difference from them, relative to 1 or the value. */
static inline double pinned_difference(const struct hr_runner *runner, int output_count)
{
    double worst = 0;
    int next = 0;
    for (int o = 0; o < output_count; o++) {
        struct hr_tensor out = hr_runner_output(runner, o);
        for (int c = 0; c < out.channels && next < PINNED_NUMBERS; c++, next++) {
            double wanted = pinned_centerface[next];
            double got = (double)out.data[(c * out.height + PINNED_ROW) * out.width + PINNED_COLUMN];
            worst = fmax(worst, fabs(got - wanted) / fmax(1, fabs(wanted)));
        }
    }
    return next == PINNED_NUMBERS ? worst : HUGE_VAL;
}

#endif
