/* The stream of ranges, on a twin of S3: hr_s3_get_range is the test's own. */
#include "support/check.h"

#include <pthread.h>
#include <stdio.h>

#include "store/s3.h"

#define MIB ((size_t)1 << 20)

/* The object is made of its offsets: no memory holds it. */
static uint8_t byte_at(uint64_t offset)
{
    return (uint8_t)(offset * 2654435761u >> 24 ^ offset);
}

/* What the twin does, and what it was asked. */
static struct {
    pthread_mutex_t lock;
    uint64_t size_bytes;
    const char *etag;
    enum hr_status fails; /* ranges that begin at or behind fail_from_bytes */
    uint64_t fail_from_bytes;
    bool cuts;                /* gives one byte less than it should */
    uint64_t hang_from_bytes; /* such ranges wait until the caller gives up */
    size_t requests;
    uint64_t bytes;
    size_t running, running_max;
    size_t without_condition; /* requests behind the first that did not carry the ETag */
    size_t given_up;
    bool no_threads;
} twin;

/* While the stream's threads may be asking. */
#define TWIN_SET(member, value)                                                                                        \
    do {                                                                                                               \
        pthread_mutex_lock(&twin.lock);                                                                                \
        twin.member = (value);                                                                                         \
        pthread_mutex_unlock(&twin.lock);                                                                              \
    } while (0)

static void twin_reset(uint64_t size_bytes)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    memset(&twin, 0, sizeof twin);
    twin.lock = lock;
    twin.size_bytes = size_bytes;
    twin.etag = "\"first\"";
    twin.fail_from_bytes = twin.hang_from_bytes = UINT64_MAX;
}

static enum hr_status answer(const struct hr_s3_range *range, void *into, size_t *got, struct hr_s3_info *info,
                             struct hr_error *error)
{
    if (range->offset_bytes >= twin.fail_from_bytes)
        return hr_error_set(error, twin.fails, "the twin fails");
    if (range->if_match != NULL && strcmp(range->if_match, twin.etag) != 0)
        return hr_error_set(error, HR_ERR_CONFLICT, "412");
    if (range->offset_bytes >= twin.size_bytes)
        return HR_END;
    uint64_t left = twin.size_bytes - range->offset_bytes;
    *got = left < range->size_bytes ? (size_t)left : range->size_bytes;
    if (twin.cuts)
        (*got)--;
    for (size_t i = 0; i < *got; i++)
        ((uint8_t *)into)[i] = byte_at(range->offset_bytes + i);
    if (info != NULL) {
        *info = (struct hr_s3_info){.size_bytes = twin.size_bytes};
        snprintf(info->etag, sizeof info->etag, "%s", twin.etag);
    }
    return HR_OK;
}

enum hr_status hr_s3_get_range(struct hr_aws *aws, const struct hr_s3_object *object, const struct hr_s3_range *range,
                               const struct hr_deadline *deadline, void *into, size_t *got, struct hr_s3_info *info,
                               struct hr_error *error)
{
    assert_null(aws);
    assert_string_equal(object->bucket, "lessons");
    assert_string_equal(object->key, "a b/1.mp4");
    *got = 0;
    pthread_mutex_lock(&twin.lock);
    if (++twin.running > twin.running_max)
        twin.running_max = twin.running;
    if (twin.requests++ > 0 && range->if_match == NULL)
        twin.without_condition++;
    bool hangs = range->offset_bytes >= twin.hang_from_bytes;
    pthread_mutex_unlock(&twin.lock);

    enum hr_status status = HR_OK;
    while (hangs && !hr_deadline_passed(deadline))
        hr_clock_system()->sleep_us(NULL, 1000);
    pthread_mutex_lock(&twin.lock);
    if (hangs)
        status = hr_error_set(error, HR_ERR_DEADLINE, "the deadline passed");
    else
        status = answer(range, into, got, info, error);
    twin.running--;
    twin.bytes += *got;
    twin.given_up += hangs;
    pthread_mutex_unlock(&twin.lock);
    return status;
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    return twin.no_threads ? 11 : __real_pthread_create(thread, attributes, start, argument);
}

