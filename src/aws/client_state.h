/* What an `hr_aws` is made of: for the files of this room that share it. */
#ifndef HR_AWS_CLIENT_STATE_H
#define HR_AWS_CLIENT_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "aws/bucket_regions.h"
#include "aws/client.h"
#include "aws/credentials.h"

#define HR_TRACE_SIZE 512

struct hr_aws {
    struct hr_aws_config config;
    struct hr_http *http;
    struct hr_credential_source *credentials;
    const struct hr_clock *clock;
    struct hr_random random;
    struct hr_retry_policy policy;
    struct hr_retry_budget budget;
    struct hr_bucket_regions bucket_regions;
    _Atomic int64_t skew_us; /* what must be added to our clock to get theirs */
    atomic_bool has_region;  /* config.region, or `region` from the metadata, will not change */
    pthread_mutex_t lock;    /* of the two below */
    char region[32];
    char trace[HR_TRACE_SIZE]; /* "": none */
};

#endif
