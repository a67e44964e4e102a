#include "support/check.h"

#include <stdio.h>

#include "base/host.h"

static void authority_has_one_host(void **state)
{
    (void)state;
    static const struct {
        const char *authority, *host;
    } cases[] = {{"a.example", "a.example"},
                 {"a.example:4222", "a.example"},
                 {"user:password@a.example:1", "a.example"},
                 {"127.0.0.1@a.example", "a.example"},
                 {"[::1]:4222", "::1"},
                 {"token@[fe80::1]", "fe80::1"},
                 {"u@127.0.0.1@a.example", ""}, /* of two readers each may take another */
                 {"a.example@x@127.0.0.1", ""},
                 {"[::1", ""},
                 {":80", ""},
                 {"user@", ""},
                 {"", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hr_view host = hr_host_of_authority(hr_view_text(cases[i].authority));
        if (!hr_view_equal(host, hr_view_text(cases[i].host)))
            fail_msg("'%s' gives '%.*s'", cases[i].authority, (int)host.size, (const char *)host.data);
    }
}

static void loopback_is_this_machine_only(void **state)
{
    (void)state;
    static const char *const here[] = {"localhost", "LocalHost", "127.0.0.1", "127.8.9.10", "::1", "0:0:0:0:0:0:0:1"};
    static const char *const away[] = {
        "",           "localhost.example", "127.0.0.1.example", "127.example", "127.1",
        "0177.0.0.1", "128.0.0.1",         "0.0.0.0",           "10.0.0.1",    "::",
        "::2",        "localhos",          "2130706433",        " 127.0.0.1",  "169.254.1.1"};
    for (size_t i = 0; i < sizeof here / sizeof *here; i++)
        assert_true(hr_host_is_loopback(hr_view_text(here[i])));
    for (size_t i = 0; i < sizeof away / sizeof *away; i++)
        if (hr_host_is_loopback(hr_view_text(away[i])))
            fail_msg("'%s' is taken for this machine", away[i]);
    assert_false(hr_host_is_loopback(hr_view_of("127.0.0.1\0.example", 18)));
}

static void link_local_is_beside_it(void **state)
{
    (void)state;
    assert_true(hr_host_is_link_local(hr_view_text("169.254.170.2")));
    assert_true(hr_host_is_link_local(hr_view_text("fd00:ec2::254")));
    assert_false(hr_host_is_link_local(hr_view_text("169.253.170.2")));
    assert_false(hr_host_is_link_local(hr_view_text("169.254.170.2.example")));
    assert_false(hr_host_is_link_local(hr_view_text("fd00:ec3::254")));
    assert_false(hr_host_is_link_local(hr_view_text("127.0.0.1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(authority_has_one_host),
        cmocka_unit_test(loopback_is_this_machine_only),
        cmocka_unit_test(link_local_is_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