static enum hr_status open_twin(struct hr_stream *out, const struct hr_deadline *deadline, struct hr_error *error)
{
    /* Copied: what was given may go. */
    char bucket[] = "lessons", key[] = "a b/1.mp4";
    struct hr_s3_object object = {.bucket = bucket, .key = key};
    enum hr_status status = hr_s3_stream_open(out, NULL, &object, deadline, error);
    memset(key, 'x', sizeof key - 1);
    return status;
}

static void opened(struct hr_stream *out)
{
    struct hr_error error;
    assert_ok(open_twin(out, NULL, &error), &error);
    assert_int_equal(out->size_bytes, twin.size_bytes);
}

static void seek(struct hr_stream *stream, uint64_t at)
{
    struct hr_error error;
    assert_ok(stream->seek(stream->context, at, &error), &error);
}

/* Reads `size` bytes in the pieces that FFmpeg takes, and looks at each. */
static void read_right(struct hr_stream *stream, uint64_t at, uint64_t size)
{
    static uint8_t piece[65536];
    struct hr_error error;
    seek(stream, at);
    for (uint64_t end = at + size; at < end;) {
        size_t got = 0, want = end - at < sizeof piece ? (size_t)(end - at) : sizeof piece;
        assert_ok(stream->read(stream->context, piece, want, &got, &error), &error);
        assert_true(got > 0 && got <= want);
        for (size_t i = 0; i < got; i++)
            if (piece[i] != byte_at(at + i))
                fail_msg("byte %llu is wrong", (unsigned long long)(at + i));
        at += got;
    }
}

static enum hr_status read_one(struct hr_stream *stream, uint64_t at, struct hr_error *error)
{
    uint8_t byte;
    size_t got = 0;
    seek(stream, at);
    return stream->read(stream->context, &byte, 1, &got, error);
}

static void assert_at_end(struct hr_stream *stream)
{
    struct hr_error error;
    assert_int_equal(read_one(stream, twin.size_bytes, &error), HR_END);
    assert_int_equal(read_one(stream, twin.size_bytes + 5, &error), HR_END);
}

static void a_short_clip_is_one_request(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 300000, MIB};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct hr_stream stream;
        twin_reset(sizes[i]);
        opened(&stream);
        read_right(&stream, 0, sizes[i]);
        read_right(&stream, sizes[i] / 2, sizes[i] - sizes[i] / 2);
        read_right(&stream, 0, sizes[i]);
        assert_at_end(&stream);
        assert_int_equal(twin.requests, 1);
        assert_string_equal(hr_s3_stream_etag(&stream), "\"first\"");
        struct hr_s3_traffic traffic = hr_s3_stream_traffic(&stream);
        assert_int_equal(traffic.requests, 1);
        assert_int_equal(traffic.bytes, sizes[i]);
        hr_stream_close(&stream);
    }
}

static void an_empty_object_is_an_empty_stream(void **state)
{
    (void)state;
    struct hr_stream stream;
    twin_reset(0);
    opened(&stream);
    assert_at_end(&stream);
    assert_string_equal(hr_s3_stream_etag(&stream), "");
    hr_stream_close(&stream);
}

static void straight_through_every_byte_comes_once(void **state)
{
    (void)state;
    struct hr_stream stream;
    twin_reset(45 * MIB + 12345);
    opened(&stream);
    read_right(&stream, 0, twin.size_bytes);
    assert_at_end(&stream);
    assert_int_equal(twin.bytes, twin.size_bytes);
    assert_int_equal(twin.without_condition, 0);
    assert_true(twin.running_max <= 3);
    assert_true(twin.requests <= 14);
    struct hr_s3_traffic traffic = hr_s3_stream_traffic(&stream);
    assert_int_equal(traffic.bytes, twin.size_bytes);
    assert_int_equal(traffic.requests, twin.requests);
    hr_stream_close(&stream);
}

static void without_threads_it_is_only_slower(void **state)
{
    (void)state;
    struct hr_stream stream;
    twin_reset(20 * MIB);
    twin.no_threads = true;
    opened(&stream);
    read_right(&stream, 0, twin.size_bytes);
    assert_int_equal(twin.bytes, twin.size_bytes);
    assert_int_equal(twin.running_max, 1);
    hr_stream_close(&stream);
}

