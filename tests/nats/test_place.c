/* Addresses of streams. */
#include <stdio.h>

#include "support/check.h"

#include "nats/place.h"

static struct hr_nats_place parsed(const char *text)
{
    struct hr_nats_place place;
    struct hr_error error = {0};
    if (hr_nats_place_parse(&place, text, &error) != HR_OK)
        fail_msg("%s: %s", text, error.text);
    return place;
}

static void refused(const char *text, const char *because)
{
    struct hr_nats_place place;
    struct hr_error error = {0};
    assert_int_equal(hr_nats_place_parse(&place, text, &error), HR_ERR_ARGUMENT);
    if (strstr(error.text, because) == NULL)
        fail_msg("'%s' is not in: %s", because, error.text);
}

static void one_server(void **state)
{
    (void)state;
    struct hr_nats_place place = parsed("nats://127.0.0.1:4222/VIDEOS");
    assert_int_equal(place.server_count, 1);
    assert_string_equal(place.servers[0], "nats://127.0.0.1:4222");
    assert_string_equal(place.stream, "VIDEOS");
    assert_false(place.tls);
    assert_string_equal(parsed("nats://localhost").stream, "");
    assert_string_equal(parsed("nats://localhost/").stream, "");
    assert_string_equal(parsed("nats://[::1]:4222/A").servers[0], "nats://[::1]:4222");
}

static void several_servers(void **state)
{
    (void)state;
    struct hr_nats_place place = parsed("tls://a:1,tls://b:2,nats://c/STREAM-1_x");
    assert_int_equal(place.server_count, 3);
    assert_string_equal(place.servers[0], "tls://a:1");
    assert_string_equal(place.servers[1], "tls://b:2");
    assert_string_equal(place.servers[2], "nats://c");
    assert_string_equal(place.stream, "STREAM-1_x");
    assert_true(place.tls);
}

static void nonsense(void **state)
{
    (void)state;
    refused("", "nats://HOST:PORT");
    refused("localhost:4222", "nats://HOST:PORT");
    refused("http://localhost/A", "nats://HOST:PORT");
    refused("nats://a,", "nats://HOST:PORT");
    refused("nats:///A", "host is missing");
    refused("nats://a/B/C", "a name has");
    refused("nats://a/B.C", "a name has");
    refused("nats://a/B*", "a name has");
    refused("nats://a/B\x01", "a name has");
    refused("nats://a/ ", "a name has");
}

static void borders(void **state)
{
    char text[HR_NATS_SERVERS_MAX * 16 + 1024], name[HR_NATS_NAME_SIZE + 1];
    struct hr_error error;
    (void)state;
    size_t length = 0;
    for (int i = 0; i < HR_NATS_SERVERS_MAX; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%snats://h%d", i > 0 ? "," : "", i);
    assert_int_equal(parsed(text).server_count, HR_NATS_SERVERS_MAX);
    snprintf(text + length, sizeof text - length, ",nats://h");
    refused(text, "more than 16");

    memset(name, 'a', sizeof name);
    name[HR_NATS_NAME_SIZE - 1] = '\0';
    assert_int_equal(hr_nats_name_check("it", name, &error), HR_OK);
    snprintf(text, sizeof text, "nats://h/%s", name);
    assert_string_equal(parsed(text).stream, name);
    name[HR_NATS_NAME_SIZE - 1] = 'a';
    name[HR_NATS_NAME_SIZE] = '\0';
    assert_int_equal(hr_nats_name_check("it", name, &error), HR_ERR_ARGUMENT);
    /* Not cut to a name that fits. */
    snprintf(text, sizeof text, "nats://h/%s", name);
    refused(text, "a name has");
    assert_int_equal(hr_nats_name_check("it", "", &error), HR_ERR_ARGUMENT);

    memset(text, 'a', sizeof text);
    memcpy(text, "nats://", 7);
    text[HR_NATS_SERVER_SIZE - 1] = '\0';
    parsed(text);
    text[HR_NATS_SERVER_SIZE - 1] = 'a';
    text[HR_NATS_SERVER_SIZE] = '\0';
    refused(text, "too long");
}

/* What is refused may hold a password. */
static void errors_repeat_no_secret(void **state)
{
    static const char *const bad[] = {"nats://u:geheim@/A.B", "nats://u:geheim@h/A.B", "u:geheim@h",
                                      "nats://u:geheim@h,x"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hr_nats_place place;
        struct hr_error error = {0};
        assert_int_equal(hr_nats_place_parse(&place, bad[i], &error), HR_ERR_ARGUMENT);
        assert_null(strstr(error.text, "geheim"));
    }
}

static void in_the_clear_to_this_machine_only(void **state)
{
    (void)state;
    static const char *const fine[] = {"nats://127.0.0.1", "nats://u:p@localhost:4222/S",
                                       "nats://[::1]:4222,nats://127.1.2.3", "tls://a.example",
                                       "nats://a.example,tls://b.example"};
    static const char *const bad[] = {"nats://a.example",
                                      "nats://u:geheim@10.0.0.1:4222/S",
                                      "nats://127.0.0.1,nats://geheim@a.example",
                                      "nats://localhost@a.example",
                                      "nats://a@b@127.0.0.1",
                                      "nats://localhost.example"};
    struct hr_nats_place place;
    struct hr_error error;
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        assert_ok(hr_nats_place_parse(&place, fine[i], &error), &error);
        assert_ok(hr_nats_place_check_clear(&place, &error), &error);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_ok(hr_nats_place_parse(&place, bad[i], &error), &error);
        assert_error(hr_nats_place_check_clear(&place, &error), HR_ERR_ARGUMENT, &error, "--insecure");
        assert_null(strstr(error.text, "geheim"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_server),
        cmocka_unit_test(several_servers),
        cmocka_unit_test(nonsense),
        cmocka_unit_test(borders),
        cmocka_unit_test(errors_repeat_no_secret),
        cmocka_unit_test(in_the_clear_to_this_machine_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
