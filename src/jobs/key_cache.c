#include "jobs/key_cache.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "base/secret.h"

struct hr_key_cache {
    pthread_mutex_t lock;
    const struct hr_clock *clock;
    int64_t until_us; /* monotonic; 0: none is kept */
    size_t wrapped_size;
    uint8_t wrapped[HR_WRAPPED_KEY_BYTES_MAX];
    uint8_t key[HR_MASTER_KEY_BYTES];
};

enum hr_status hr_key_cache_new(struct hr_key_cache **out, const struct hr_clock *clock, struct hr_error *error)
{
    struct hr_key_cache *cache = hr_secret_alloc(sizeof *cache);
    *out = cache;
    if (cache == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a key");
    (void)mlock(cache, sizeof *cache); /* where the limit allows it */
    pthread_mutex_init(&cache->lock, NULL);
    cache->clock = clock;
    return HR_OK;
}

void hr_key_cache_free(struct hr_key_cache *cache)
{
    if (cache != NULL)
        pthread_mutex_destroy(&cache->lock);
    hr_secret_free(cache, sizeof *cache);
}

void hr_key_cache_lock(struct hr_key_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
}

void hr_key_cache_unlock(struct hr_key_cache *cache)
{
    pthread_mutex_unlock(&cache->lock);
}

static void forget(struct hr_key_cache *cache)
{
    explicit_bzero(cache->key, sizeof cache->key);
    cache->until_us = 0;
}

bool hr_key_cache_find(struct hr_key_cache *cache, struct hr_view wrapped, struct hr_master_key *out)
{
    bool good = cache->until_us > cache->clock->monotonic_us(cache->clock->context) &&
                wrapped.size == cache->wrapped_size && memcmp(wrapped.data, cache->wrapped, wrapped.size) == 0;
    if (good)
        memcpy(out->bytes, cache->key, sizeof cache->key);
    else
        forget(cache);
    return good;
}

void hr_key_cache_keep(struct hr_key_cache *cache, struct hr_view wrapped, const struct hr_master_key *key)
{
    forget(cache);
    if (wrapped.size == 0 || wrapped.size > sizeof cache->wrapped)
        return;
    memcpy(cache->wrapped, wrapped.data, wrapped.size);
    cache->wrapped_size = wrapped.size;
    memcpy(cache->key, key->bytes, sizeof cache->key);
    cache->until_us = cache->clock->monotonic_us(cache->clock->context) + HR_KEY_CACHE_S * INT64_C(1000000);
}