/* As an MP4 is read whose index is at the end, with jumps between the two. */
static void an_index_at_the_end_costs_itself_only(void **state)
{
    (void)state;
    struct hr_stream stream;
    const uint64_t index = 700000;
    twin_reset(60 * MIB);
    opened(&stream);
    read_right(&stream, 0, 48);
    read_right(&stream, twin.size_bytes - index, index);
    read_right(&stream, 48, 4096);
    read_right(&stream, twin.size_bytes - index + 10, 100);
    assert_int_equal(twin.requests, 2);
    assert_int_equal(twin.bytes, MIB + index);
    read_right(&stream, 48, twin.size_bytes - 48 - index);
    read_right(&stream, twin.size_bytes - index, index);
    assert_int_equal(twin.bytes, twin.size_bytes);
    hr_stream_close(&stream);
}

static void a_large_index_is_read_in_growing_blocks(void **state)
{
    (void)state;
    struct hr_stream stream;
    const uint64_t index = 11 * MIB;
    twin_reset(200 * MIB);
    opened(&stream);
    read_right(&stream, twin.size_bytes - index, index);
    assert_int_equal(twin.bytes, MIB + index);
    assert_true(twin.requests <= 6);
    hr_stream_close(&stream);
}

/* Whatever the order, the bytes are right. */
static void any_order_is_right(void **state)
{
    (void)state;
    struct hr_stream stream;
    uint32_t chance = 1;
    twin_reset(37 * MIB + 1);
    opened(&stream);
    for (int i = 0; i < 300; i++) {
        chance = chance * 1664525u + 1013904223u;
        uint64_t at = chance % twin.size_bytes;
        chance = chance * 1664525u + 1013904223u;
        uint64_t size = i % 7 == 0 ? chance % (3 * MIB) : chance % 5000;
        if (size > twin.size_bytes - at)
            size = twin.size_bytes - at;
        read_right(&stream, at, size);
    }
    assert_true(twin.running_max <= 3);
    hr_stream_close(&stream);
}

static void a_replaced_object_ends_it(void **state)
{
    (void)state;
    struct hr_stream stream;
    struct hr_error error;
    twin_reset(30 * MIB);
    opened(&stream);
    read_right(&stream, 0, MIB);
    TWIN_SET(etag, "\"second\"");
    assert_error(read_one(&stream, 20 * MIB, &error), HR_ERR_CONFLICT, &error,
                 "'s3://lessons/a b/1.mp4' was replaced by another object");
    read_right(&stream, 0, MIB); /* what is there is of the first */
    hr_stream_close(&stream);
}

static void a_removed_object_ends_it(void **state)
{
    (void)state;
    struct hr_stream stream;
    struct hr_error error;
    twin_reset(30 * MIB);
    opened(&stream);
    TWIN_SET(fails, HR_ERR_NOT_FOUND);
    TWIN_SET(fail_from_bytes, 0);
    assert_error(read_one(&stream, 20 * MIB, &error), HR_ERR_NOT_FOUND, &error, "was removed while it was being read");
    hr_stream_close(&stream);
}

static void a_missing_object_is_known_at_once(void **state)
{
    (void)state;
    struct hr_stream stream;
    struct hr_error error;
    twin_reset(10);
    TWIN_SET(fails, HR_ERR_NOT_FOUND);
    TWIN_SET(fail_from_bytes, 0);
    assert_error(open_twin(&stream, NULL, &error), HR_ERR_NOT_FOUND, &error,
                 "opening 's3://lessons/a b/1.mp4': the twin fails");
    assert_null(stream.context);
    twin_reset(10);
    TWIN_SET(cuts, true);
    assert_error(open_twin(&stream, NULL, &error), HR_ERR_IO, &error, "9 bytes of the first 10");
}

static void too_few_bytes_are_an_error(void **state)
{
    (void)state;
    struct hr_stream stream;
    struct hr_error error;
    twin_reset(30 * MIB);
    opened(&stream);
    TWIN_SET(cuts, true);
    assert_error(read_one(&stream, 20 * MIB, &error), HR_ERR_IO, &error,
                 "reading 's3://lessons/a b/1.mp4' at byte 20971520: the server sent 1048575 bytes");
    hr_stream_close(&stream);
}

