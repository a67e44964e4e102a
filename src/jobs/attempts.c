#include "jobs/attempts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define PREFIX ".begun-"
#define FOREIGN_AGE_MAX_US (INT64_C(24) * 3600 * 1000000)

struct note {
    char host[65];
    long pid;
    unsigned long long started; /* of the process, in clock ticks since boot */
    unsigned count;
    long long at_us; /* wall clock */
};

/* When a process began; 0: there is none of that number. proc(5), field 22 of stat; the name in front may hold
 * anything but a last ')'. */
static unsigned long long started_of(long pid)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    size_t got = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[got] = '\0';
    const char *at = strrchr(text, ')');
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtoull(at + 1, NULL, 10) : 0;
}

static void this_host(char out[65])
{
    if (gethostname(out, 65) != 0)
        out[0] = '\0';
    out[64] = '\0';
    if (out[0] == '\0' || strpbrk(out, " \n") != NULL)
        snprintf(out, 65, "?");
}

/* Whether its process ended without an end of the work. */
static bool is_of_the_dead(const struct note *note)
{
    char host[65];
    this_host(host);
    if (strcmp(host, note->host) != 0)
        return hr_clock_wall_now_us() - note->at_us > FOREIGN_AGE_MAX_US;
    return started_of(note->pid) != note->started;
}

/* NOT_FOUND when there is none; one that makes no sense is none either. */
static enum hr_status read_note(const struct hr_attempt *attempt, struct note *out, struct hr_error *error)
{
    const struct hr_store *store = attempt->store;
    struct hr_stream stream = {0};
    char text[256];
    size_t size = 0, got = 1;
    enum hr_status status = store->open(store->context, attempt->name, &stream, NULL, error);
    while (status == HR_OK && size < sizeof text - 1) {
        status = stream.read(stream.context, text + size, sizeof text - 1 - size, &got, error);
        size += status == HR_OK ? got : 0;
    }
    hr_stream_close(&stream);
    if (status != HR_OK && status != HR_END)
        return status;
    text[size] = '\0';
    *out = (struct note){0};
    if (sscanf(text, "%64s %ld %llu %u %lld", out->host, &out->pid, &out->started, &out->count, &out->at_us) != 5)
        return HR_ERR_NOT_FOUND;
    return HR_OK;
}

static enum hr_status write_note(struct hr_attempt *attempt, unsigned count, struct hr_error *error)
{
    const struct hr_store *store = attempt->store;
    char host[65], text[256];
    this_host(host);
    snprintf(text, sizeof text, "%s %ld %llu %u %lld\n", host, (long)getpid(), started_of((long)getpid()), count,
             (long long)hr_clock_wall_now_us());
    enum hr_status status = store->put(store->context, attempt->name, hr_view_text(text), error);
    attempt->is_ours = status == HR_OK;
    return status == HR_OK ? HR_OK : hr_error_prefix(error, "noting that a video is begun");
}

enum hr_status hr_attempt_begin(struct hr_attempt *attempt, const struct hr_store *store, const char *source,
                                unsigned *before, struct hr_error *error)
{
    struct note note = {0};
    *attempt = (struct hr_attempt){.store = store};
    *before = 0;
    if (store == NULL)
        return HR_OK;
    snprintf(attempt->name, sizeof attempt->name, PREFIX "%s", source);
    enum hr_status status = read_note(attempt, &note, error);
    if (status == HR_OK && !is_of_the_dead(&note))
        return HR_OK; /* somebody is at it */
    if (status != HR_OK && status != HR_ERR_NOT_FOUND)
        return status;
    *before = note.count;
    attempt->is_ours = note.count >= HR_ATTEMPTS_MAX; /* done with */
    return note.count < HR_ATTEMPTS_MAX ? write_note(attempt, note.count + 1, error) : HR_OK;
}

void hr_attempt_end(struct hr_attempt *attempt)
{
    struct hr_error ignored; /* one that stays is of a process that will be gone */
    if (attempt->is_ours)
        (void)!attempt->store->remove(attempt->store->context, attempt->name, &ignored);
    attempt->is_ours = false;
}
