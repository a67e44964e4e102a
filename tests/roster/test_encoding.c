/* Pickles as Python and numpy write them: every protocol, and the course's own file. */
#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "roster/import.h"
#include "roster/support.h"

extern char **environ;

/* Writes the file argv[2] in protocol argv[1]: 'name' and 'encoding' of five students, with arrays
 * of every size and byte order, and one list of numbers. A small exact number in each place. */
static const char script[] =
    "import pickle, sys, numpy\n"
    "protocol, path = int(sys.argv[1]), sys.argv[2]\n"
    "row = lambda k: [k + i / 64 for i in range(128)]\n"
    "data = {'name': ['a', 'b b', '\\u00e9\\u4e16\\U0001f600', 'line\\nback\\\\slash', 'e'],\n"
    "        'encoding': [numpy.array(row(0), '<f8'), numpy.array(row(1), '<f4'),\n"
    "                     numpy.array(row(2), '>f8'), numpy.asfortranarray(row(3)), row(4)],\n"
    "        'version': (1, 2.5, None, True, b'\\x00\\xff', -3, 2 ** 40)}\n"
    "pickle.dump(data, open(path, 'wb'), protocol=protocol)\n";

/* Numpy that homeroom must refuse, with what the error must say. */
static const char refused_script[] =
    "import pickle, sys, numpy\n"
    "kinds = {'object': numpy.array([None, 'x'], dtype=object), 'matrix': numpy.zeros((2, 128)),\n"
    "         'whole': numpy.arange(128), 'half': numpy.zeros(128, 'f2'),\n"
    "         'complex': numpy.zeros(128, 'c16'), 'masked': numpy.ma.zeros(128),\n"
    "         'scalar': [numpy.float64(1)] * 128, 'set': {1.0}}\n"
    "data = {'name': ['a'], 'encoding': [kinds[sys.argv[1]]]}\n"
    "pickle.dump(data, open(sys.argv[2], 'wb'), protocol=4)\n";

/* The interpreter with numpy, or NULL after saying loudly that the test is skipped. */
static const char *python(void)
{
    const char *program = getenv("HOMEROOM_PYTHON");
    if (program == NULL || program[0] == '\0') {
        printf("SKIPPED: HOMEROOM_PYTHON names no Python with numpy\n");
        return NULL;
    }
    return program;
}

static void run_python(const char *text, const char *first, const char *path)
{
    char *arguments[] = {(char *)python(), (char *)"-c", (char *)text,
                         (char *)first,    (char *)path, NULL};
    pid_t child;
    int result = -1;
    int code = posix_spawn(&child, arguments[0], NULL, NULL, arguments, environ);
    if (code != 0)
        fail_msg("%s: %s", arguments[0], strerror(code));
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
}

static void check(const char *path)
{
    static const char *const names[] = {"a", "b b", "\xc3\xa9\xe4\xb8\x96\xf0\x9f\x98\x80",
                                        "line\nback\\slash", "e"};
    struct hr_buffer bytes;
    struct hr_encoding *encodings;
    size_t count;
    test_read_file(path, &bytes);
    assert_ok(hr_import_encoding(hr_buffer_view(&bytes), &encodings, &count, &test_error));
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(encodings[i].name, names[i]);
        assert_int_equal(encodings[i].size, 128);
        for (size_t k = 0; k < 128; k++)
            assert_true(encodings[i].vector[k] == (float)i + (float)k / 64);
    }
    hr_encodings_free(encodings, count);
    hr_buffer_clear(&bytes);
}

static void what_python_writes_is_read_in_every_protocol(void **state)
{
    struct test_folder *folder = *state;
    if (python() == NULL)
        skip();
    for (int protocol = 0; protocol <= 5; protocol++) {
        char text[16], path[256];
        snprintf(text, sizeof text, "%d", protocol);
        snprintf(path, sizeof path, "%s/protocol-%d", folder->path, protocol);
        run_python(script, text, path);
        check(path);
    }
}

