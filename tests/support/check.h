/* cmocka with the headers it needs, and checks on views. */
#ifndef HR_TESTS_SUPPORT_CHECK_H
#define HR_TESTS_SUPPORT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* HR_OK, or a failed test that shows the error's text. */
#define assert_ok(call, error)                                                                                         \
    do {                                                                                                               \
        int assert_ok_status = (int)(call);                                                                            \
        if (assert_ok_status != 0)                                                                                     \
            fail_msg("%s: status %d: %s", #call, assert_ok_status, (error)->text);                                     \
    } while (0)

/* The status, the same in the error, and a text that has `part` in it. */
#define assert_error(call, expected, error, part)                                                                      \
    do {                                                                                                               \
        assert_int_equal((call), (expected));                                                                          \
        assert_int_equal((error)->code, (expected));                                                                   \
        if (strstr((error)->text, (part)) == NULL)                                                                     \
            fail_msg("'%s' does not say '%s'", (error)->text, (part));                                                 \
    } while (0)

#endif
