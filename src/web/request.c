#include "web/request.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *hr_request_header(const struct hr_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *hr_request_query(const struct hr_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

enum hr_status hr_request_json(const struct hr_request *request, struct hr_json **out, struct hr_error *error)
{
    enum hr_status status = hr_json_parse(out, hr_buffer_view(&request->body), error);
    if (status != HR_OK)
        return hr_error_prefix(error, "what was sent is no JSON");
    if (hr_json_type(*out) == HR_JSON_OBJECT)
        return HR_OK;
    hr_json_free(*out);
    *out = NULL;
    return hr_error_set(error, HR_ERR_FORMAT, "what was sent is no JSON object");
}

enum hr_status hr_json_text_of(const struct hr_json *object, const char *key, const char **out, struct hr_error *error)
{
    const struct hr_json *value = hr_json_get(object, key);
    *out = hr_json_text(value);
    if (*out == NULL && hr_json_type(value) != HR_JSON_NULL)
        return hr_error_set(error, HR_ERR_ARGUMENT, "\"%s\" is a text", key);
    return HR_OK;
}

enum hr_status hr_json_need(const struct hr_json *object, const char *key, const char **out, struct hr_error *error)
{
    enum hr_status status = hr_json_text_of(object, key, out, error);
    if (status == HR_OK && *out == NULL)
        return hr_error_named(error, HR_ERR_ARGUMENT, "missing", key, "\"%s\" is missing", key);
    return status;
}

enum hr_status hr_answer_with(struct hr_answer *answer, struct hr_json *value, struct hr_error *error)
{
    enum hr_status status = hr_json_write(value, false, &answer->body, error);
    hr_json_free(value);
    return status;
}

void hr_answer_header(struct hr_answer *answer, const char *name, const char *format, ...)
{
    va_list words;
    if (answer->header_count == HR_ANSWER_HEADERS_MAX)
        return;
    char *value = answer->headers[answer->header_count].value;
    answer->headers[answer->header_count++].name = name;
    va_start(words, format);
    vsnprintf(value, sizeof answer->headers[0].value, format, words);
    va_end(words);
    size_t kept = 0;
    for (size_t i = 0; value[i] != '\0'; i++)
        if ((unsigned char)value[i] >= ' ' && value[i] != 0x7f)
            value[kept++] = value[i];
    value[kept] = '\0';
}

enum hr_status hr_request_class(struct hr_request *request, const char *class_id, struct hr_error *error)
{
    bool may = false;
    enum hr_status status = hr_account_may_see(request->database, &request->account, class_id, &may, error);
    if (status == HR_OK && !may)
        return hr_error_named(error, HR_ERR_NOT_FOUND, "no_class", class_id, "there is no class '%s' that you may see",
                              class_id);
    return status == HR_OK ? hr_class_zone(request->database, class_id, (char[256]){0}, error) : status;
}

enum hr_status hr_request_seen(struct hr_request *request, struct hr_json *list, const char *key, struct hr_json **out,
                               struct hr_error *error)
{
    enum hr_status status = HR_OK;
    *out = hr_json_array_new();
    for (size_t i = 0; status == HR_OK && i < hr_json_size(list); i++) {
        const struct hr_json *one = hr_json_at(list, i);
        bool may = false;
        status =
            hr_account_may_see(request->database, &request->account, hr_json_text(hr_json_get(one, key)), &may, error);
        if (status == HR_OK && may)
            hr_json_append(*out, hr_json_share(one));
    }
    hr_json_free(list);
    if (status != HR_OK) {
        hr_json_free(*out);
        *out = NULL;
    }
    return status;
}

enum hr_status hr_request_lesson(struct hr_request *request, struct hr_lesson_found *out, struct hr_error *error)
{
    const char *word = request->words[0];
    if (strspn(word, "0123456789") != strlen(word) || strlen(word) > 18)
        return hr_error_named(error, HR_ERR_NOT_FOUND, "no_lesson", word, "there is no lesson '%s'", word);
    enum hr_status status = hr_lesson_find(request->database, word, out, error);
    return status == HR_OK ? hr_request_class(request, out->class_id, error) : status;
}
