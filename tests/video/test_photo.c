/* Photos: every format, every orientation, and a still image given as a video. */
#include <libheif/heif.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "video/exif.h"
#include "video/media.h"
#include "video/orient.h"

/* Yellow top left, green top right, red bottom left, black bottom right. */
#define QUARTERS                                                                                                       \
    "-f lavfi -i nullsrc=size=64x32:rate=5:duration=1 -vf "                                                            \
    "format=gbrp,geq=r='255*lt(X\\,32)':g='255*lt(Y\\,16)':b='0' -frames:v 1 "

static char colour_at(const struct hr_frame *frame, int quarter_x, int quarter_y)
{
    int x = frame->size.width_px * quarter_x / 4, y = frame->size.height_px * quarter_y / 4;
    const uint8_t *rgb = frame->rgb + y * frame->stride_bytes + 3 * x;
    assert_true(rgb[2] < 80);
    if (rgb[0] > 128)
        return rgb[1] > 128 ? 'Y' : 'R';
    return rgb[1] > 128 ? 'G' : 'K';
}

/* The colours of the four quarters: top left, top right, bottom left, bottom right. */
static void quarters_of(const struct hr_frame *frame, char shown[5])
{
    shown[0] = colour_at(frame, 1, 1);
    shown[1] = colour_at(frame, 3, 1);
    shown[2] = colour_at(frame, 1, 3);
    shown[3] = colour_at(frame, 3, 3);
    shown[4] = '\0';
}

/* As a photo, and as a video of so many frames whose first is the same. */
static void assert_shows(struct hr_view bytes, const char *shown, struct hr_size size, size_t frames)
{
    struct hr_image image;
    struct hr_error error = {0};
    enum hr_status status = hr_photo_read(&image, bytes, "photo", media_photo_options(), &error);
    if (status != HR_OK)
        fail_msg("%s", error.text);
    struct hr_frame frame = hr_image_frame(&image);
    char seen[5];
    quarters_of(&frame, seen);
    assert_string_equal(seen, shown);
    assert_int_equal(image.size.width_px, size.width_px);
    assert_int_equal(image.size.height_px, size.height_px);

    struct media_result *video = malloc(sizeof *video);
    assert_non_null(video);
    media_decode_bytes(video, bytes, false, media_options(&(struct hr_video_options){0}));
    assert_int_equal(video->status, HR_END);
    assert_int_equal(video->count, frames);
    assert_string_equal(video->warning, "");
    assert_int_equal(video->frames[0].pts_us, 0);
    assert_true(video->frames[0].checksum == media_checksum(&frame));
    assert_int_equal(video->info.size.width_px, size.width_px);
    free(video);
    hr_image_clear(&image);
}

static void assert_photo_shows(struct hr_view bytes, const char *shown, struct hr_size size)
{
    assert_shows(bytes, shown, size, 1);
}

static void every_format_is_read(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"q.jpg", QUARTERS "-q:v 1"},
        {"q.png", QUARTERS},
        {"q.webp", QUARTERS "-c:v libwebp"},
        {"q.bmp", QUARTERS},
        {"q.gif", QUARTERS},
        {"q.tiff", QUARTERS},
        {"gray16.png", QUARTERS "-pix_fmt rgb48be"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        media_make(names[i][0], names[i][1]);
        struct hr_view bytes = media_load(media_path(names[i][0]));
        assert_photo_shows(bytes, "YGRK", (struct hr_size){64, 32});
        media_free(bytes);
    }
}

static void heic_and_avif_are_read(void **state)
{
    (void)state;
    media_make("q.png", QUARTERS);
    static const char *const names[] = {"q.heic", "q.avif"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!hr_video_can_decode(names[i] + 2)) {
            printf("### NOT TESTED: %s, for libheif cannot decode it here\n", names[i]);
            continue;
        }
        media_run("heif-enc", "-q", "100", i == 1 ? "-A" : "-q100", "-o", media_path(names[i]), media_path("q.png"),
                  NULL);
        struct hr_view bytes = media_load(media_path(names[i]));
        assert_photo_shows(bytes, "YGRK", (struct hr_size){64, 32});
        media_free(bytes);
    }
}

