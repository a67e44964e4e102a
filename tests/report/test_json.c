#include "support/check.h"

#include <stdio.h>

#include "base/json.h"
#include "report/sample.h"

/* The report, parsed back. The buffer is returned too, for those who look at its bytes. */
static struct hr_json *write_and_parse(const struct hr_observation *report, struct hr_buffer *out)
{
    struct hr_error error;
    struct hr_json *object = NULL;
    hr_buffer_init(out, 1 << 20);
    assert_ok(hr_report_write_json(report, out, &error), &error);
    assert_ok(hr_json_parse(&object, hr_buffer_view(out), &error), &error);
    return object;
}

static const struct hr_json *item(const struct hr_json *object, const char *list, size_t index)
{
    const struct hr_json *found = hr_json_at(hr_json_get(object, list), index);
    assert_non_null(found);
    return found;
}

static void assert_text(const struct hr_json *object, const char *key, const char *expected)
{
    assert_int_equal(hr_json_type(hr_json_get(object, key)), HR_JSON_STRING);
    assert_string_equal(hr_json_text(hr_json_get(object, key)), expected);
}

static void assert_null_value(const struct hr_json *object, const char *key)
{
    assert_non_null(hr_json_get(object, key));
    assert_int_equal(hr_json_type(hr_json_get(object, key)), HR_JSON_NULL);
}

static void assert_integer(const struct hr_json *object, const char *key, int64_t expected)
{
    assert_int_equal(hr_json_type(hr_json_get(object, key)), HR_JSON_INTEGER);
    assert_true(hr_json_integer(hr_json_get(object, key)) == expected);
}

static void golden_bytes(void **state)
{
    (void)state;
    struct hr_observation report = sample_report();
    report.student_count = 1;
    report.track_count = 0;
    report.warning_count = 0;
    struct hr_error error;
    struct hr_buffer out;
    hr_buffer_init(&out, 1 << 20);
    assert_ok(hr_report_write_json(&report, &out, &error), &error);
    char expected[2000];
    snprintf(expected, sizeof expected,
             "{\n"
             "  \"schema\": \"homeroom-report/2\",\n"
             "  \"homeroom\": \"%s\",\n"
             "  \"video\": {\n"
             "    \"name\": \"lesson.mp4\",\n"
             "    \"duration\": \"00:00:04.200\",\n"
             "    \"duration_ms\": 4200,\n"
             "    \"width_px\": 1280,\n"
             "    \"height_px\": 720,\n"
             "    \"codec\": \"h264\"\n"
             "  },\n"
             "  \"models\": [\n"
             "    \"face-reidentification-retail-0095-1\"\n"
             "  ],\n"
             "  \"options\": {\n"
             "    \"samples_per_s\": 2.0,\n"
             "    \"false_present\": 0.001,\n"
             "    \"include\": \"review\"\n"
             "  },\n"
             "  \"class\": {\n"
             "    \"students\": 30,\n"
             "    \"crowding\": 0.125,\n"
             "    \"similarity_certain\": 0.4942,\n"
             "    \"margin_certain\": 0.1121\n"
             "  },\n"
             "  \"frames\": 9,\n"
             "  \"faces\": 14,\n"
             "  \"students\": [\n"
             "    {\n"
             "      \"id\": \"s1\",\n"
             "      \"name\": \"Ada Lovelace\",\n"
             "      \"major\": \"Mathematics\",\n"
             "      \"year\": \"2\",\n"
             "      \"extra\": {\n"
             "        \"advisor\": \"Dr. Grey\",\n"
             "        \"room\": \"B 12\"\n"
             "      },\n"
             "      \"has_record\": true,\n"
             "      \"first_seen\": \"00:00:00.500\",\n"
             "      \"first_seen_ms\": 500,\n"
             "      \"last_seen\": \"00:00:04.000\",\n"
             "      \"last_seen_ms\": 4000,\n"
             "      \"sightings\": 7,\n"
             "      \"tracks\": 2,\n"
             "      \"band\": \"certain\",\n"
             "      \"reason\": \"accepted\",\n"
             "      \"in_rows\": true,\n"
             "      \"similarity\": 0.7124,\n"
             "      \"margin\": 0.2785,\n"
             "      \"stranger_chance\": 3.42e-8\n"
             "    }\n"
             "  ],\n"
             "  \"unknown_people\": 1,\n"
             "  \"tracks\": [],\n"
             "  \"warnings\": []\n"
             "}\n",
             hr_version());
    assert_string_equal(hr_buffer_text(&out), expected);
    hr_buffer_clear(&out);
}