static void what_is_no_vector_of_floats_is_refused(void **state)
{
    struct test_folder *folder = *state;
    static const struct {
        const char *kind;
        const char *part;
    } cases[] = {
        {"object", "numpy arrays of 'O8'"},   {"matrix", "array of 2 dimensions"},
        {"whole", "numpy arrays of 'i8'"},    {"half", "numpy arrays of 'f2'"},
        {"complex", "numpy arrays of 'c16'"}, {"masked", "_mareconstruct' is refused"},
        {"scalar", "multiarray.scalar' is"},  {"set", "EMPTY_SET is refused"},
    };
    if (python() == NULL)
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hr_buffer bytes;
        struct hr_encoding *encodings;
        size_t count;
        char path[256];
        snprintf(path, sizeof path, "%s/%s", folder->path, cases[i].kind);
        run_python(refused_script, cases[i].kind, path);
        test_read_file(path, &bytes);
        assert_fails(hr_import_encoding(hr_buffer_view(&bytes), &encodings, &count, &test_error),
                     HR_ERR_UNSUPPORTED, cases[i].part);
        hr_buffer_clear(&bytes);
    }
}

/* --- the course's file --- */

static void read_course_file(struct hr_buffer *out, const char *shared)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/classroom/encoding", shared);
    test_read_file(path, out);
}

static void the_course_encoding_is_read(void **state)
{
    (void)state;
    const char *shared = test_shared_folder();
    if (shared == NULL)
        skip();
    struct hr_buffer bytes;
    struct hr_encoding *encodings;
    size_t count;
    read_course_file(&bytes, shared);
    assert_ok(hr_import_encoding(hr_buffer_view(&bytes), &encodings, &count, &test_error));
    assert_int_equal(count, 11);
    for (size_t i = 0; i < count; i++) {
        double square = 0;
        assert_int_equal(encodings[i].size, 128);
        for (size_t k = 0; k < 128; k++)
            square += (double)encodings[i].vector[k] * (double)encodings[i].vector[k];
        /* the face network's vectors are about as long as 1 to 2 */
        assert_true(square > 1 && square < 4);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(encodings[i].name, encodings[k].name);
    }
    hr_encodings_free(encodings, count);
    hr_buffer_clear(&bytes);
}

static void the_course_encoding_cut_anywhere_is_refused(void **state)
{
    (void)state;
    const char *shared = test_shared_folder();
    if (shared == NULL)
        skip();
    struct hr_buffer bytes;
    struct hr_encoding *encodings;
    size_t count;
    read_course_file(&bytes, shared);
    for (size_t size = 0; size < bytes.size; size++) {
        struct hr_view part = hr_view_of(bytes.data, size);
        assert_fails(hr_import_encoding(part, &encodings, &count, &test_error), HR_ERR_FORMAT,
                     "byte ");
    }
    hr_buffer_clear(&bytes);
}

/* The same numbers as Python finds in it. */
static void the_course_encoding_is_what_python_reads(void **state)
{
    struct test_folder *folder = *state;
    const char *shared = test_shared_folder();
    if (shared == NULL || python() == NULL)
        skip();
    static const char dump[] = "import pickle, sys, numpy\n"
                               "data = pickle.load(open(sys.argv[1], 'rb'))\n"
                               "numpy.array(data['encoding']).astype('<f4').tofile(sys.argv[2])\n";
    char source[4096], path[256];
    struct hr_buffer bytes, expected;
    struct hr_encoding *encodings;
    size_t count;
    snprintf(source, sizeof source, "%s/classroom/encoding", shared);
    snprintf(path, sizeof path, "%s/numbers", folder->path);
    run_python(dump, source, path);
    test_read_file(path, &expected);
    test_read_file(source, &bytes);
    assert_ok(hr_import_encoding(hr_buffer_view(&bytes), &encodings, &count, &test_error));
    size_t size = encodings[0].size * sizeof(float);
    assert_int_equal(expected.size, count * size);
    for (size_t i = 0; i < count; i++)
        assert_memory_equal(encodings[i].vector, expected.data + i * size, size);
    hr_encodings_free(encodings, count);
    hr_buffer_clear(&bytes);
    hr_buffer_clear(&expected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_make, test_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_python_writes_is_read_in_every_protocol),
        TEST(what_is_no_vector_of_floats_is_refused),
        TEST(the_course_encoding_is_read),
        TEST(the_course_encoding_cut_anywhere_is_refused),
        TEST(the_course_encoding_is_what_python_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