static void only_the_first_picture_of_an_animation_is_a_photo(void **state)
{
    (void)state;
    /* The first picture is QUARTERS, then comes something else. */
    static const char *const names[][2] = {
        {"moving.gif", ""}, {"moving.png", "-f apng"}, {"moving.webp", "-c:v libwebp_anim -lossless 1"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char line[512];
        snprintf(line, sizeof line,
                 "-f lavfi -i nullsrc=size=64x32:rate=5:duration=1 -vf "
                 "format=gbrp,geq=r='255*lt(X\\,32)*eq(N\\,0)':g='255*lt(Y\\,16)':b='N*50' %s",
                 names[i][1]);
        media_make(names[i][0], line);
        struct hr_view bytes = media_load(media_path(names[i][0]));
        assert_shows(bytes, "YGRK", (struct hr_size){64, 32}, 5);
        media_free(bytes);
    }
}

/* --- EXIF --- */

/* A TIFF block with one entry, the orientation. */
static size_t make_tiff(uint8_t *out, bool big_endian, unsigned orientation)
{
    static const uint8_t big[] = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1};
    static const uint8_t little[] = {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0};
    memcpy(out, big_endian ? big : little, sizeof big);
    memset(out + sizeof big, 0, 8);
    out[sizeof big + (big_endian ? 1 : 0)] = (uint8_t)orientation;
    return sizeof big + 8;
}

/* `photo` with `size` bytes of `extra` put in at `at`; the caller's (media_free). */
static struct hr_view insert(struct hr_view photo, size_t at, const uint8_t *extra, size_t size)
{
    uint8_t *all = malloc(photo.size + size);
    assert_non_null(all);
    memcpy(all, photo.data, at);
    memcpy(all + at, extra, size);
    memcpy(all + at + size, photo.data + at, photo.size - at);
    return hr_view_of(all, photo.size + size);
}

static struct hr_view with_exif(enum hr_still kind, struct hr_view photo, bool big_endian, unsigned orientation)
{
    uint8_t tiff[64], extra[128];
    size_t size = make_tiff(tiff, big_endian, orientation);
    if (kind == HR_STILL_JPEG) {
        size_t length = 2 + 6 + size;
        memcpy(extra, (uint8_t[]){0xFF, 0xE1, 0, (uint8_t)length, 'E', 'x', 'i', 'f', 0, 0}, 10);
        memcpy(extra + 10, tiff, size);
        return insert(photo, 2, extra, 10 + size);
    }
    if (kind == HR_STILL_PNG) { /* behind IHDR; the decoder doesn't check this chunk's CRC */
        memcpy(extra, (uint8_t[]){0, 0, 0, (uint8_t)size, 'e', 'X', 'I', 'f'}, 8);
        memcpy(extra + 8, tiff, size);
        memset(extra + 8 + size, 0, 4);
        return insert(photo, 33, extra, size + 12);
    }
    memcpy(extra, (uint8_t[]){'E', 'X', 'I', 'F', (uint8_t)size, 0, 0, 0}, 8);
    memcpy(extra + 8, tiff, size);
    return insert(photo, photo.size, extra, size + 8);
}

static void exif_orientation_is_applied(void **state)
{
    (void)state;
    /* How YG over RK has to be shown for each value of the tag. */
    static const char *const shown[] = {NULL, "YGRK", "GYKR", "KRGY", "RKYG", "YRGK", "RYKG", "KGRY", "GKYR"};
    static const struct {
        enum hr_still kind;
        const char *name;
    } photos[] = {{HR_STILL_JPEG, "q.jpg"}, {HR_STILL_PNG, "q.png"}, {HR_STILL_WEBP, "q.webp"}};
    for (size_t p = 0; p < sizeof photos / sizeof *photos; p++) {
        struct hr_view photo = media_load(media_path(photos[p].name));
        for (unsigned value = 1; value <= 8; value++) {
            struct hr_view turned = with_exif(photos[p].kind, photo, value % 2 == 0, value);
            struct hr_size size = value >= 5 ? (struct hr_size){32, 64} : (struct hr_size){64, 32};
            assert_photo_shows(turned, shown[value], size);
            media_free(turned);
        }
        media_free(photo);
    }
}