static void unknown_tracks_are_there_with_their_reason(void **state)
{
    (void)state;
    struct hr_buffer out;
    struct hr_observation report = sample_report();
    struct hr_json *object = write_and_parse(&report, &out);
    assert_int_equal(hr_json_size(hr_json_get(object, "tracks")), 4);
    const struct hr_json *known = item(object, "tracks", 0);
    assert_text(known, "student_id", "s1");
    assert_text(known, "reason", "accepted");
    const struct hr_json *unknown = item(object, "tracks", 3);
    assert_null_value(unknown, "student_id");
    assert_text(unknown, "reason", "unlike");
    assert_text(unknown, "last_seen", "00:00:03.500");
    assert_integer(unknown, "last_seen_ms", 3500);
    assert_integer(unknown, "sightings", 6);
    assert_integer(unknown, "views", 4);
    assert_true(hr_json_number(hr_json_get(unknown, "face_px")) == 40);
    assert_true(hr_json_number(hr_json_get(unknown, "margin")) == 0.0391);
    assert_integer(unknown, "person", 1);
    assert_null_value(known, "person");
    assert_integer(unknown, "camera", 2);
    assert_text(unknown, "model", "face-reidentification-retail-0095-1");
    assert_null_value(known, "model");
    /* Where it was, in whole pixels: time, left, top, width, height. */
    static const int64_t best[] = {2500, 310, 120, 40, 52}, first[] = {1000, 300, 119, 38, 49};
    for (size_t i = 0; i < 5; i++) {
        assert_true(hr_json_integer(hr_json_at(hr_json_get(unknown, "best"), i)) == best[i]);
        assert_true(hr_json_integer(hr_json_at(hr_json_at(hr_json_get(unknown, "places"), 0), i)) == first[i]);
    }
    assert_int_equal(hr_json_size(hr_json_get(unknown, "places")), 2);
    const struct hr_json *candidate = hr_json_at(hr_json_get(unknown, "candidates"), 0);
    assert_text(candidate, "student_id", "s2");
    assert_true(hr_json_number(hr_json_get(candidate, "similarity")) == 0.2211);
    assert_integer(object, "unknown_people", 1);
    hr_json_free(object);
    hr_buffer_clear(&out);
}

/* With one student enrolled there is no runner-up; with none, no likeness either. */
static void likenesses_that_do_not_exist_are_null(void **state)
{
    (void)state;
    struct hr_observed_track track = {.reason = "no_gallery", .similarity = NAN, .margin = INFINITY};
    struct hr_observed_student student = {.seen.id = "s1", .seen.similarity = 0.25, .seen.margin = INFINITY};
    struct hr_observation report = {.students = &student, .student_count = 1, .tracks = &track, .track_count = 1};
    struct hr_buffer out;
    struct hr_json *object = write_and_parse(&report, &out);
    assert_null_value(item(object, "tracks", 0), "similarity");
    assert_null_value(item(object, "tracks", 0), "margin");
    assert_null_value(item(object, "students", 0), "margin");
    assert_true(hr_json_number(hr_json_get(item(object, "students", 0), "similarity")) == 0.25);
    hr_json_free(object);
    hr_buffer_clear(&out);
}

static void student_without_a_record_says_so(void **state)
{
    (void)state;
    struct hr_buffer out;
    struct hr_observation report = sample_report();
    struct hr_json *object = write_and_parse(&report, &out);
    const struct hr_json *student = item(object, "students", 1);
    assert_text(student, "id", "s2");
    assert_text(student, "major", "");
    assert_int_equal(hr_json_type(hr_json_get(student, "has_record")), HR_JSON_BOOLEAN);
    assert_false(hr_json_boolean(hr_json_get(student, "has_record")));
    assert_int_equal(hr_json_size(hr_json_get(student, "extra")), 0);
    assert_string_equal(hr_json_text(item(object, "warnings", 0)), sample_warnings[0]);
    hr_json_free(object);
    hr_buffer_clear(&out);
}

static void empty_report_has_every_member(void **state)
{
    (void)state;
    static const char *const keys[] = {"schema", "homeroom", "video",    "models",         "options", "class",
                                       "frames", "faces",    "students", "unknown_people", "tracks",  "warnings"};
    struct hr_buffer out;
    struct hr_observation report = {0};
    struct hr_json *object = write_and_parse(&report, &out);
    assert_int_equal(hr_json_size(object), sizeof keys / sizeof *keys);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *key;
        hr_json_member(object, i, &key);
        assert_string_equal(key, keys[i]);
    }
    assert_null_value(hr_json_get(object, "video"), "duration");
    assert_null_value(hr_json_get(object, "video"), "duration_ms");
    assert_text(hr_json_get(object, "video"), "name", "");
    hr_json_free(object);
    hr_buffer_clear(&out);
}

