/* A worker's queue on a NATS server that means it ill. */
#include "support/check.h"

#include <unistd.h>

#include "base/limits.h"
#include "fake_nats.h"
#include "nats/consumer.h"

/* libnats forgets the head of a message whose connection ends in the middle of it. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:natsBuf_Create";
}

static enum hr_status join(struct hr_nats_consumer **out, const char *url, struct hr_error *error)
{
    static struct hr_nats_place place; /* its servers are borrowed */
    assert_ok(hr_nats_place_parse(&place, url, error), error);
    const struct hr_nats_consumer_options options = {
        .place = &place, .stream = place.stream, .subject = "s3.created", .consumer = "homeroom", .ack_wait_ms = 30000};
    return hr_nats_consumer_open(out, &options, error);
}

/* A worker's queue on a server that lets it in. */
static struct hr_nats_queue let_in(struct fake_nats *fake, struct hr_nats_consumer **consumer)
{
    struct hr_error error;
    fake_nats_start(fake);
    assert_ok(join(consumer, fake->url, &error), &error);
    return hr_nats_consumer_queue(*consumer);
}

static void leave(struct fake_nats *fake, struct hr_nats_consumer *consumer)
{
    hr_nats_consumer_close(consumer);
    fake_nats_stop(fake);
}

static void other_machines_need_tls(void **state)
{
    (void)state;
    struct hr_nats_consumer *consumer;
    struct hr_error error;
    assert_error(join(&consumer, "nats://192.0.2.1:4222/VIDEOS", &error), HR_ERR_ARGUMENT, &error, "use tls://");
    assert_null(consumer);
}

/* What the other tests stand on: of an honest server a message comes. */
static void an_honest_server(void **state)
{
    (void)state;
    struct fake_nats fake = {.flood = 1, .flood_bytes = 5};
    struct hr_nats_consumer *consumer;
    struct hr_nats_message message;
    struct hr_error error;
    struct hr_nats_queue queue = let_in(&fake, &consumer);
    assert_ok(queue.next(queue.context, 10000, &message, &error), &error);
    assert_true(hr_view_equal(message.body, hr_view_text("xxxxx")));
    assert_int_equal(message.sequence, 1);
    leave(&fake, consumer);
}

static void payload_has_a_limit(void **state)
{
    (void)state;
    static const long long sizes[] = {HR_LIMIT_NATS_PAYLOAD_BYTES, HR_LIMIT_NATS_PAYLOAD_BYTES + 1, INT32_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct fake_nats fake = {.max_payload = sizes[i]};
        struct hr_nats_consumer *consumer;
        struct hr_error error;
        fake_nats_start(&fake);
        if (i == 0)
            assert_ok(join(&consumer, fake.url, &error), &error);
        else
            assert_error(join(&consumer, fake.url, &error), HR_ERR_LIMIT, &error, "max_payload");
        leave(&fake, consumer);
    }
}

/* One message was asked for: of what comes beside it only some is kept. */
static void messages_that_nobody_asked_for(void **state)
{
    (void)state;
    enum { SENT = 400 };
    struct fake_nats fake = {.flood = SENT, .flood_bytes = 65536};
    struct hr_nats_consumer *consumer;
    struct hr_nats_message message;
    struct hr_error error;
    int taken = 0;
    struct hr_nats_queue queue = let_in(&fake, &consumer);
    assert_ok(queue.next(queue.context, 10000, &message, &error), &error);
    /* Behind all that was sent: the server answers in order. */
    assert_ok(queue.again(queue.context, 0, &error), &error);
    /* That some were dropped is an error, once. */
    assert_error(queue.next(queue.context, 200, &message, &error), HR_ERR_UNAVAILABLE, &error, "Slow Consumer");
    while (queue.next(queue.context, 200, &message, &error) == HR_OK)
        taken++;
    assert_in_range(taken, 1, HR_LIMIT_NATS_PENDING_MESSAGES);
    leave(&fake, consumer);
}

/* It tells of another server of its cluster and hangs up: in the clear nobody goes where he is sent. */
static void company_is_not_followed_in_the_clear(void **state)
{
    (void)state;
    struct fake_nats fake = {.told_of_port = 1, .hang_up_after_first = 1};
    struct hr_nats_consumer *consumer;
    struct hr_nats_message message;
    struct hr_error error;
    struct hr_nats_queue queue = let_in(&fake, &consumer);
    (void)!queue.next(queue.context, 200, &message, &error);
    while (atomic_load(&fake.connections) + atomic_load(&fake.other_connections) < 2)
        usleep(20000);
    assert_int_equal(atomic_load(&fake.other_connections), 0);
    leave(&fake, consumer);
}

/* Sizes that are none end the connection, and nothing else. */
static void sizes_that_are_none(void **state)
{
    (void)state;
    static const char *const lines[][2] = {{"MSG", "-1"},         {"MSG", "x"},     {"MSG", "99999999999999999999"},
                                           {"MSG", "1900000000"}, {"HMSG", "12 4"}, {"MSG", ""},
                                           {"GSM", "1"}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct fake_nats fake = {.raw = lines[i][0], .raw_end = lines[i][1], .hang_up_after_first = 1};
        struct hr_nats_consumer *consumer;
        struct hr_nats_message message;
        struct hr_error error;
        struct hr_nats_queue queue = let_in(&fake, &consumer);
        assert_int_not_equal(queue.next(queue.context, 500, &message, &error), HR_OK);
        leave(&fake, consumer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_machines_need_tls),
        cmocka_unit_test(an_honest_server),
        cmocka_unit_test(payload_has_a_limit),
        cmocka_unit_test(messages_that_nobody_asked_for),
        cmocka_unit_test(company_is_not_followed_in_the_clear),
        cmocka_unit_test(sizes_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
