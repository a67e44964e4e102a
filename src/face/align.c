#include <math.h>
#include <string.h>

#include "face/embed.h"

/* Upright, the face from the forehead to the chin and some of what is around it. */
static const struct hr_chip_shape standard_shape = {
    .side_px = HR_CHIP_SIDE_PX,
    .landmarks = {{47.79f, 47.50f}, {102.99f, 47.34f}, {77.67f, 79.12f}, {51.30f, 105.56f}, {97.04f, 105.50f}}};

/* Frame position of chip position (u, v): x = a u - b v + x0, y = b u + a v + y0. */
struct similarity {
    double a, b, x0, y0;
};

/* Least squares from the chip's landmarks to the face's (Umeyama 1991, two dimensions, without
 * reflection): the inverse of the transform that turns the face upright. */
static struct similarity chip_to_frame(const struct hr_face *face, const struct hr_point *chip_landmarks)
{
    double cu = 0, cv = 0, cx = 0, cy = 0;
    for (int i = 0; i < HR_LANDMARK_COUNT; i++) {
        cu += (double)chip_landmarks[i].x_px / HR_LANDMARK_COUNT;
        cv += (double)chip_landmarks[i].y_px / HR_LANDMARK_COUNT;
        cx += (double)face->landmarks[i].x_px / HR_LANDMARK_COUNT;
        cy += (double)face->landmarks[i].y_px / HR_LANDMARK_COUNT;
    }
    double dot = 0, cross = 0, spread = 0, face_spread = 0;
    for (int i = 0; i < HR_LANDMARK_COUNT; i++) {
        double u = (double)chip_landmarks[i].x_px - cu, v = (double)chip_landmarks[i].y_px - cv;
        double x = (double)face->landmarks[i].x_px - cx, y = (double)face->landmarks[i].y_px - cy;
        dot += u * x + v * y;
        cross += u * y - v * x;
        spread += u * u + v * v;
        face_spread += x * x + y * y;
    }
    /* The squares of the *forward* fit are minimised in chip pixels, as galleries of other tools
     * were made: its scale is |dot, cross| / face_spread, and this is its inverse. */
    double length2 = dot * dot + cross * cross;
    double inverse = length2 > 0 ? face_spread / length2 : 1 / (spread > 0 ? spread : 1);
    struct similarity map = {.a = dot * inverse, .b = cross * inverse};
    map.x0 = cx - (map.a * cu - map.b * cv);
    map.y0 = cy - (map.b * cu + map.a * cv);
    return map;
}

/* Bilinear; black outside the frame, as dlib has it. Adds to sum[3]. */
static void add_sample(const struct hr_frame *frame, double x, double y, float sum[3])
{
    if (!(x >= 0 && y >= 0 && x <= frame->size.width_px - 1 && y <= frame->size.height_px - 1))
        return;
    int left = (int)x, top = (int)y;
    int right = left + 1 < frame->size.width_px ? 3 : 0;
    ptrdiff_t below = top + 1 < frame->size.height_px ? frame->stride_bytes : 0;
    float fx = (float)(x - left), fy = (float)(y - top);
    const uint8_t *at = frame->rgb + top * frame->stride_bytes + 3 * (ptrdiff_t)left;
    for (int c = 0; c < 3; c++) {
        float upper = (float)at[c] + fx * (float)(at[right + c] - at[c]);
        float lower = (float)at[below + c] + fx * (float)(at[below + right + c] - at[below + c]);
        sum[c] += upper + fy * (lower - upper);
    }
}

/* Most samples a side per chip pixel: enough for a face of some 3000 pixels. */
enum { SAMPLES_MAX = 12 };

/* Samples per chip pixel and side. Where a chip pixel covers more than two frame pixels, single
 * samples would alias: the pixel's whole area is averaged instead, in samples at most one and a
 * half pixels apart (each of them blends two by two pixels). */
static int samples_per_side(const struct similarity *map)
{
    double frame_px_per_chip_px = sqrt(map->a * map->a + map->b * map->b);
    if (!(frame_px_per_chip_px > 2))
        return 1;
    double samples = ceil(frame_px_per_chip_px / 1.5);
    return samples > SAMPLES_MAX ? SAMPLES_MAX : (int)samples;
}

/* Three colours in one number, with room for products of twelve bits above each. */
static inline uint64_t colours_at(const uint8_t *at)
{
    return at[0] | (uint64_t)at[1] << 21 | (uint64_t)at[2] << 42;
}

/* All samples of a face that lies wholly inside of the frame: no pixel is asked whether it is there, places are counted
 * in 64ths of a pixel, and the three colours go through the same four products. */
