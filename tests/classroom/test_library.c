/* A class through the public header alone, from nothing to a forgotten student. */
#include "support/check.h"

#include "homeroom.h"
#include "support/temporary.h"

enum { PHOTOS = 4 };

struct told {
    size_t count, enrolled;
    char verdicts[PHOTOS][32];
};

static void note(void *context, const struct hr_enrolled_photo *photo)
{
    struct told *told = context;
    snprintf(told->verdicts[told->count++], sizeof told->verdicts[0], "%s", photo->verdict);
    told->enrolled += photo->is_enrolled;
}

static struct temporary_path photo(const char *name)
{
    struct temporary_path path;
    snprintf(path.text, sizeof path.text, "%s/../photos/%s", getenv("HOMEROOM_MODELS"), name);
    return path;
}

/* `key_file`: NULL, or the name of one. */
static void make_see_and_forget(const struct temporary *folder, const char *key_file)
{
    struct temporary_path database = temporary_path(folder, "class.db"), one = photo("obama.jpg"),
                          two = photo("biden.jpg"), look = photo("obama2.jpg");
    struct hr_error error;
    struct told told = {0};
    struct hr_student_record record = {
        .size = sizeof record, .id = "44", .name = "Barack Obama", .major = "Law", .year = "senior"};
    assert_ok(hr_class_put_student(database.text, key_file, &record, &error), &error);

    struct hr_engine_options where = {.size = sizeof where,
                                      .database_path = database.text,
                                      .model_dir = getenv("HOMEROOM_MODELS"),
                                      .key_file = key_file};
    struct hr_enroll_photos_options how = {.size = sizeof how, .threads = 1, .each = note, .context = &told};
    const struct hr_photo photos[PHOTOS] = {
        {"44", one.text}, {"46", two.text}, {"44", one.text}, {"44", "nowhere.jpg"}};
    assert_ok(hr_enroll_photos(&where, &how, photos, PHOTOS, &error), &error);
    assert_int_equal(told.count, PHOTOS);
    assert_int_equal(told.enrolled, 3);
    assert_string_equal(told.verdicts[0], "enrolled");
    assert_string_equal(told.verdicts[2], "duplicate");
    assert_string_equal(told.verdicts[3], "unreadable");

    struct hr_engine *engine = NULL;
    struct hr_session *session = NULL;
    struct hr_result *result = NULL;
    assert_ok(hr_engine_open(&engine, &where, &error), &error);
    assert_int_equal(hr_engine_student_count(engine), 2);
    assert_ok(hr_session_new(&session, engine, 1, &error), &error);
    assert_ok(hr_recognize_file(engine, session, look.text, NULL, &result, &error), &error);
    assert_int_equal(hr_result_student_count(result), 1);
    assert_string_equal(hr_result_student(result, 0)->name, "Barack Obama");
    hr_result_free(result);

    assert_ok(hr_class_forget_student(database.text, key_file, "44", &error), &error);
    assert_error(hr_class_forget_student(database.text, key_file, "44", &error), HR_ERR_NOT_FOUND, &error, "'44'");
    assert_ok(hr_engine_refresh(engine, &error), &error);
    assert_int_equal(hr_engine_student_count(engine), 1);
    assert_ok(hr_recognize_file(engine, session, look.text, NULL, &result, &error), &error);
    assert_int_equal(hr_result_student_count(result), 0);
    hr_result_free(result);
    hr_session_free(session);
    hr_engine_close(engine);
}

static void a_class_is_made_seen_and_forgotten(void **state)
{
    (void)state;
    struct temporary folder;
    temporary_make(&folder);
    make_see_and_forget(&folder, NULL);
    temporary_remove(&folder);
}

static void a_sealed_class_is_made_seen_and_forgotten(void **state)
{
    (void)state;
    struct temporary folder;
    temporary_make(&folder);
    struct temporary_path key = temporary_path(&folder, "key"), database = temporary_path(&folder, "class.db");
    struct hr_engine_options where = {
        .size = sizeof where, .database_path = database.text, .model_dir = getenv("HOMEROOM_MODELS")};
    struct hr_engine *engine = NULL;
    struct hr_error error;
    FILE *file = fopen(key.text, "w");
    assert_non_null(file);
    for (int i = 0; i < 64; i++)
        fputc('a', file);
    fclose(file);
    chmod(key.text, 0600);
    make_see_and_forget(&folder, key.text);
    assert_error(hr_engine_open(&engine, &where, &error), HR_ERR_PERMISSION, &error, "sealed");
    temporary_remove(&folder);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    struct hr_error error;
    struct hr_student_record record = {.id = "1"};
    struct hr_enroll_photos_options how = {0};
    struct hr_engine_options where = {.size = sizeof where};
    assert_error(hr_class_put_student("x.db", NULL, &record, &error), HR_ERR_ARGUMENT, &error, "size");
    assert_error(hr_enroll_photos(&where, &how, NULL, 0, &error), HR_ERR_ARGUMENT, &error, "size");
    assert_error(hr_class_forget_student("/nowhere/x.db", NULL, "1", &error), HR_ERR_NOT_FOUND, &error, "x.db");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_class_is_made_seen_and_forgotten),
        cmocka_unit_test(a_sealed_class_is_made_seen_and_forgotten),
        cmocka_unit_test(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