static void broken_exif_means_upright(void **state)
{
    (void)state;
    struct hr_view photo = media_load(media_path("q.jpg"));
    struct hr_view turned = with_exif(HR_STILL_JPEG, photo, true, 6);
    assert_int_equal(hr_exif_orientation(HR_STILL_JPEG, turned), HR_ORIENT_ROTATE_90);
    /* Cut anywhere (in memory of just that size, for the sanitizer), it is upright or turned. */
    for (size_t size = 0; size < 48; size++) {
        uint8_t *part = malloc(size + 1);
        memcpy(part, turned.data, size);
        uint8_t *exact = realloc(part, size > 0 ? size : 1);
        enum hr_orientation seen = hr_exif_orientation(HR_STILL_JPEG, hr_view_of(exact, size));
        assert_true(seen == HR_ORIENT_UPRIGHT || seen == HR_ORIENT_ROTATE_90);
        free(exact);
    }
    media_free(turned);
    static const unsigned wrong[] = {0, 9, 255};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        turned = with_exif(HR_STILL_JPEG, photo, false, wrong[i]);
        assert_int_equal(hr_exif_orientation(HR_STILL_JPEG, turned), HR_ORIENT_UPRIGHT);
        media_free(turned);
    }
    media_free(photo);
}

static struct heif_error write_file(struct heif_context *context, const void *data, size_t size, void *path)
{
    (void)context;
    FILE *file = fopen(path, "wb");
    bool written = file != NULL && fwrite(data, 1, size, file) == size;
    written = file != NULL && fclose(file) == 0 && written;
    return (struct heif_error){written ? heif_error_Ok : heif_error_Encoding_error, heif_suberror_Unspecified,
                               "writing"};
}

/* The picture of q.png as HEIC with the container's "turn by 90 degrees". False when there is no
 * encoder. */
static bool make_turned_heic(const char *path)
{
    struct hr_view png = media_load(media_path("q.png"));
    struct hr_image source;
    struct hr_error error;
    assert_int_equal(hr_photo_read(&source, png, "q.png", media_photo_options(), &error), HR_OK);
    media_free(png);
    struct heif_context *context = heif_context_alloc();
    struct heif_encoder *encoder = NULL;
    struct heif_image *picture = NULL;
    struct heif_image_handle *handle = NULL;
    heif_image_create(source.size.width_px, source.size.height_px, heif_colorspace_RGB, heif_chroma_interleaved_RGB,
                      &picture);
    heif_image_add_plane(picture, heif_channel_interleaved, source.size.width_px, source.size.height_px, 8);
    int stride = 0;
    uint8_t *rows = heif_image_get_plane(picture, heif_channel_interleaved, &stride);
    for (int y = 0; y < source.size.height_px; y++)
        memcpy(rows + (ptrdiff_t)y * stride, source.rgb + y * source.stride_bytes, (size_t)source.stride_bytes);
    struct heif_encoding_options *options = heif_encoding_options_alloc();
    options->image_orientation = heif_orientation_rotate_90_cw;
    struct heif_writer writer = {.writer_api_version = 1, .write = write_file};
    bool made = heif_context_get_encoder_for_format(context, heif_compression_HEVC, &encoder).code == heif_error_Ok &&
                heif_context_encode_image(context, picture, encoder, options, &handle).code == heif_error_Ok &&
                heif_context_write(context, &writer, (void *)path).code == heif_error_Ok;
    heif_encoding_options_free(options);
    heif_image_handle_release(handle);
    heif_image_release(picture);
    heif_encoder_release(encoder);
    heif_context_free(context);
    hr_image_clear(&source);
    return made;
}

static void heic_is_turned_by_its_container(void **state)
{
    (void)state;
    if (!hr_video_can_decode("heic")) {
        printf("### NOT TESTED: HEIC, for libheif cannot decode it here\n");
        skip();
    }
    const char *path = media_path("turned.heic");
    pid_t child = fork(); /* x265 loses a little memory, which is not ours to find */
    assert_true(child >= 0);
    if (child == 0)
        _exit(make_turned_heic(path) ? 0 : 1);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (status != 0) {
        printf("### NOT TESTED: a turned HEIC, for libheif cannot encode it here\n");
        skip();
    }
    struct hr_view heic = media_load(path);
    assert_photo_shows(heic, "RYKG", (struct hr_size){32, 64});
    media_free(heic);
}

/* --- refusals --- */

static enum hr_status status_of(struct hr_view bytes, struct hr_error *error)
{
    struct hr_image image;
    enum hr_status status = hr_photo_read(&image, bytes, "p.jpg", media_photo_options(), error);
    if (status == HR_OK)
        hr_image_clear(&image);
    return status;
}