static void cut_inside(const struct hr_frame *frame, const struct similarity *map, int side_px, int side, uint8_t *rgb)
{
    enum { PLACE_BITS = 32, PART_BITS = 6, PARTS = 1 << PART_BITS };
    const double unit = (double)((int64_t)1 << PLACE_BITS);
    const int64_t step_x = (int64_t)(map->a / side * unit), step_y = (int64_t)(map->b / side * unit);
    const double first = 0.5 / side - 0.5;
    /* What a sum is multiplied by to become a mean of whole grey levels, in 2^40ths. */
    const uint64_t share = ((uint64_t)1 << (40 - 2 * PART_BITS)) / (uint64_t)(side * side), half = (uint64_t)1 << 39;
    for (int v = 0; v < side_px; v++)
        for (int u = 0; u < side_px; u++) {
            uint32_t sum[3] = {0};
            for (int j = 0; j < side; j++) {
                double su = u + first, sv = v + first + (double)j / side;
                int64_t x = (int64_t)((map->a * su - map->b * sv + map->x0) * unit);
                int64_t y = (int64_t)((map->b * su + map->a * sv + map->y0) * unit);
                for (int i = 0; i < side; i++, x += step_x, y += step_y) {
                    const uint8_t *at =
                        frame->rgb + (y >> PLACE_BITS) * frame->stride_bytes + 3 * (ptrdiff_t)(x >> PLACE_BITS);
                    const uint8_t *below = at + frame->stride_bytes;
                    uint64_t right = (uint64_t)(x >> (PLACE_BITS - PART_BITS)) & (PARTS - 1);
                    uint64_t down = (uint64_t)(y >> (PLACE_BITS - PART_BITS)) & (PARTS - 1);
                    uint64_t upper = colours_at(at) * (PARTS - right) + colours_at(at + 3) * right;
                    uint64_t lower = colours_at(below) * (PARTS - right) + colours_at(below + 3) * right;
                    uint64_t mixed = upper * (PARTS - down) + lower * down;
                    for (int c = 0; c < 3; c++)
                        sum[c] += (uint32_t)(mixed >> (21 * c)) & ((1 << 21) - 1);
                }
            }
            for (int c = 0; c < 3; c++)
                *rgb++ = (uint8_t)((sum[c] * share + half) >> 40);
        }
}

/* Whether every sample has all its four pixels. */
static bool lies_inside(const struct hr_frame *frame, const struct similarity *map, int side_px)
{
    for (int corner = 0; corner < 4; corner++) {
        double u = corner & 1 ? side_px : -1, v = corner & 2 ? side_px : -1;
        double x = map->a * u - map->b * v + map->x0, y = map->b * u + map->a * v + map->y0;
        if (!(x >= 0 && y >= 0 && x < frame->size.width_px - 3 && y < frame->size.height_px - 2))
            return false;
    }
    return true;
}

void hr_face_cut(const struct hr_frame *frame, const struct hr_face *face, const struct hr_chip_shape *shape,
                 uint8_t *rgb)
{
    struct similarity map = chip_to_frame(face, shape->landmarks);
    int side = samples_per_side(&map);
    if (lies_inside(frame, &map, shape->side_px)) {
        cut_inside(frame, &map, shape->side_px, side, rgb);
        return;
    }
    float share = 1.0f / (float)(side * side);
    for (int v = 0; v < shape->side_px; v++)
        for (int u = 0; u < shape->side_px; u++) {
            float sum[3] = {0};
            for (int j = 0; j < side; j++)
                for (int i = 0; i < side; i++) {
                    double su = u + (i + 0.5) / side - 0.5, sv = v + (j + 0.5) / side - 0.5;
                    add_sample(frame, map.a * su - map.b * sv + map.x0, map.b * su + map.a * sv + map.y0, sum);
                }
            for (int c = 0; c < 3; c++)
                *rgb++ = (uint8_t)(sum[c] * share + 0.5f);
        }
}

void hr_face_align(const struct hr_frame *frame, const struct hr_face *face, struct hr_chip *out)
{
    hr_face_cut(frame, face, &standard_shape, out->rgb);
}

static int luma(const uint8_t *rgb)
{
    return (77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2]) >> 8; /* ITU-R BT.601 */
}

/* Variance of the Laplacian (Pech-Pacheco 2000) over the middle of the chip, where the face is. */
static float sharpness_of(const struct hr_chip *chip)
{
    enum { FROM = 25, TO = 125, COUNT = (TO - FROM) * (TO - FROM) };
    const ptrdiff_t row = 3 * HR_CHIP_SIDE_PX;
    int64_t sum = 0, squares = 0;
    for (int y = FROM; y < TO; y++)
        for (int x = FROM; x < TO; x++) {
            const uint8_t *at = chip->rgb + y * row + 3 * x;
            int edge = luma(at - 3) + luma(at + 3) + luma(at - row) + luma(at + row) - 4 * luma(at);
            sum += edge;
            squares += edge * edge;
        }
    double mean = (double)sum / COUNT;
    return (float)((double)squares / COUNT - mean * mean);
}

/* How far the nose tip lies from the middle between eyes and mouth corners, in eye distances. */
static float frontal_of(const struct hr_face *face)
{
    const struct hr_point *p = face->landmarks;
    float ex = p[1].x_px - p[0].x_px, ey = p[1].y_px - p[0].y_px;
    float length2 = ex * ex + ey * ey;
    if (!(length2 > 0))
        return 0;
    float mx = (p[0].x_px + p[1].x_px + p[3].x_px + p[4].x_px) / 4;
    float my = (p[0].y_px + p[1].y_px + p[3].y_px + p[4].y_px) / 4;
    float along = ((p[2].x_px - mx) * ex + (p[2].y_px - my) * ey) / length2;
    return fmaxf(0, 1 - 2 * fabsf(along));
}

struct hr_view_quality hr_face_quality(const struct hr_face *face, const struct hr_chip *chip)
{
    float width = face->box.right_px - face->box.left_px;
    float height = face->box.bottom_px - face->box.top_px;
    struct hr_view_quality quality = {
        .size_px = fminf(width, height), .sharpness = sharpness_of(chip), .frontal = frontal_of(face)};
    /* Each part saturates: beyond a chip's own resolution, size and sharpness bring no more. */
    float size = fminf(1, quality.size_px / 100);
    float sharp = quality.sharpness / (quality.sharpness + 4 * HR_SHARPNESS_MIN);
    quality.overall =
        face->score * (0.25f + 0.75f * size) * (0.25f + 0.75f * sharp) * (0.25f + 0.75f * quality.frontal);
    return quality;
}
