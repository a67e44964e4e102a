#include "aws/kms.h"

#include <stdio.h>

/* What is wrapped has 6 KB at most. */
enum { ANSWER_MAX_BYTES = 64 << 10 };

static enum hr_status call(struct hr_aws *aws, const char *target, const struct hr_json *body,
                           const struct hr_deadline *deadline, struct hr_json **out, struct hr_error *error)
{
    const struct hr_aws_json_request request = {.service = HR_AWS_KMS,
                                                .target = target,
                                                .body = body,
                                                .repeatable = true,
                                                .response_max_bytes = ANSWER_MAX_BYTES,
                                                .deadline = deadline};
    *out = NULL;
    if (body == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a request to the key service");
    return hr_aws_json_call(aws, &request, out, NULL, error);
}

/* An object of two texts; NULL: no memory. */
static struct hr_json *object_of(const char *first, const char *value, const char *second, const char *other)
{
    struct hr_json *object = hr_json_object_new();
    bool good = object != NULL && hr_json_set(object, first, hr_json_text_new(value)) &&
                (second == NULL || hr_json_set(object, second, hr_json_text_new(other)));
    if (good)
        return object;
    hr_json_free(object);
    return NULL;
}

static enum hr_status take_key(const struct hr_json *answer, char key[HR_KMS_KEY_TEXT_SIZE], struct hr_error *error)
{
    const char *text = hr_json_text(hr_json_get(answer, "Plaintext"));
    if (text == NULL || strlen(text) != HR_KMS_KEY_TEXT_SIZE - 1)
        return hr_error_set(error, HR_ERR_FORMAT, "the key service did not answer with a key of 32 bytes");
    memcpy(key, text, HR_KMS_KEY_TEXT_SIZE);
    return HR_OK;
}

enum hr_status hr_kms_new_key(struct hr_aws *aws, const char *key_id, const struct hr_deadline *deadline,
                              char key[HR_KMS_KEY_TEXT_SIZE], struct hr_buffer *wrapped, struct hr_error *error)
{
    struct hr_json *answer = NULL;
    struct hr_json *body = object_of("KeyId", key_id, "KeySpec", "AES_256");
    enum hr_status status = call(aws, "TrentService.GenerateDataKey", body, deadline, &answer, error);
    if (status == HR_OK)
        status = take_key(answer, key, error);
    const char *blob = hr_json_text(hr_json_get(answer, "CiphertextBlob"));
    if (status == HR_OK && (blob == NULL || blob[0] == '\0'))
        status = hr_error_set(error, HR_ERR_FORMAT, "the key service did not wrap the key that it gave");
    if (status == HR_OK) {
        hr_buffer_append_text(wrapped, blob);
        status = hr_buffer_check(wrapped, error);
    }
    hr_json_free(body);
    hr_json_free(answer);
    return status;
}

enum hr_status hr_kms_open_key(struct hr_aws *aws, struct hr_view wrapped, const struct hr_deadline *deadline,
                               char key[HR_KMS_KEY_TEXT_SIZE], struct hr_error *error)
{
    char text[8193];
    struct hr_json *answer = NULL;
    if (wrapped.size >= sizeof text)
        return hr_error_set(error, HR_ERR_LIMIT, "a wrapped key of %zu bytes", wrapped.size);
    snprintf(text, sizeof text, "%.*s", (int)wrapped.size, (const char *)wrapped.data);
    struct hr_json *body = object_of("CiphertextBlob", text, NULL, NULL);
    enum hr_status status = call(aws, "TrentService.Decrypt", body, deadline, &answer, error);
    if (status == HR_OK)
        status = take_key(answer, key, error);
    hr_json_free(body);
    hr_json_free(answer);
    return status;
}