static void nasty_texts_come_back(void **state)
{
    (void)state;
    static const char *const texts[] = {"a \"quoted\" \\ text", "two\r\nlines\t\x01\x7F", "=1+1",
                                        "Zoë 陈 \xF0\x9F\x98\x80", ""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *const extra[] = {texts[i], texts[i]};
        struct hr_observed_student student = {.seen.id = texts[i],
                                              .seen.name = texts[i],
                                              .seen.major = texts[i],
                                              .seen.year = texts[i],
                                              .extra = extra,
                                              .extra_count = 1};
        struct hr_observation report = {.video = texts[i],
                                        .codec = texts[i],
                                        .model_ids = &texts[i],
                                        .model_count = 1,
                                        .students = &student,
                                        .student_count = 1,
                                        .warnings = texts,
                                        .warning_count = i + 1};
        struct hr_buffer out;
        struct hr_json *object = write_and_parse(&report, &out);
        assert_text(hr_json_get(object, "video"), "name", texts[i]);
        assert_string_equal(hr_json_text(hr_json_at(hr_json_get(object, "models"), 0)), texts[i]);
        assert_text(item(object, "students", 0), "name", texts[i]);
        assert_text(hr_json_get(item(object, "students", 0), "extra"), texts[i], texts[i]);
        assert_string_equal(hr_json_text(item(object, "warnings", i)), texts[i]);
        hr_json_free(object);
        hr_buffer_clear(&out);
    }
}

/* The name of a file need not be UTF-8; the report is. */
static void bytes_that_are_not_utf8_are_replaced(void **state)
{
    (void)state;
    const char *const extra[] = {"k\xE9y", "v\xE9"};
    struct hr_observed_student student = {.seen.name = "Jos\xE9", .extra = extra, .extra_count = 1};
    struct hr_observation report = {.video = "\xFF.mp4", .students = &student, .student_count = 1};
    struct hr_buffer out;
    struct hr_json *object = write_and_parse(&report, &out);
    assert_text(hr_json_get(object, "video"), "name", "\xEF\xBF\xBD.mp4");
    assert_text(item(object, "students", 0), "name", "Jos\xEF\xBF\xBD");
    assert_text(hr_json_get(item(object, "students", 0), "extra"), "k\xEF\xBF\xBDy", "v\xEF\xBF\xBD");
    hr_json_free(object);
    hr_buffer_clear(&out);
}

/* Milliseconds survive four hours, where six digits of seconds would not. */
static void long_videos_keep_their_milliseconds(void **state)
{
    (void)state;
    struct hr_observation report = {.duration_us = INT64_C(14399123456)};
    struct hr_buffer out;
    struct hr_json *object = write_and_parse(&report, &out);
    assert_integer(hr_json_get(object, "video"), "duration_ms", 14399123);
    assert_text(hr_json_get(object, "video"), "duration", "03:59:59.123");
    hr_json_free(object);
    hr_buffer_clear(&out);
}

static void report_that_is_too_large_is_refused(void **state)
{
    (void)state;
    struct hr_error error;
    struct hr_buffer out;
    struct hr_observation report = sample_report();
    hr_buffer_init(&out, 1 << 20);
    assert_ok(hr_report_write_json(&report, &out, &error), &error);
    size_t whole = out.size;
    hr_buffer_clear(&out);
    for (size_t cap = whole - 2; cap <= whole + 1; cap++) {
        hr_buffer_init(&out, cap);
        enum hr_status status = hr_report_write_json(&report, &out, &error);
        assert_int_equal(status, cap < whole ? HR_ERR_LIMIT : HR_OK);
        hr_buffer_clear(&out);
    }
    hr_buffer_init(&out, 3);
    assert_int_equal(hr_report_write_json(&report, &out, &error), HR_ERR_LIMIT);
    hr_buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_bytes),
        cmocka_unit_test(unknown_tracks_are_there_with_their_reason),
        cmocka_unit_test(likenesses_that_do_not_exist_are_null),
        cmocka_unit_test(student_without_a_record_says_so),
        cmocka_unit_test(empty_report_has_every_member),
        cmocka_unit_test(nasty_texts_come_back),
        cmocka_unit_test(bytes_that_are_not_utf8_are_replaced),
        cmocka_unit_test(long_videos_keep_their_milliseconds),
        cmocka_unit_test(report_that_is_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
