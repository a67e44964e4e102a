/* The ground when memory runs out. */
#include "support/check.h"

#include <stdio.h>

#include "base/image.h"
#include "base/json.h"
#include "base/log.h"
#include "base/stream.h"
#include "support/torture.h"

static enum hr_status fill_buffer(void *context, struct hr_error *error)
{
    (void)context;
    struct hr_buffer buffer;
    hr_buffer_init(&buffer, 1 << 20);
    for (int i = 0; i < 1000; i++) {
        hr_buffer_append_text(&buffer, "some text, ");
        hr_buffer_append_format(&buffer, "%d ", i);
        hr_buffer_append_utf8(&buffer, "\xE9");
    }
    enum hr_status status = hr_buffer_check(&buffer, error);
    if (status != HR_OK) /* what was there stays whole */
        assert_int_equal(buffer.data != NULL ? buffer.data[buffer.size] : 0, 0);
    hr_buffer_clear(&buffer);
    return status;
}

static void buffer_without_memory(void **state)
{
    (void)state;
    torture(fill_buffer, NULL);
}

static enum hr_status parse_json(void *context, struct hr_error *error)
{
    struct hr_json *value = NULL;
    enum hr_status status = hr_json_parse(&value, hr_view_text(context), error);
    if (status == HR_OK)
        hr_json_free(value);
    else
        assert_null(value);
    /* Out of memory in the middle of a text looks like a bad text to jansson: refused all the same. */
    return status == HR_ERR_FORMAT ? HR_ERR_MEMORY : status;
}

static void json_parsed_without_memory(void **state)
{
    (void)state;
    char text[] = "{\"a\":[1,2.5,\"text\",{\"b\":null}],\"c\":true,\"long\":\"0123456789 0123456789 "
                  "0123456789 0123456789\",\"d\":1,\"e\":2,\"f\":3,\"g\":4,\"h\":5,\"i\":6}";
    torture(parse_json, text);
}

static enum hr_status write_json(void *context, struct hr_error *error)
{
    (void)context;
    struct hr_json *object = hr_json_object_new();
    struct hr_json *array = hr_json_array_new();
    bool good = true;
    for (int i = 0; i < 20; i++)
        good = hr_json_append(array, hr_json_text_new("item")) && good;
    good = hr_json_append(array, hr_json_real_new(0.5)) && good;
    good = hr_json_set(object, "list", array) && good;
    for (char key[] = "a"; key[0] <= 'z'; key[0]++)
        good = hr_json_set(object, key, hr_json_integer_new(key[0])) && good;
    struct hr_buffer out;
    hr_buffer_init(&out, 10000);
    enum hr_status status =
        good ? hr_json_write(object, true, &out, error) : hr_error_set(error, HR_ERR_MEMORY, "a setter said so");
    hr_buffer_clear(&out);
    hr_json_free(object);
    return status;
}

static void json_written_without_memory(void **state)
{
    (void)state;
    torture(write_json, NULL);
}

/* A log line is whole, or it is said that it is lost; it never fails its caller. */
static enum hr_status log_a_line(void *context, struct hr_error *error)
{
    (void)error;
    char text[1000] = "";
    FILE *stream = fmemopen(text, sizeof text, "w");
    assert_non_null(stream);
    const struct hr_log log = {stream, HR_LOG_INFO, *(const bool *)context};
    const struct hr_log_field fields[] = {{"video", "a.mp4", 0}, {"frames", NULL, 3}, {0}};
    hr_log_write(&log, HR_LOG_INFO, fields, "video done");
    fclose(stream);
    size_t size = strlen(text);
    assert_true(size > 0 && text[size - 1] == '\n');
    bool whole = strstr(text, "video done") != NULL && strstr(text, "a.mp4") != NULL && strstr(text, "3") != NULL;
    assert_true(whole || strstr(text, "a log line is lost") != NULL);
    assert_int_equal(text[0] == '{', log.json);
    return HR_OK;
}

static void log_without_memory(void **state)
{
    (void)state;
    bool json = true;
    torture(log_a_line, &json);
    json = false;
    torture(log_a_line, &json);
}

static enum hr_status make_image(void *context, struct hr_error *error)
{
    (void)context;
    struct hr_image image;
    enum hr_status status = hr_image_init(&image, (struct hr_size){64, 48}, error);
    if (status != HR_OK)
        assert_null(image.rgb);
    hr_image_clear(&image);
    return status;
}

static void image_without_memory(void **state)
{
    (void)state;
    torture(make_image, NULL);
}

static enum hr_status open_stream(void *context, struct hr_error *error)
{
    (void)context;
    struct hr_stream stream = {0};
    enum hr_status status = hr_stream_open_memory(&stream, hr_view_text("abc"), error);
    hr_stream_close(&stream);
    return status;
}

static void stream_without_memory(void **state)
{
    (void)state;
    torture(open_stream, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_without_memory),       cmocka_unit_test(json_parsed_without_memory),
        cmocka_unit_test(json_written_without_memory), cmocka_unit_test(log_without_memory),
        cmocka_unit_test(image_without_memory),        cmocka_unit_test(stream_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
