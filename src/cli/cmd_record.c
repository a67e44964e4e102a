/* homeroom record URL: a camera's stream into parts, all the time or by a class's timetable. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "classroom/lesson_words.h"
#include "classroom/zone.h"
#include "cli/class.h"
#include "cli/outbox.h"
#include "records/classes.h"
#include "video/camera.h"

#define SECOND INT64_C(1000000)
/* A camera that gives no picture for so long is called again. */
#define PATIENCE_US (8 * SECOND)
/* And how soon: at first, doubled from time to time, at most. */
enum { AGAIN_S = 1, AGAIN_MAX_S = 15 };
/* The camera runs a little before the bell, and a little behind it. */
enum { BEFORE_S = 60, BEHIND_S = 60 };
/* Of a part while it is written: no program that looks into the folder takes it for a video that is complete. */
#define PART_MARK ".homeroom-part"

struct recorder {
    struct hr_cli *cli;
    const char *url, *folder, *name, *zone;
    char spool[4096]; /* the folder, when the parts go to a bucket */
    struct hr_outbox outbox;
    bool sends;
    int64_t end_us;  /* wall clock; INT64_MAX: until it is stopped */
    int64_t lost_us; /* since when there is no picture; 0: there is */
    size_t parts;
    struct hr_error last; /* why there is no picture */
};

static int64_t wall_us(void)
{
    const struct hr_clock *clock = hr_clock_system();
    return clock->wall_us(clock->context);
}

/* --- names --- */

/* "8b_2026-11-27_08-00-05.mp4": 'lesson add' reads the time from it. */
static void name_part(const struct recorder *recorder, int64_t at_us, char out[512])
{
    char day[HR_ZONE_DAY_SIZE], clock[HR_ZONE_CLOCK_SIZE];
    hr_zone_from_utc(recorder->zone, at_us, day, clock);
    snprintf(out, 512, "%.200s_%s_%.2s-%.2s-%.2s.mp4", recorder->name, day, clock, clock + 3, clock + 6);
}

static enum hr_status join(const struct recorder *recorder, const char *before, const char *name, const char *behind,
                           char out[4096], struct hr_error *error)
{
    if (snprintf(out, 4096, "%s/%s%s%s", recorder->folder, before, name, behind) < 4096)
        return HR_OK;
    return hr_error_set(error, HR_ERR_ARGUMENT, "the folder's name is too long");
}

/* A finished part gets its name, which nobody has. */
static enum hr_status give_name(const struct recorder *recorder, const char *name, struct hr_error *error)
{
    char from[4096], to[4096];
    enum hr_status status = join(recorder, ".", name, PART_MARK, from, error);
    if (status == HR_OK)
        status = join(recorder, "", name, "", to, error);
    if (status == HR_OK && link(from, to) != 0)
        status = hr_error_set_errno(error, errno, "naming '%s'", to);
    if (status == HR_OK)
        unlink(from);
    return status;
}

/* What a program that was killed had written plays: it gets its name now. */
static enum hr_status save_left_over(struct recorder *recorder, struct hr_error *error)
{
    DIR *folder = opendir(recorder->folder);
    if (folder == NULL)
        return hr_error_set_errno(error, errno, "looking into '%s'", recorder->folder);
    enum hr_status status = HR_OK;
    const struct dirent *entry;
    while (status == HR_OK && (entry = readdir(folder)) != NULL) {
        size_t length = strlen(entry->d_name), mark = strlen(PART_MARK);
        char name[512];
        if (entry->d_name[0] != '.' || length <= mark + 1 || length >= sizeof name ||
            strcmp(entry->d_name + length - mark, PART_MARK) != 0 ||
            strncmp(entry->d_name + 1, recorder->name, strlen(recorder->name)) != 0)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)(length - mark - 1), entry->d_name + 1);
        status = give_name(recorder, name, error);
        if (status == HR_OK)
            hr_log_write(&recorder->cli->log, HR_LOG_INFO, NULL, "%s: left by a program that was killed; it plays",
                         name);
    }
    closedir(folder);
    return status;
}

/* --- recording --- */

static void tell_lost(struct recorder *recorder, const struct hr_error *error)
{
    if (recorder->lost_us == 0)
        hr_log_write(&recorder->cli->log, HR_LOG_WARNING, NULL, "no picture: %s; calling the camera again",
                     error->text);
    if (recorder->lost_us == 0)
        recorder->lost_us = wall_us();
    recorder->last = *error;
}

static void tell_back(struct recorder *recorder)
{
    if (recorder->lost_us != 0)
        hr_log_write(&recorder->cli->log, HR_LOG_INFO, NULL, "the picture is back after %lld s",
                     (long long)((wall_us() - recorder->lost_us) / SECOND));
    recorder->lost_us = 0;
}

