#include "aws/bucket_regions.h"

#include <stdio.h>
#include <string.h>

void hr_bucket_regions_init(struct hr_bucket_regions *regions)
{
    *regions = (struct hr_bucket_regions){.next = 0};
    pthread_mutex_init(&regions->lock, NULL);
}

void hr_bucket_regions_clear(struct hr_bucket_regions *regions)
{
    pthread_mutex_destroy(&regions->lock);
}

/* The lock is held. */
static struct hr_bucket_region *find(struct hr_bucket_regions *regions, const char *bucket)
{
    for (size_t i = 0; i < HR_BUCKET_REGIONS_MAX; i++)
        if (regions->entries[i].bucket[0] != '\0' && strcmp(regions->entries[i].bucket, bucket) == 0)
            return &regions->entries[i];
    return NULL;
}

void hr_bucket_regions_set(struct hr_bucket_regions *regions, const char *bucket, const char *region)
{
    pthread_mutex_lock(&regions->lock);
    struct hr_bucket_region *entry = find(regions, bucket);
    if (entry == NULL) {
        entry = &regions->entries[regions->next];
        regions->next = (regions->next + 1) % HR_BUCKET_REGIONS_MAX;
    }
    snprintf(entry->bucket, sizeof entry->bucket, "%s", bucket);
    snprintf(entry->region, sizeof entry->region, "%s", region);
    pthread_mutex_unlock(&regions->lock);
}

bool hr_bucket_regions_get(struct hr_bucket_regions *regions, const char *bucket, char out[32])
{
    pthread_mutex_lock(&regions->lock);
    const struct hr_bucket_region *entry = find(regions, bucket);
    if (entry != NULL)
        memcpy(out, entry->region, sizeof entry->region);
    pthread_mutex_unlock(&regions->lock);
    return entry != NULL;
}
