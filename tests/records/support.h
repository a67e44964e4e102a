/* What the roster's tests share: a folder of their own, files in it, records. */
#ifndef TESTS_RECORDS_SUPPORT_H
#define TESTS_RECORDS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "records/database.h"

/* HR_OK, or the test fails with the error's text. */
#define assert_ok(call)                                                                                                \
    do {                                                                                                               \
        struct hr_error *the_error = &test_error;                                                                      \
        the_error->text[0] = '\0';                                                                                     \
        enum hr_status the_status = (call);                                                                            \
        if (the_status != HR_OK)                                                                                       \
            fail_msg("%s: %s: %s", #call, hr_status_name(the_status), the_error->text);                                \
    } while (0)

/* That status, and an error whose code is the same and whose text holds `part`. */
#define assert_fails(call, status, part)                                                                               \
    do {                                                                                                               \
        memset(&test_error, 0, sizeof test_error);                                                                     \
        enum hr_status the_status = (call);                                                                            \
        if (the_status != (status) || test_error.code != (status) || strstr(test_error.text, (part)) == NULL)          \
            fail_msg("%s: got %s '%s', expected %s '...%s...'", #call, hr_status_name(the_status), test_error.text,    \
                     hr_status_name(status), (part));                                                                  \
    } while (0)

/* Every call in a test that can fail gets this one. */
extern struct hr_error test_error;

/* cmocka fixtures: *state becomes a struct test_folder. */
struct test_folder {
    char path[128];
    char database[160]; /* a name in it; not made yet */
};
int test_folder_make(void **state);
int test_folder_remove(void **state);

/* All bytes of a file; the test fails when it is not there. Clear the buffer. */
void test_read_file(const char *path, struct hr_buffer *out);
void test_write_file(const char *path, struct hr_view bytes);
bool test_holds(struct hr_view haystack, struct hr_view needle);

/* A record of literals; never cleared. */
struct hr_student test_student(const char *id, const char *name, const char *major, const char *year);
/* `count` numbers that differ for each seed and look like nothing else. */
void test_vector(float *out, size_t count, unsigned seed);
struct hr_face_record test_face(const char *student_id, const float *vector, size_t count);
/* A face of test_vector(seed), 128 numbers. */
void test_add_face(struct hr_database *database, const char *id, const char *model, const char *origin,
                   const char *sha256, unsigned seed);
/* One student with one face of test_vector(seed), 128 numbers. */
void test_add_student(struct hr_database *database, const char *id, const char *name, unsigned seed);

/* The folder with the course's files, or NULL after saying loudly that the test is skipped. */
const char *test_shared_folder(void);

#endif