static void tell_part(const struct recorder *recorder, const char *name, int64_t recorded_us)
{
    char day[HR_ZONE_DAY_SIZE], clock[HR_ZONE_CLOCK_SIZE];
    hr_zone_from_utc(recorder->zone, wall_us(), day, clock);
    hr_log_write(&recorder->cli->log, HR_LOG_INFO, NULL, "%s: %.0f s, until %s", name, (double)recorded_us / 1e6,
                 clock);
}

/* One part, and its name. As hr_camera_record. */
static enum hr_status record_part(struct recorder *recorder, struct hr_camera *camera, struct hr_error *error)
{
    char name[512], path[4096];
    int64_t at_us = 0, recorded_us = 0;
    struct hr_error naming = {0};
    enum hr_status status = hr_camera_await(camera, &at_us, error);
    if (status != HR_OK)
        return status;
    tell_back(recorder);
    name_part(recorder, at_us, name);
    status = join(recorder, ".", name, PART_MARK, path, error);
    if (status != HR_OK)
        return status;
    int64_t until_us = at_us + recorder->cli->settings.record.part_min * 60 * SECOND;
    until_us = until_us < recorder->end_us ? until_us : recorder->end_us;
    status = hr_camera_record(camera, path, at_us, until_us, &recorded_us, error);
    if (status == HR_ERR_CONFLICT)
        return status;
    if (give_name(recorder, name, &naming) != HR_OK) {
        *error = naming;
        return naming.code;
    }
    recorder->parts++;
    tell_part(recorder, name, recorded_us);
    return status;
}

/* Until the camera goes away, or the time is over. */
static enum hr_status record_while_there(struct recorder *recorder, struct hr_error *error)
{
    struct hr_camera *camera = NULL;
    enum hr_status status = hr_camera_open(&camera, recorder->url, PATIENCE_US, hr_cli_stop(), error);
    while (status == HR_OK && wall_us() < recorder->end_us)
        status = record_part(recorder, camera, error);
    hr_camera_close(camera);
    return status;
}

static void wait_until(int64_t until_us)
{
    while (wall_us() < until_us && !hr_cli_interrupted()) {
        int64_t left_us = until_us - wall_us();
        usleep((useconds_t)(left_us < 200000 ? left_us : 200000));
    }
}

/* Until the time is over or somebody stops it: HR_OK; a camera that is away is called again. */
static enum hr_status record_on(struct recorder *recorder, struct hr_error *error)
{
    int again_s = AGAIN_S;
    size_t parts = recorder->parts;
    while (wall_us() < recorder->end_us && !hr_cli_interrupted()) {
        enum hr_status status = record_while_there(recorder, error);
        if (status == HR_ERR_DEADLINE)
            return HR_OK;
        if (status != HR_OK && status != HR_ERR_UNAVAILABLE)
            return status;
        if (status == HR_OK)
            continue;
        tell_lost(recorder, error);
        again_s = recorder->parts > parts ? AGAIN_S : again_s < AGAIN_MAX_S / 2 ? 2 * again_s : AGAIN_MAX_S;
        parts = recorder->parts;
        wait_until(wall_us() + again_s * SECOND);
    }
    return HR_OK;
}

/* --- the timetable --- */

struct slots {
    struct hr_slot_record items[24];
    size_t count;
};

static enum hr_status take_slot(void *context, const struct hr_slot_record *slot, struct hr_error *error)
{
    struct slots *slots = context;
    (void)error;
    if (slots->count < sizeof slots->items / sizeof *slots->items)
        slots->items[slots->count++] = *slot;
    return HR_OK;
}

/* The lesson that is on, or the next one within a week, with a little before and behind. NOT_FOUND. */
static enum hr_status next_lesson(struct recorder *recorder, const char *class_id, int64_t *start_us, int64_t *end_us,
                                  struct hr_error *error)
{
    struct hr_database *database = NULL;
    int64_t now_us = wall_us();
    bool found = false;
    enum hr_status status = hr_cli_open_database(recorder->cli, HR_DATABASE_READ, &database, error);
    for (int ahead = 0; status == HR_OK && !found && ahead < 8; ahead++) {
        struct slots slots = {0};
        char day[HR_ZONE_DAY_SIZE];
        hr_zone_from_utc(recorder->zone, now_us + ahead * 24 * 3600 * SECOND, day, NULL);
        status = hr_database_each_slot(database, class_id, day, take_slot, &slots, error);
        for (size_t i = 0; status == HR_OK && !found && i < slots.count; i++) {
            status = hr_zone_to_utc(recorder->zone, day, slots.items[i].start_min * 60 - BEFORE_S, start_us, error);
            if (status == HR_OK)
                status = hr_zone_to_utc(recorder->zone, day, slots.items[i].end_min * 60 + BEHIND_S, end_us, error);
            found = status == HR_OK && *end_us > now_us;
        }
    }
    hr_database_close(database);
    if (status == HR_OK && !found)
        return hr_error_set(error, HR_ERR_NOT_FOUND,
                            "class '%s' meets at no time of the next week: 'homeroom class meets %s mon 08:00-08:45'",
                            class_id, class_id);
    return status;
}

