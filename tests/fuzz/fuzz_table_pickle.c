/* The pickle reader on the corpus, on changed copies of it, and on programs of random
 * instructions: an answer each time, and never a promise broken. */
#include "fuzz/fuzz_table.h"

#include <math.h>
#include <stdio.h>

#include "base/limits.h"
#include "tables/import.h"

enum { MUTATIONS = 100000, PROGRAMS = 60000 };

static size_t read_well; /* that some inputs are read shows that not all stop at the first byte */

static void check_encodings(const struct hr_encoding *encodings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct hr_view name = hr_view_text(encodings[i].name);
        assert_true(name.size > 0 && name.size <= HR_LIMIT_CELL_BYTES);
        assert_true(hr_view_is_utf8(name));
        assert_true(encodings[i].size > 0);
        for (size_t k = 0; k < encodings[i].size; k++)
            assert_true(isfinite(encodings[i].vector[k]));
    }
}

static void read_one(struct hr_view bytes)
{
    struct hr_encoding *encodings = (struct hr_encoding *)&encodings; /* must be overwritten */
    size_t count = 99;
    struct hr_error error = {0};
    enum hr_status status = hr_import_encoding(bytes, &encodings, &count, &error);
    if (status == HR_OK) {
        read_well++;
        check_encodings(encodings, count);
        hr_encodings_free(encodings, count);
        return;
    }
    assert_true(status == HR_ERR_FORMAT || status == HR_ERR_UNSUPPORTED || status == HR_ERR_LIMIT);
    assert_int_equal(error.code, status);
    assert_int_not_equal(error.text[0], '\0');
    assert_true(hr_view_is_utf8(hr_view_text(error.text)));
    assert_null(encodings);
    assert_int_equal(count, 0);
}

/* The corpus says in its names what becomes of each file. */
static void the_corpus(void **state)
{
    (void)state;
    struct fuzz_seeds *seeds = test_calloc(1, sizeof *seeds);
    fuzz_seeds_read(seeds, "pickle", "");
    for (size_t i = 0; i < seeds->count; i++) {
        const struct fuzz_seed *seed = &seeds->items[i];
        struct hr_view bytes = hr_view_of(seed->bytes.data, seed->bytes.size);
        size_t before = read_well;
        fuzz_run(bytes, read_one);
        bool valid = strncmp(seed->name, "valid-", 6) == 0;
        if ((read_well > before) != valid)
            fail_msg("%s was %s", seed->name, valid ? "refused" : "read");
        for (size_t size = 0; size < bytes.size; size++)
            fuzz_run(hr_view_of(bytes.data, size), read_one);
    }
    fuzz_seeds_clear(seeds);
    test_free(seeds);
}

static const char *const words[] = {
    "cnumpy\nndarray\n",
    "cnumpy\ndtype\n",
    "cnumpy.core.multiarray\n_reconstruct\n",
    "cnumpy.core.numeric\n_frombuffer\n",
    "c_codecs\nencode\n",
    "cbuiltins\nbytes\n",
    "cos\nsystem\n",
    "U\2f8",
    "U\1<",
    "U\1>",
    "U\4name",
    "U\10encoding",
    "C\10abcdefgh",
    "\x8c\6latin1",
    "Vlatin1\n",
    "G\x3f\xe0zzzzzz",
    "K\1",
    "I-1\n",
    "L9L\n",
    "F0.5\n",
    "S'x'\n",
    "p0\n",
    "g0\n",
    "q\1",
    "h\1",
    "\x94",
    "N",
    "\x88",
    "(",
    ")",
    "]",
    "}",
    "t",
    "l",
    "d",
    "a",
    "e",
    "s",
    "u",
    "R",
    "b",
    "0",
    "1",
    "2",
    "\x85",
    "\x86",
    "\x87",
    "\x93",
    ".",
};
enum { WORDS = sizeof words / sizeof *words };

static void changed_copies(void **state)
{
    (void)state;
    struct fuzz_random random = {UINT64_C(0x70696b6c65)};
    struct fuzz_seeds *seeds = test_calloc(1, sizeof *seeds);
    fuzz_seeds_read(seeds, "pickle", "");
    size_t before = read_well;
    for (size_t i = 0; i < MUTATIONS; i++) {
        struct hr_buffer bytes;
        fuzz_mutate(seeds, words, WORDS, &random, &bytes);
        fuzz_run(hr_buffer_view(&bytes), read_one);
        hr_buffer_clear(&bytes);
    }
    printf("%zu of %d changed copies could be read\n", read_well - before, MUTATIONS);
    assert_true(read_well - before > MUTATIONS / 100);
    fuzz_seeds_clear(seeds);
    test_free(seeds);
}

static void random_programs(void **state)
{
    (void)state;
    struct fuzz_random random = {UINT64_C(0x70726f6772616d)};
    for (size_t i = 0; i < PROGRAMS; i++) {
        struct hr_buffer bytes;
        hr_buffer_init(&bytes, 1 << 16);
        size_t length = 1 + fuzz_below(&random, 60);
        for (size_t k = 0; k < length; k++)
            hr_buffer_append_text(&bytes, words[fuzz_below(&random, WORDS)]);
        hr_buffer_append_text(&bytes, ".");
        fuzz_run(hr_buffer_view(&bytes), read_one);
        hr_buffer_clear(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_corpus),
        cmocka_unit_test(changed_copies),
        cmocka_unit_test(random_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
