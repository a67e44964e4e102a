/* No enrolled vector is left in memory, whatever came of the enrolment: every block is looked at when it is freed. */
#include "support/check.h"

#include <malloc.h>

#include "classroom/engine.h"
#include "classroom/enroll.h"
#include "classroom/enroll_plan.h"
#include "store/store.h"
#include "support/temporary.h"

void __real_free(void *block);
void __wrap_free(void *block);

static struct {
    struct hr_view vector; /* that nobody is to find; empty: nothing is looked for */
    size_t found;          /* blocks that had it when they were freed */
} look_out;

void __wrap_free(void *block)
{
    size_t size = block != NULL ? malloc_usable_size(block) : 0;
    if (size > 0 && look_out.vector.size > 0)
        look_out.found += memmem(block, size, look_out.vector.data, look_out.vector.size) != NULL;
    __real_free(block);
}

static void look_out_for(const float *numbers, size_t count)
{
    look_out.vector = hr_view_of(numbers, count * sizeof *numbers);
    look_out.found = 0;
}

static void assert_nothing_found(void)
{
    assert_int_equal(look_out.found, 0);
    look_out.vector = (struct hr_view){0};
}

struct class
{
    struct temporary folder;
    struct hr_engine *engine;
};

static int set_up(void **state)
{
    struct class *class = calloc(1, sizeof *class);
    struct hr_error error;
    temporary_make(&class->folder);
    struct temporary_path database = temporary_path(&class->folder, "homeroom.db");
    struct hr_engine_options options = {
        .size = sizeof options, .database_path = database.text, .model_dir = getenv("HOMEROOM_MODELS")};
    assert_ok(hr_engine_open_mode(&class->engine, &options, HR_DATABASE_CREATE, &error), &error);
    *state = class;
    return 0;
}

static int tear_down(void **state)
{
    struct class *class = *state;
    hr_engine_close(class->engine);
    temporary_remove(&class->folder);
    free(class);
    return 0;
}

/* Up to the commit, in which somebody else's change is in the way when `fails`. */
static void enroll_photo(struct hr_engine *engine, const char *id, const char *photo, bool fails)
{
    static float vector[HR_VECTOR_PARTS_MAX * 512];
    struct hr_error error;
    struct hr_session *session = NULL;
    struct hr_enrolment *plan = NULL;
    struct hr_buffer bytes;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/../photos/%s", getenv("HOMEROOM_MODELS"), photo);
    hr_buffer_init(&bytes, HR_LIMIT_PHOTO_BYTES);
    assert_ok(hr_file_read(&bytes, path, NULL, &error), &error);
    assert_ok(hr_session_new_enrolling(&session, engine, 1, &error), &error);
    assert_ok(hr_enrolment_new(&plan, engine, session, NULL, &error), &error);
    assert_ok(hr_enrolment_photo(plan, id, hr_buffer_view(&bytes), photo, &error), &error);
    assert_true(plan->items[0].pending && plan->layout->size <= sizeof vector / sizeof *vector);
    memcpy(vector, plan->items[0].vectors, plan->layout->size * sizeof *vector);
    look_out_for(vector, plan->layout->parts[0].model->vector_size);
    assert_ok(hr_enrolment_judge(plan, &error), &error);
    if (fails)
        assert_ok(hr_database_begin(plan->snapshot->database, &error), &error);
    assert_int_equal(hr_enrolment_commit(plan, &error), fails ? HR_ERR_DATABASE : HR_OK);
    hr_database_rollback(plan->snapshot->database);
    hr_enrolment_free(plan);
    assert_nothing_found();
    hr_buffer_clear(&bytes);
    hr_session_free(session);
}

static void photos(void **state)
{
    struct class *class = *state;
    enroll_photo(class->engine, "44", "obama.jpg", true);
    enroll_photo(class->engine, "44", "obama.jpg", false);
    enroll_photo(class->engine, "44", "obama2.jpg", false); /* a record is there to be compared with */
}

/* Of length 1 as it is, so that its unit vector has the same bytes. */
static struct hr_encoding make_encoding(const char *name, size_t place)
{
    struct hr_encoding encoding = {.name = strdup(name), .size = HR_ENCODING_SIZE};
    encoding.vector = calloc(HR_ENCODING_SIZE, sizeof *encoding.vector);
    assert_true(encoding.name != NULL && encoding.vector != NULL);
    for (size_t i = 0; i < 4; i++)
        encoding.vector[(place + 7 * i) % HR_ENCODING_SIZE] = 0.5F;
    return encoding;
}

/* The second entry is no vector when `fails`: by then the first has been prepared. */
static void enroll_encodings(struct hr_engine *engine, bool fails)
{
    static float vector[HR_ENCODING_SIZE];
    struct hr_error error;
    struct hr_encoding_summary summary;
    struct hr_encoding *encodings = calloc(2, sizeof *encodings);
    assert_non_null(encodings);
    encodings[0] = make_encoding("ada", 3);
    encodings[1] = make_encoding("bob", 50);
    memcpy(vector, encodings[0].vector, sizeof vector);
    look_out_for(vector, HR_ENCODING_SIZE);
    encodings[1].size -= fails;
    assert_int_equal(hr_enroll_encodings(engine, encodings, 2, NULL, &summary, &error), fails ? HR_ERR_FORMAT : HR_OK);
    hr_encoding_summary_clear(&summary);
    hr_encodings_free(encodings, 2);
    assert_nothing_found();
}

static void encodings(void **state)
{
    struct class *class = *state;
    enroll_encodings(class->engine, true);
    enroll_encodings(class->engine, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(photos, set_up, tear_down),
        cmocka_unit_test_setup_teardown(encodings, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
