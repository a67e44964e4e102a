/* Faces, chips and vectors of the sample photos, pinned.
 *
 *     test_golden_photos            compares with tests/golden/photos.txt
 *     test_golden_photos --write    prints what that file should hold
 *
 * Tolerances: positions within 1.5 pixels, half a hundredth of these faces, since a last digit of the first layers that
 * rounds the other way changes bytes of the next ones; chip means within 1.5 grey levels; vectors within 0.02 of each other in all, which is a thirtieth
 * of the threshold: the instruction sets differ in rounding, and a chip pixel that rounds the other
 * way moves the vector by some thousandths. */
#include "golden/photos.h"

#include <math.h>

enum { VECTOR_SIZE = 128 };
enum { GRID = 10, CELL_PX = HR_CHIP_SIDE_PX / GRID, CELLS = GRID * GRID };

static const char *const names[] = {"obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg", "astronaut.png"};
enum { PHOTOS = sizeof names / sizeof names[0] };

struct golden {
    char name[32];
    float box[4];
    float landmarks[2 * HR_LANDMARK_COUNT];
    float cells[CELLS];        /* mean of all colours over squares of the chip */
    float vector[VECTOR_SIZE]; /* dlib's, made length 1 */
};

/* Of two vectors of length 1. */
static float distance_of(const float *a, const float *b)
{
    return sqrtf(fmaxf(0, 2 - 2 * hr_vector_cosine(a, b, VECTOR_SIZE)));
}

static void see(struct networks *networks, const char *name, struct golden *out)
{
    struct hr_image image = {0};
    struct hr_faces faces = {0};
    struct hr_error error;
    struct hr_chip *chip = malloc(sizeof *chip);
    photo_read(name, &image);
    struct hr_frame frame = hr_image_frame(&image);
    assert_int_equal(hr_faces_find(networks->detector, &frame, &faces, &error), HR_OK);
    assert_int_equal(faces.count, 1);
    const struct hr_face *face = &faces.items[0];
    hr_face_align(&frame, face, chip);
    uint8_t *chips = malloc(hr_embedders_chip_bytes(networks->embedders));
    const uint8_t *view = chips;
    hr_embedders_cut(networks->embedders, &frame, face, chips);
    hr_embed(networks->embedders, &view, 1, out->vector);
    free(chips);

    snprintf(out->name, sizeof out->name, "%s", name);
    out->box[0] = face->box.left_px;
    out->box[1] = face->box.top_px;
    out->box[2] = face->box.right_px;
    out->box[3] = face->box.bottom_px;
    for (int i = 0; i < HR_LANDMARK_COUNT; i++) {
        out->landmarks[2 * i] = face->landmarks[i].x_px;
        out->landmarks[2 * i + 1] = face->landmarks[i].y_px;
    }
    for (int cell = 0; cell < CELLS; cell++) {
        long sum = 0;
        for (int y = 0; y < CELL_PX; y++)
            for (int x = 0; x < 3 * CELL_PX; x++)
                sum += chip->rgb[3 * ((cell / GRID * CELL_PX + y) * HR_CHIP_SIDE_PX + cell % GRID * CELL_PX) + x];
        out->cells[cell] = (float)sum / (3 * CELL_PX * CELL_PX);
    }
    free(chip);
    hr_faces_clear(&faces);
    hr_image_clear(&image);
}

static void print_numbers(const char *what, const float *numbers, size_t count, int digits)
{
    printf("%s", what);
    for (size_t i = 0; i < count; i++)
        printf(" %.*f", digits, (double)numbers[i]);
    printf("\n");
}

static void write_all(void)
{
    struct networks networks;
    networks_open(&networks);
    for (size_t i = 0; i < PHOTOS; i++) {
        struct golden seen;
        see(&networks, names[i], &seen);
        printf("photo %s\n", seen.name);
        print_numbers("box", seen.box, 4, 2);
        print_numbers("landmarks", seen.landmarks, 2 * HR_LANDMARK_COUNT, 2);
        print_numbers("chip", seen.cells, CELLS, 1);
        print_numbers("vector", seen.vector, VECTOR_SIZE, 4);
    }
    networks_close(&networks);
}

static void read_numbers(FILE *file, const char *what, float *numbers, size_t count)
{
    char word[32];
    assert_int_equal(fscanf(file, "%31s", word), 1);
    assert_string_equal(word, what);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(fscanf(file, "%f", &numbers[i]), 1);
}

static void read_golden(FILE *file, struct golden *out)
{
    char word[32];
    assert_int_equal(fscanf(file, "%31s %31s", word, out->name), 2);
    assert_string_equal(word, "photo");
    read_numbers(file, "box", out->box, 4);
    read_numbers(file, "landmarks", out->landmarks, 2 * HR_LANDMARK_COUNT);
    read_numbers(file, "chip", out->cells, CELLS);
    read_numbers(file, "vector", out->vector, VECTOR_SIZE);
}

static void all_near(const char *photo, const char *what, const float *seen, const float *golden, size_t count,
                     float tolerance)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(seen[i] - golden[i]) <= tolerance))
            fail_msg("%s: %s %zu is %g instead of %g", photo, what, i, (double)seen[i], (double)golden[i]);
}

static void photos_look_as_they_always_did(void **state)
{
    (void)state;
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/golden/photos.txt", getenv("HOMEROOM_SOURCE"));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    struct networks networks;
    networks_open(&networks);
    for (size_t i = 0; i < PHOTOS; i++) {
        struct golden seen, golden;
        read_golden(file, &golden);
        assert_string_equal(golden.name, names[i]);
        see(&networks, names[i], &seen);
        all_near(names[i], "box side", seen.box, golden.box, 4, 1.5f);
        all_near(names[i], "landmark", seen.landmarks, golden.landmarks, 2 * HR_LANDMARK_COUNT, 1.5f);
        all_near(names[i], "chip cell", seen.cells, golden.cells, CELLS, 1.5f);
        hr_vector_normalise(golden.vector, VECTOR_SIZE);
        assert_true(distance_of(seen.vector, golden.vector) < 0.02f);
    }
    networks_close(&networks);
    fclose(file);
}

/* What makes recognition work at all: one person's photos are near, two persons' are far. */
static void photos_of_one_person_are_alike_and_of_two_not(void **state)
{
    (void)state;
    struct networks networks;
    struct golden seen[PHOTOS];
    networks_open(&networks);
    const struct hr_model_face *model = hr_embedders_layout(networks.embedders)->parts[0].model;
    for (size_t i = 0; i < PHOTOS; i++)
        see(&networks, names[i], &seen[i]);
    for (size_t i = 0; i < PHOTOS; i++)
        for (size_t j = i + 1; j < PHOTOS; j++) {
            bool same = strncmp(names[i], names[j], 5) == 0;
            float score = hr_vector_score(model, hr_vector_cosine(seen[i].vector, seen[j].vector, VECTOR_SIZE));
            assert_true(same ? score > 3 : score < 2);
        }
    networks_close(&networks);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--write") == 0) {
        write_all();
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(photos_look_as_they_always_did),
        cmocka_unit_test(photos_of_one_person_are_alike_and_of_two_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
