#include "video/media.h"

#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stddef.h>
#include <cmocka.h>

extern char **environ;

static char folder[256];
static struct hr_sandbox *sandbox;

int media_set_up(void **state)
{
    (void)state;
    struct hr_error error;
    const char *wanted = getenv("HOMEROOM_TEST_SANDBOX");
    if (wanted != NULL && hr_sandbox_start(&sandbox, NULL, &error) != HR_OK)
        return -1;
    snprintf(folder, sizeof folder, "/tmp/homeroom-video-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *what, int kind, struct FTW *where)
{
    (void)what;
    (void)kind;
    (void)where;
    return remove(path);
}

int media_tear_down(void **state)
{
    (void)state;
    hr_sandbox_stop(sandbox);
    sandbox = NULL;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const struct hr_video_options *media_options(const struct hr_video_options *options)
{
    static struct hr_video_options here;
    here = *options;
    here.sandbox = sandbox;
    return &here;
}

const struct hr_photo_options *media_photo_options(void)
{
    static struct hr_photo_options here;
    here.sandbox = sandbox;
    return &here;
}

const char *media_path(const char *name)
{
    static char paths[4][MEDIA_PATH_MAX];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, MEDIA_PATH_MAX, "%s/%s", folder, name);
    return path;
}

/* The exit status; -1 when the program could not be started. */
static int run(const char *const *words, bool silent)
{
    pid_t child;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (silent) {
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    }
    int failure = posix_spawnp(&child, words[0], &actions, NULL, (char *const *)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    if (failure != 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

enum { WORDS_MAX = 256, LINE_MAX_BYTES = 4096 };

void media_run(const char *program, ...)
{
    const char *words[WORDS_MAX] = {program};
    size_t count = 1;
    va_list arguments;
    va_start(arguments, program);
    for (const char *word; count + 1 < WORDS_MAX && (word = va_arg(arguments, char *)) != NULL;)
        words[count++] = word;
    va_end(arguments);
    if (run(words, false) != 0)
        fail_msg("%s failed", program);
}

void media_make(const char *name, const char *arguments)
{
    const char *path = media_path(name);
    if (access(path, R_OK) == 0)
        return;
    char line[LINE_MAX_BYTES];
    snprintf(line, sizeof line, "ffmpeg -nostdin -hide_banner -loglevel error -y %s", arguments);
    const char *words[WORDS_MAX];
    size_t count = 0;
    char *rest = line;
    for (char *word; count + 2 < WORDS_MAX && (word = strsep(&rest, " ")) != NULL;)
        if (*word != '\0')
            words[count++] = *word == '@' ? media_path(word + 1) : word;
    words[count++] = path;
    words[count] = NULL;
    if (run(words, false) != 0)
        fail_msg("ffmpeg could not make %s", name);
}

bool media_has_encoder(const char *encoder)
{
    const char *words[] = {
        "ffmpeg", "-nostdin", "-loglevel", "quiet", "-f", "lavfi", "-i", "testsrc2=size=128x96:duration=1",
        "-c:v",   encoder,    "-frames:v", "1",     "-f", "null",  "-",  NULL};
    return run(words, true) == 0;
}

struct hr_view media_load(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("cannot open %s", path);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, (size_t)size, file), size);
    fclose(file);
    return hr_view_of(data, (size_t)size);
}

void media_free(struct hr_view bytes)
{
    free((void *)bytes.data);
}

uint64_t media_checksum(const struct hr_frame *frame)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (int y = 0; y < frame->size.height_px; y++)
        for (int x = 0; x < frame->size.width_px * 3; x++)
            hash = (hash ^ frame->rgb[y * frame->stride_bytes + x]) * UINT64_C(1099511628211);
    return hash;
}

void media_decode(struct media_result *out, struct hr_stream *stream, const struct hr_video_options *options)
{
    *out = (struct media_result){0};
    struct hr_video *video = NULL;
    out->status = hr_video_open(&video, stream, "the video", media_options(options), &out->error);
    if (out->status != HR_OK)
        return;
    struct hr_frame frame;
    while ((out->status = hr_video_next(video, &frame, &out->error)) == HR_OK) {
        assert_true(out->count < MEDIA_FRAMES_MAX);
        out->frames[out->count++] = (struct media_frame){frame.pts_us, frame.size, media_checksum(&frame)};
    }
    out->info = *hr_video_info(video);
    snprintf(out->codec, sizeof out->codec, "%s", out->info.codec);
    out->info.codec = out->info.container = NULL;
    out->work = hr_video_work(video);
    if (hr_video_warning(video) != NULL)
        snprintf(out->warning, sizeof out->warning, "%s", hr_video_warning(video));
    hr_video_close(video);
}

void media_decode_bytes(struct media_result *out, struct hr_view bytes, bool seekable,
                        const struct hr_video_options *options)
{
    struct hr_stream stream;
    struct hr_error error;
    assert_int_equal(hr_stream_open_memory(&stream, bytes, &error), HR_OK);
    if (!seekable) {
        stream.seek = NULL;
        stream.size_bytes = HR_STREAM_SIZE_UNKNOWN;
    }
    media_decode(out, &stream, options);
    hr_stream_close(&stream);
}

void media_decode_file(struct media_result *out, const char *path, const struct hr_video_options *options)
{
    struct hr_view bytes = media_load(path);
    media_decode_bytes(out, bytes, true, options);
    media_free(bytes);
}
