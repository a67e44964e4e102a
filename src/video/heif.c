#include "video/heif.h"

#include <libheif/heif.h>

static enum hr_status explain(struct heif_error failure, struct hr_error *error)
{
    enum hr_status status = HR_ERR_FORMAT;
    if (failure.code == heif_error_Memory_allocation_error)
        status = failure.subcode == heif_suberror_Security_limit_exceeded ? HR_ERR_LIMIT : HR_ERR_MEMORY;
    else if (failure.code == heif_error_Unsupported_filetype || failure.code == heif_error_Unsupported_feature)
        status = HR_ERR_UNSUPPORTED;
    return hr_error_set(error, status, "the HEIF picture can't be decoded (%s)",
                        failure.message != NULL ? failure.message : "no reason given");
}

static enum hr_status copy_rows(struct hr_image *out, const struct heif_image *picture, struct hr_error *error)
{
    struct hr_size size = {
        .width_px = heif_image_get_width(picture, heif_channel_interleaved),
        .height_px = heif_image_get_height(picture, heif_channel_interleaved),
    };
    int stride_bytes = 0;
    const uint8_t *from = heif_image_get_plane_readonly(picture, heif_channel_interleaved, &stride_bytes);
    if (from == NULL)
        return hr_error_set(error, HR_ERR_FORMAT, "the HEIF picture has no pixels");
    enum hr_status status = hr_image_init(out, size, error);
    if (status != HR_OK)
        return status;
    for (int y = 0; y < size.height_px; y++)
        memcpy(out->rgb + y * out->stride_bytes, from + (ptrdiff_t)y * stride_bytes, (size_t)size.width_px * 3);
    return HR_OK;
}

enum hr_status hr_heif_read(struct hr_image *out, struct hr_view bytes, struct hr_error *error)
{
    *out = (struct hr_image){0};
    struct heif_image_handle *handle = NULL;
    struct heif_image *picture = NULL;
    enum hr_status status;
    struct heif_context *context = heif_context_alloc();
    if (context == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to read a HEIF picture");
    struct heif_error failure = heif_context_read_from_memory_without_copy(context, bytes.data, bytes.size, NULL);
    if (failure.code == heif_error_Ok)
        failure = heif_context_get_primary_image_handle(context, &handle);
    if (failure.code != heif_error_Ok) {
        status = explain(failure, error);
        goto out;
    }
    struct hr_size claimed = {heif_image_handle_get_width(handle), heif_image_handle_get_height(handle)};
    status = hr_size_check(claimed, error);
    if (status != HR_OK)
        goto out;
    failure = heif_decode_image(handle, &picture, heif_colorspace_RGB, heif_chroma_interleaved_RGB, NULL);
    status = failure.code != heif_error_Ok ? explain(failure, error) : copy_rows(out, picture, error);
out:
    heif_image_release(picture);
    heif_image_handle_release(handle);
    heif_context_free(context);
    return status;
}

void hr_heif_load(void)
{
    (void)heif_init(NULL); /* what failed to load shows as a kind that can't be decoded */
}

bool hr_heif_can_decode_heic(void)
{
    return heif_have_decoder_for_format(heif_compression_HEVC) != 0;
}

bool hr_heif_can_decode_avif(void)
{
    return heif_have_decoder_for_format(heif_compression_AV1) != 0;
}

const char *hr_heif_version(void)
{
    return heif_get_version();
}