/* What fails ahead of the reader is told when the reader gets there, and tried again then. */
static void a_failure_ahead_waits_for_the_reader(void **state)
{
    (void)state;
    struct hr_stream stream;
    struct hr_error error;
    twin_reset(30 * MIB);
    opened(&stream);
    TWIN_SET(fails, HR_ERR_UNAVAILABLE);
    TWIN_SET(fail_from_bytes, 3 * MIB);
    read_right(&stream, 0, 3 * MIB);
    assert_error(read_one(&stream, 3 * MIB, &error), HR_ERR_UNAVAILABLE, &error, "the twin fails");
    TWIN_SET(fail_from_bytes, UINT64_MAX);
    for (int i = 0; i < 2; i++) /* another block may have failed as well */
        (void)!read_one(&stream, 7 * MIB, &error);
    read_right(&stream, 3 * MIB, 27 * MIB);
    hr_stream_close(&stream);
}

static void *stop_soon(void *flag)
{
    hr_clock_system()->sleep_us(NULL, 20000);
    hr_stop_request(flag);
    return NULL;
}

/* The reader waits for a thread that waits for the network. */
static void a_stop_flag_ends_the_wait(void **state)
{
    (void)state;
    const uint64_t from[] = {20 * MIB, 3 * MIB};
    for (size_t i = 0; i < 2; i++) {
        struct hr_stream stream;
        struct hr_error error;
        pthread_t thread;
        struct hr_stop stop = {false};
        struct hr_deadline deadline = {hr_clock_system(), INT64_MAX, &stop};
        twin_reset(30 * MIB);
        assert_ok(open_twin(&stream, &deadline, &error), &error);
        TWIN_SET(hang_from_bytes, from[i]);
        if (i == 1)
            read_right(&stream, 0, 3 * MIB);
        assert_int_equal(pthread_create(&thread, NULL, stop_soon, &stop), 0);
        assert_error(read_one(&stream, from[i], &error), HR_ERR_DEADLINE, &error, "");
        assert_int_equal(read_one(&stream, 0, &error), HR_ERR_DEADLINE);
        pthread_join(thread, NULL);
        hr_stream_close(&stream);
        assert_int_equal(twin.running, 0);
    }
}

/* Closing does not wait for what nobody will read. */
static void closing_ends_what_is_under_way(void **state)
{
    (void)state;
    struct hr_stream stream;
    twin_reset(30 * MIB);
    opened(&stream);
    TWIN_SET(hang_from_bytes, 3 * MIB);
    read_right(&stream, 0, 3 * MIB);
    hr_stream_close(&stream);
    assert_int_equal(twin.running, 0);
}

/* A jump elsewhere does not wait for what was fetched ahead of the old place. */
static void a_jump_forgets_what_was_ahead(void **state)
{
    (void)state;
    struct hr_stream stream;
    twin_reset(60 * MIB);
    opened(&stream);
    TWIN_SET(hang_from_bytes, 3 * MIB);
    read_right(&stream, 0, 3 * MIB);
    TWIN_SET(hang_from_bytes, UINT64_MAX);
    read_right(&stream, 50 * MIB, 10 * MIB);
    read_right(&stream, 3 * MIB, 10 * MIB);
    hr_stream_close(&stream);
}

static void other_streams_have_no_traffic(void **state)
{
    (void)state;
    struct hr_stream stream;
    struct hr_error error;
    assert_ok(hr_stream_open_memory(&stream, hr_view_text("x"), &error), &error);
    assert_int_equal(hr_s3_stream_traffic(&stream).requests, 0);
    assert_null(hr_s3_stream_etag(&stream));
    hr_stream_close(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_clip_is_one_request),
        cmocka_unit_test(an_empty_object_is_an_empty_stream),
        cmocka_unit_test(straight_through_every_byte_comes_once),
        cmocka_unit_test(without_threads_it_is_only_slower),
        cmocka_unit_test(an_index_at_the_end_costs_itself_only),
        cmocka_unit_test(a_large_index_is_read_in_growing_blocks),
        cmocka_unit_test(any_order_is_right),
        cmocka_unit_test(a_replaced_object_ends_it),
        cmocka_unit_test(a_removed_object_ends_it),
        cmocka_unit_test(a_missing_object_is_known_at_once),
        cmocka_unit_test(too_few_bytes_are_an_error),
        cmocka_unit_test(a_failure_ahead_waits_for_the_reader),
        cmocka_unit_test(a_stop_flag_ends_the_wait),
        cmocka_unit_test(closing_ends_what_is_under_way),
        cmocka_unit_test(a_jump_forgets_what_was_ahead),
        cmocka_unit_test(other_streams_have_no_traffic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
