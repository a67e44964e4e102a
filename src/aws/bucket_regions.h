/* Which region a bucket is in, once somebody has found out. Threads: any. */
#ifndef HR_AWS_BUCKET_REGIONS_H
#define HR_AWS_BUCKET_REGIONS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct hr_bucket_region {
    char bucket[64];
    char region[32];
};

/* The oldest is forgotten when there is no room. */
#define HR_BUCKET_REGIONS_MAX 16
struct hr_bucket_regions {
    pthread_mutex_t lock;
    struct hr_bucket_region entries[HR_BUCKET_REGIONS_MAX];
    size_t next;
};

void hr_bucket_regions_init(struct hr_bucket_regions *regions);
void hr_bucket_regions_clear(struct hr_bucket_regions *regions);
void hr_bucket_regions_set(struct hr_bucket_regions *regions, const char *bucket, const char *region);
/* False when nothing is known of the bucket. */
bool hr_bucket_regions_get(struct hr_bucket_regions *regions, const char *bucket, char out[32]);

#endif
