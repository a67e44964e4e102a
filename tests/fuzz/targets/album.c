/* An archive of photos, taken apart in this process; once in a stream that can seek, and once in a pipe. */
#include "fuzz/target.h"

#include "base/limits.h"
#include "video/album.h"

static void take_apart(struct hr_view bytes, bool seeks)
{
    struct hr_stream stream;
    struct hr_album *album = NULL;
    struct hr_error error = {0};
    struct hr_album_entry entry;
    size_t count = 0;
    uint64_t all = 0;
    FUZZ_CHECK(hr_stream_open_memory(&stream, bytes, &error) == HR_OK);
    if (!seeks)
        stream.seek = NULL;
    const struct hr_photo_options options = {.tables = seeks};
    enum hr_status status = hr_album_open(&album, &stream, &options, &error);
    while (status == HR_OK && (status = hr_album_next(album, &entry, &error)) == HR_OK) {
        count++;
        all += entry.bytes.size;
        volatile uint8_t last = entry.bytes.size > 0 ? entry.bytes.data[entry.bytes.size - 1] : 0;
        (void)last;
        FUZZ_CHECK(entry.verdict < HR_ALBUM_VERDICT_COUNT);
        FUZZ_CHECK((entry.verdict == HR_ALBUM_PICTURE || entry.verdict == HR_ALBUM_TABLE) == (entry.bytes.size > 0));
        FUZZ_CHECK(seeks || entry.verdict != HR_ALBUM_TABLE);
        FUZZ_CHECK(entry.name[0] != '\0' && strlen(entry.name) < HR_ALBUM_NAME_SIZE);
        FUZZ_CHECK(hr_view_is_utf8(hr_view_text(entry.name)));
        FUZZ_CHECK(entry.bytes.size == 0 ||
                   (entry.name[0] != '/' && strncmp(entry.name, "../", 3) != 0 && strstr(entry.name, "/../") == NULL));
    }
    FUZZ_CHECK(count <= HR_LIMIT_ALBUM_ENTRIES && all <= bytes.size * HR_LIMIT_ALBUM_RATIO + (1 << 20));
    if (status != HR_END)
        fuzz_check_refusal(status, &error);
    hr_album_close(album);
    hr_stream_close(&stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    take_apart(hr_view_of(data, size), true);
    take_apart(hr_view_of(data, size), false);
    return 0;
}
