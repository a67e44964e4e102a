#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void hr_buffer_init(struct hr_buffer *buffer, size_t max_size)
{
    *buffer = (struct hr_buffer){.max_size = max_size};
}

void hr_buffer_clear(struct hr_buffer *buffer)
{
    free(buffer->data);
    hr_buffer_init(buffer, buffer->max_size);
}

/* Room for `more` bytes and the zero behind them. */
static bool reserve(struct hr_buffer *buffer, size_t more)
{
    if (buffer->failed || more > buffer->max_size - buffer->size) {
        buffer->failed = true;
        return false;
    }
    size_t need = buffer->size + more + 1;
    if (need <= buffer->capacity)
        return true;
    size_t capacity = buffer->capacity < 256 ? 256 : buffer->capacity;
    while (capacity < need)
        capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
    uint8_t *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void hr_buffer_append(struct hr_buffer *buffer, struct hr_view bytes)
{
    if (!reserve(buffer, bytes.size))
        return;
    if (bytes.size > 0)
        memcpy(buffer->data + buffer->size, bytes.data, bytes.size);
    buffer->size += bytes.size;
    buffer->data[buffer->size] = 0;
}

void hr_buffer_append_text(struct hr_buffer *buffer, const char *text)
{
    hr_buffer_append(buffer, hr_view_text(text));
}

void hr_buffer_append_format(struct hr_buffer *buffer, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0)
        buffer->failed = true;
    else if (reserve(buffer, (size_t)size)) {
        vsnprintf((char *)buffer->data + buffer->size, (size_t)size + 1, format, again);
        buffer->size += (size_t)size;
    }
    va_end(again);
}

enum hr_status hr_buffer_check(const struct hr_buffer *buffer, struct hr_error *error)
{
    if (!buffer->failed)
        return HR_OK;
    return hr_error_set(error, HR_ERR_LIMIT, "more than %zu bytes, or out of memory",
                        buffer->max_size);
}

struct hr_view hr_buffer_view(const struct hr_buffer *buffer)
{
    return hr_view_of(buffer->data, buffer->size);
}

const char *hr_buffer_text(const struct hr_buffer *buffer)
{
    return buffer->data != NULL ? (const char *)buffer->data : "";
}
