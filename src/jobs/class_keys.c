#include "jobs/class_keys.h"

#include "aws/kms.h"

void hr_class_key_clear(struct hr_class_key *key)
{
    explicit_bzero(&key->master, sizeof key->master);
    hr_buffer_clear(&key->wrapped);
}

bool hr_key_source_is_given(const struct hr_key_source *source)
{
    return source->file != NULL || source->text != NULL || source->kms != NULL;
}

static enum hr_status take_given(struct hr_class_key *out, const struct hr_key_source *source, struct hr_error *error)
{
    if (source->file != NULL)
        return hr_master_key_read_file(source->file, &out->master, error);
    enum hr_status status = hr_master_key_parse(hr_view_text(source->text), &out->master, error);
    return status == HR_OK ? HR_OK : hr_error_prefix(error, "HOMEROOM_KEY");
}

/* From the service: `wrapped` is opened; empty: a new key is made. */
static enum hr_status ask_service(struct hr_class_key *out, const char *key_id, struct hr_view wrapped,
                                  const struct hr_anywhere *anywhere, const struct hr_deadline *deadline,
                                  struct hr_error *error)
{
    char text[HR_KMS_KEY_TEXT_SIZE];
    struct hr_aws *aws = NULL;
    enum hr_status status = anywhere->aws(anywhere->context, &aws, error);
    if (status != HR_OK)
        return status;
    if (wrapped.size > 0) {
        hr_buffer_append(&out->wrapped, wrapped);
        status = hr_kms_open_key(aws, wrapped, deadline, text, error);
    } else {
        status = hr_kms_new_key(aws, key_id, deadline, text, &out->wrapped, error);
    }
    if (status == HR_ERR_NOT_FOUND) /* the service's key, not the ring */
        status = error->code = HR_ERR_PERMISSION;
    if (status == HR_OK)
        status = hr_master_key_from_base64(text, &out->master, error);
    explicit_bzero(text, sizeof text);
    if (status == HR_OK)
        status = hr_buffer_check(&out->wrapped, error);
    out->master.wrapped = hr_buffer_view(&out->wrapped);
    return status;
}

enum hr_status hr_class_key_new(struct hr_class_key *out, const struct hr_key_source *source,
                                const struct hr_anywhere *anywhere, const struct hr_deadline *deadline,
                                struct hr_error *error)
{
    *out = (struct hr_class_key){0};
    hr_buffer_init(&out->wrapped, HR_WRAPPED_KEY_BYTES_MAX);
    if (source->file != NULL || source->text != NULL)
        return take_given(out, source, error);
    if (source->kms != NULL)
        return ask_service(out, source->kms, (struct hr_view){0}, anywhere, deadline, error);
    return hr_error_set(error, HR_ERR_ARGUMENT,
                        "no key is given: --key-file FILE ('homeroom keys new FILE' makes one), the variable "
                        "HOMEROOM_KEY, or --kms-key ID");
}

static enum hr_status open_wrapped(struct hr_class_key *out, struct hr_key_cache *cache, struct hr_view wrapped,
                                   const struct hr_anywhere *anywhere, const struct hr_deadline *deadline,
                                   struct hr_error *error)
{
    enum hr_status status = HR_OK;
    if (cache == NULL)
        return ask_service(out, NULL, wrapped, anywhere, deadline, error);
    hr_key_cache_lock(cache);
    if (hr_key_cache_find(cache, wrapped, &out->master)) {
        hr_buffer_append(&out->wrapped, wrapped);
        out->master.wrapped = hr_buffer_view(&out->wrapped);
        status = hr_buffer_check(&out->wrapped, error);
    } else {
        status = ask_service(out, NULL, wrapped, anywhere, deadline, error);
        if (status == HR_OK)
            hr_key_cache_keep(cache, wrapped, &out->master);
    }
    hr_key_cache_unlock(cache);
    return status;
}

enum hr_status hr_class_key_for(struct hr_class_key *out, const struct hr_key_source *source, struct hr_view ring,
                                const char *ring_name, const struct hr_anywhere *anywhere,
                                const struct hr_deadline *deadline, struct hr_error *error)
{
    struct hr_view wrapped = {0};
    *out = (struct hr_class_key){0};
    hr_buffer_init(&out->wrapped, HR_WRAPPED_KEY_BYTES_MAX);
    if (ring.size == 0)
        return hr_key_source_is_given(source) ? hr_class_key_new(out, source, anywhere, deadline, error)
                                              : HR_ERR_NOT_FOUND;
    enum hr_status status = hr_vault_wrapped(ring, ring_name, &wrapped, error);
    if (status == HR_OK && wrapped.size > 0)
        return open_wrapped(out, source->cache, wrapped, anywhere, deadline, error);
    if (status != HR_OK)
        return status;
    return source->file != NULL || source->text != NULL ? take_given(out, source, error) : HR_ERR_NOT_FOUND;
}
