#include "records/support.h"

#include <ftw.h>
#include <unistd.h>

struct hr_error test_error;

int test_folder_make(void **state)
{
    struct test_folder *folder = calloc(1, sizeof *folder);
    if (folder == NULL)
        return -1;
    const char *base = getenv("TMPDIR");
    snprintf(folder->path, sizeof folder->path, "%s/homeroom-roster-XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(folder->path) == NULL)
        return -1;
    snprintf(folder->database, sizeof folder->database, "%s/homeroom.db", folder->path);
    *state = folder;
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

int test_folder_remove(void **state)
{
    struct test_folder *folder = *state;
    int result = nftw(folder->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(folder);
    return result;
}

void test_read_file(const char *path, struct hr_buffer *out)
{
    uint8_t chunk[4096];
    size_t got;
    FILE *file = fopen(path, "rb");
    hr_buffer_init(out, (size_t)64 << 20);
    if (file == NULL)
        fail_msg("%s cannot be read", path);
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
        hr_buffer_append(out, hr_view_of(chunk, got));
    fclose(file);
    assert_false(out->failed);
}

void test_write_file(const char *path, struct hr_view bytes)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
    assert_int_equal(fclose(file), 0);
}

bool test_holds(struct hr_view haystack, struct hr_view needle)
{
    return memmem(haystack.data, haystack.size, needle.data, needle.size) != NULL;
}

struct hr_student test_student(const char *id, const char *name, const char *major, const char *year)
{
    return (struct hr_student){.id = (char *)id, .name = (char *)name, .major = (char *)major, .year = (char *)year};
}

void test_vector(float *out, size_t count, unsigned seed)
{
    uint32_t state = seed * 2654435761u + 1;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        out[i] = (float)(state >> 8) / (float)(1 << 24) - 0.5f;
    }
}

struct hr_face_record test_face(const char *student_id, const float *vector, size_t count)
{
    return (struct hr_face_record){.student_id = student_id,
                                   .model_id = "test-model",
                                   .vector = hr_view_of(vector, count * sizeof *vector),
                                   .origin = "photo of a test",
                                   .origin_sha256 = "",
                                   .created_us = 1700000000000000,
                                   .quality = 0.5};
}

void test_add_face(struct hr_database *database, const char *id, const char *model, const char *origin,
                   const char *sha256, unsigned seed)
{
    float vector[128];
    test_vector(vector, 128, seed);
    struct hr_face_record face = test_face(id, vector, 128);
    face.model_id = model;
    face.origin = origin;
    face.origin_sha256 = sha256;
    assert_ok(hr_database_add_face(database, &face, &test_error));
}

void test_add_student(struct hr_database *database, const char *id, const char *name, unsigned seed)
{
    struct hr_student student = test_student(id, name, "physics", "junior");
    float vector[128];
    test_vector(vector, 128, seed);
    struct hr_face_record face = test_face(id, vector, 128);
    assert_ok(hr_database_put_student(database, &student, NULL, &test_error));
    assert_ok(hr_database_add_face(database, &face, &test_error));
}

const char *test_shared_folder(void)
{
    const char *shared = getenv("HOMEROOM_SHARED");
    if (shared == NULL || shared[0] == '\0') {
        printf("SKIPPED: HOMEROOM_SHARED names no folder with the course's files\n");
        return NULL;
    }
    return shared;
}
