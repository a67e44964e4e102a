/* Pickles as Python and numpy write them: every protocol, and the course's own file. */
#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "records/support.h"
#include "tables/import.h"

extern char **environ;

/* Writes the file argv[2] in protocol argv[1]: 'name' and 'encoding' of five students, with arrays
 * of every size and byte order, and one list of numbers. A small exact number in each place. */
static const char script[] = "import pickle, sys, numpy\n"
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
    "kinds = {'object': numpy.array([None, 'x'], dtype=object), 'cube': numpy.zeros((2, 2, 128)),\n"
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
    char *arguments[] = {(char *)python(), (char *)"-c", (char *)text, (char *)first, (char *)path, NULL};
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
    static const char *const names[] = {"a", "b b", "\xc3\xa9\xe4\xb8\x96\xf0\x9f\x98\x80", "line\nback\\slash", "e"};
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
        {"object", "numpy arrays of 'O8'"},   {"cube", "array of 3 dimensions"},
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
        assert_fails(hr_import_encoding(hr_buffer_view(&bytes), &encodings, &count, &test_error), HR_ERR_UNSUPPORTED,
                     cases[i].part);
        hr_buffer_clear(&bytes);
    }
}

/* --- other shapes of the same --- */

/* Two people, Ann with two vectors; in every shape, in protocol 2, 4 and 5. */
static const char shapes_script[] =
    "import collections, pickle, sys, numpy\n"
    "row = lambda k: numpy.array([k + i / 64 for i in range(128)])\n"
    "names, rows = ['Ann', 'Bob', 'Ann'], [row(0), row(1), row(2)]\n"
    "shapes = {\n"
    "    'plural': {'encodings': rows, 'names': names},\n"
    "    'known': {'known_face_encodings': rows, 'known_face_names': names, 'made': 'today'},\n"
    "    'matrix': {'encodings': numpy.array(rows), 'names': names},\n"
    "    'columns': {'encodings': numpy.asfortranarray(rows), 'names': tuple(names)},\n"
    "    'pair': (rows, names), 'pair-turned': [names, numpy.array(rows)],\n"
    "    'lists': {'name': names, 'encoding': [list(map(float, one)) for one in rows]},\n"
    "    'records': [{'name': n, 'encoding': r} for n, r in zip(names, rows)],\n"
    "    'tuples': list(zip(names, rows)), 'tuples-turned': list(zip(rows, names)),\n"
    "    'people': {'Ann': [row(0), row(2)], 'Bob': row(1)},\n"
    "    'array-names': {'names': numpy.array(names), 'encodings': rows},\n"
    "    'big-names': {'names': numpy.array(names, '>U9'), 'encodings': numpy.array(rows)},\n"
    "    'ordered': collections.OrderedDict([('Ann', [row(0), row(2)]), ('Bob', [row(1)])]),\n"
    "    'default': collections.defaultdict(list, {'Ann': [row(0), row(2)], 'Bob': [row(1)]}),\n"
    "    'people-arrays': {'Ann': numpy.array([row(0), row(2)]), 'Bob': [row(1)]}}\n"
    "pickle.dump(shapes[sys.argv[1]], open(sys.argv[2], 'wb'), protocol=PROTOCOL)\n";

static void assert_two_people(const struct hr_encoding *encodings, size_t count, const char *shape)
{
    int seen = 0;
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        int row = (int)encodings[i].vector[0];
        if (encodings[i].size != 128 || strcmp(encodings[i].name, row == 1 ? "Bob" : "Ann") != 0)
            fail_msg("%s: vector %d is %s's", shape, row, encodings[i].name);
        for (size_t k = 0; k < 128; k++)
            assert_true(encodings[i].vector[k] == (float)row + (float)k / 64);
        seen |= 1 << row;
    }
    assert_int_equal(seen, 7);
}

static void every_shape_is_read(void **state)
{
    static const char *const shapes[] = {
        "plural", "known",         "matrix", "columns",       "pair",        "pair-turned", "lists",   "records",
        "tuples", "tuples-turned", "people", "people-arrays", "array-names", "big-names",   "ordered", "default"};
    struct test_folder *folder = *state;
    if (python() == NULL)
        skip();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct hr_buffer bytes;
        struct hr_encoding *encodings;
        size_t count;
        char path[256], text[sizeof shapes_script + 64];
        snprintf(path, sizeof path, "%s/%s", folder->path, shapes[i]);
        snprintf(text, sizeof text, "PROTOCOL = %d\n%s", (int[]){2, 4, 5}[i % 3], shapes_script);
        run_python(text, shapes[i], path);
        test_read_file(path, &bytes);
        assert_ok(hr_import_encoding(hr_buffer_view(&bytes), &encodings, &count, &test_error));
        assert_two_people(encodings, count, shapes[i]);
        hr_encodings_free(encodings, count);
        hr_buffer_clear(&bytes);
    }
}

/* Protocol 0 can be written by hand. */
static void what_has_no_shape_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *pickle;
        const char *part;
    } cases[] = {
        {"I5\n.", "known shapes"},
        {"(d.", "known shapes"},
        {"(dS'name'\nS'x'\ns.", "known shapes"},
        {"(dS'names'\n(lS'a'\nasS'encodings'\n(ls.", "1 name but 0 encodings"},
        {"(dS'Ann'\nS'x'\ns.", "entry 1: its vector is not an array"},
        {"(dI5\n(lF1.0\nas.", "entry 1: its name is not text"},
        {"(lI1\na.", "entry 1 is not a name"},
        {"(dS'a'\ncbuiltins\nlist\ns.", "entry 1: its vector is not an array"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hr_encoding *encodings;
        size_t count;
        assert_fails(hr_import_encoding(hr_view_text(cases[i].pickle), &encodings, &count, &test_error), HR_ERR_FORMAT,
                     cases[i].part);
    }
}

static void the_cases_are_read(void **state)
{
    (void)state;
    static const char *const files[] = {"by_name.pickle", "encodings_names.pickle"};
    const char *shared = test_shared_folder();
    if (shared == NULL)
        skip();
    for (size_t i = 0; i < 2; i++) {
        char path[4096];
        struct hr_buffer bytes;
        struct hr_encoding *encodings;
        size_t count;
        snprintf(path, sizeof path, "%s/cases/encoding/%s", shared, files[i]);
        if (access(path, R_OK) != 0) {
            printf("SKIPPED: there is no %s\n", path);
            skip();
        }
        test_read_file(path, &bytes);
        assert_ok(hr_import_encoding(hr_buffer_view(&bytes), &encodings, &count, &test_error));
        assert_int_equal(count, 11);
        hr_encodings_free(encodings, count);
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
        assert_fails(hr_import_encoding(part, &encodings, &count, &test_error), HR_ERR_FORMAT, "byte ");
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
        TEST(every_shape_is_read),
        TEST(what_has_no_shape_is_refused),
        TEST(the_cases_are_read),
        TEST(the_course_encoding_is_read),
        TEST(the_course_encoding_cut_anywhere_is_refused),
        TEST(the_course_encoding_is_what_python_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