static enum hr_status record_lessons(struct recorder *recorder, const char *class_id, struct hr_error *error)
{
    int64_t stop_us = recorder->end_us;
    enum hr_status status = HR_OK;
    while (status == HR_OK && !hr_cli_interrupted() && wall_us() < stop_us) {
        int64_t start_us = 0, end_us = 0;
        char day[HR_ZONE_DAY_SIZE], clock[HR_ZONE_CLOCK_SIZE];
        status = next_lesson(recorder, class_id, &start_us, &end_us, error);
        if (status != HR_OK)
            break;
        hr_zone_from_utc(recorder->zone, start_us, day, clock);
        hr_log_write(&recorder->cli->log, HR_LOG_INFO, NULL, "the next lesson is recorded from %s %s on", day, clock);
        wait_until(start_us < stop_us ? start_us : stop_us);
        recorder->end_us = end_us < stop_us ? end_us : stop_us;
        if (!hr_cli_interrupted())
            status = record_on(recorder, error);
    }
    return status;
}

/* --- the command --- */

static enum hr_status check_url(const struct hr_cli *cli, const char *url, struct hr_error *error)
{
    const char *host = strstr(url, "://");
    if (!hr_camera_knows(url))
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "a camera is called rtsp://HOST/..., rtsps://, http://, https://, srt:// or udp://, or "
                            "/dev/video0, not '%.20s'",
                            url);
    bool in_clear = host != NULL && strncmp(url, "rtsps:", 6) != 0 && strncmp(url, "https:", 6) != 0 &&
                    strncmp(url, "file:", 5) != 0;
    if (!in_clear || cli->settings.network.insecure)
        return HR_OK;
    struct hr_view authority = hr_view_of(host + 3, strcspn(host + 3, "/?#"));
    if (hr_host_is_loopback(hr_host_of_authority(authority)))
        return HR_OK;
    return hr_error_set(
        error, HR_ERR_PERMISSION,
        "whoever is between here and the camera can see the class: use rtsps:// or https://, or allow it "
        "with --insecure where nobody else can listen");
}

static enum hr_status open_folder(struct recorder *recorder, struct hr_error *error)
{
    const char *out = recorder->folder;
    enum hr_status status = HR_OK;
    if (hr_anywhere_is_remote(out)) {
        status = hr_outbox_folder(out, recorder->spool, error);
        recorder->folder = recorder->spool;
    } else if (mkdir(out, S_IRWXU) != 0 && errno != EEXIST) {
        status = hr_error_set_errno(error, errno, "making '%s'", out);
    }
    if (status == HR_OK)
        status = save_left_over(recorder, error);
    if (status != HR_OK || recorder->folder == out)
        return status;
    status = hr_outbox_begin(&recorder->outbox, recorder->cli, recorder->folder, out, error);
    recorder->sends = status == HR_OK;
    return status;
}

int hr_cmd_record(struct hr_cli *cli)
{
    struct hr_error error = {0};
    const struct hr_settings *settings = &cli->settings;
    const char *class_id = settings->record.class_id;
    char zone[256] = "UTC";
    struct recorder recorder = {.cli = cli,
                                .url = cli->words[0],
                                .folder = settings->recognition.out,
                                .name = class_id != NULL ? class_id : "camera",
                                .zone = zone,
                                .end_us = INT64_MAX};
    struct hr_database *database = NULL;
    enum hr_status status = check_url(cli, recorder.url, &error);
    if (settings->lessons.zone != NULL)
        snprintf(zone, sizeof zone, "%.255s", settings->lessons.zone);
    if (status == HR_OK && class_id != NULL) {
        status = hr_cli_open_database(cli, HR_DATABASE_READ, &database, &error);
        if (status == HR_OK)
            status = hr_class_zone(database, class_id, zone, &error);
        hr_database_close(database);
    }
    if (status == HR_OK)
        status = hr_zone_check(zone, &error);
    if (status == HR_OK)
        status = open_folder(&recorder, &error);
    if (settings->record.seconds > 0)
        recorder.end_us = wall_us() + (int64_t)(settings->record.seconds * 1e6);
    if (status == HR_OK)
        status = class_id != NULL && !settings->record.now ? record_lessons(&recorder, class_id, &error)
                                                           : record_on(&recorder, &error);
    if (status == HR_OK && recorder.lost_us != 0 && !hr_cli_interrupted())
        status = hr_error_set(&error, HR_ERR_UNAVAILABLE, "the time is over, and there was no picture at its end: %s",
                              recorder.last.text);
    struct hr_error unsent;
    if (recorder.sends && hr_outbox_end(&recorder.outbox, &unsent) != HR_OK) {
        if (status != HR_OK)
            hr_cli_fail(cli, &error);
        status = unsent.code;
        error = unsent;
    }
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