static void what_is_not_a_photo_is_named(void **state)
{
    (void)state;
    struct hr_error error = {0};
    assert_int_equal(status_of(hr_view_text(""), &error), HR_ERR_FORMAT);
    assert_non_null(strstr(error.text, "'p.jpg': not a photo: it is an empty file"));
    assert_int_equal(status_of(hr_view_text("Dear Anna, the photo is attached."), &error), HR_ERR_FORMAT);
    assert_non_null(strstr(error.text, "text file"));
    assert_int_equal(status_of(hr_view_of("\x01\x02\xFE\xFF\x00\x80", 6), &error), HR_ERR_FORMAT);
    assert_non_null(strstr(error.text, "HEIC"));

    struct hr_view jpeg = media_load(media_path("q.jpg"));
    assert_int_equal(status_of(hr_view_of(jpeg.data, 200), &error), HR_ERR_FORMAT);
    assert_non_null(strstr(error.text, "damaged"));
    media_free(jpeg);
    if (hr_video_can_decode("heic")) {
        struct hr_view heic = media_load(media_path("q.heic"));
        for (size_t size = 12; size < heic.size; size += 1 + heic.size / 40)
            assert_int_not_equal(status_of(hr_view_of(heic.data, size), &error), HR_OK);
        media_free(heic);
    }
}

static void a_photo_has_limits(void **state)
{
    (void)state;
    struct hr_error error = {0};
    uint8_t *large = calloc(1, HR_LIMIT_PHOTO_BYTES + 1);
    assert_non_null(large);
    memcpy(large, "\xFF\xD8\xFF", 3);
    assert_int_equal(status_of(hr_view_of(large, HR_LIMIT_PHOTO_BYTES + 1), &error), HR_ERR_LIMIT);
    assert_int_equal(status_of(hr_view_of(large, HR_LIMIT_PHOTO_BYTES), &error), HR_ERR_FORMAT);
    free(large);
    /* Two pixels beyond the longest side, and just that. */
    media_make("wide.png", "-f lavfi -i color=size=16386x2:duration=1 -frames:v 1");
    media_make("wide_enough.png", "-f lavfi -i color=size=16384x2:duration=1 -frames:v 1");
    struct hr_view bytes = media_load(media_path("wide.png"));
    assert_int_equal(status_of(bytes, &error), HR_ERR_LIMIT);
    media_free(bytes);
    bytes = media_load(media_path("wide_enough.png"));
    assert_int_equal(status_of(bytes, &error), HR_OK);
    media_free(bytes);
    /* In our words, whichever decoder it is that refuses. */
    static const char *const large_names[][3] = {
        {"wide.jpg", "16400x16", "'p.jpg': 16400 x 16 pixels: the limit of a side is 16384; make the picture smaller"},
        {"phone.jpg", "12000x9000",
         "'p.jpg': 12000 x 9000 pixels: the limit is 67108864 in all, as 8192 x 8192 has; make the picture smaller"},
        {"phone.tiff", "12000x9000", "'p.jpg': 12000 x 9000 pixels: the limit is 67108864 in all"},
        {"phone.jp2", "12000x9000", "'p.jpg': 12000 x 9000 pixels: the limit is 67108864 in all"}};
    for (size_t i = 0; i < sizeof large_names / sizeof *large_names; i++) {
        char line[128];
        snprintf(line, sizeof line, "-f lavfi -i color=gray:size=%s:duration=1 -frames:v 1%s", large_names[i][1],
                 strstr(large_names[i][0], "tiff") != NULL ? " -compression_algo deflate" : "");
        media_make(large_names[i][0], line);
        bytes = media_load(media_path(large_names[i][0]));
        assert_int_equal(status_of(bytes, &error), HR_ERR_LIMIT);
        assert_non_null(strstr(error.text, large_names[i][2]));
        media_free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_is_read),
        cmocka_unit_test(heic_and_avif_are_read),
        cmocka_unit_test(only_the_first_picture_of_an_animation_is_a_photo),
        cmocka_unit_test(exif_orientation_is_applied),
        cmocka_unit_test(broken_exif_means_upright),
        cmocka_unit_test(heic_is_turned_by_its_container),
        cmocka_unit_test(what_is_not_a_photo_is_named),
        cmocka_unit_test(a_photo_has_limits),
    };
    return cmocka_run_group_tests(tests, media_set_up, media_tear_down);
}
