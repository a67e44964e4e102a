#include "video/reason.h"

#include <libavutil/error.h>
#include <libavutil/log.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static _Thread_local struct hr_reason *listener;
static pthread_once_t callback_set = PTHREAD_ONCE_INIT;

void hr_reason_make_printable(char *text)
{
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
            *c = '?';
}

static void keep(void *speaker, int level, const char *format, va_list arguments)
{
    (void)speaker;
    if (listener == NULL || listener->first[0] != '\0' || level > AV_LOG_ERROR)
        return;
    char line[HR_REASON_TEXT_MAX];
    vsnprintf(line, sizeof line, format, arguments);
    size_t length = strcspn(line, "\r\n");
    while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '.'))
        length--;
    if (length == 0)
        return;
    line[length] = '\0';
    hr_reason_make_printable(line); /* messages may quote bytes of the file */
    memcpy(listener->first, line, length + 1);
}

static void set_callback(void)
{
    av_log_set_callback(keep);
}

void hr_reason_listen(struct hr_reason *reason)
{
    pthread_once(&callback_set, set_callback);
    listener = reason;
}

void hr_reason_text(const struct hr_reason *reason, int code, char *out, size_t size)
{
    char meaning[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, meaning, sizeof meaning);
    if (reason != NULL && reason->first[0] != '\0')
        snprintf(out, size, "%s: %s", meaning, reason->first);
    else
        snprintf(out, size, "%s", meaning);
}
