#include "cli/cloud.h"

#include "cli/environment.h"

static const char *variable(void *context, const char *name)
{
    (void)context;
    return hr_environment(name);
}

void hr_cli_cloud_init(struct hr_cli_cloud *cloud)
{
    pthread_mutex_init(&cloud->lock, NULL);
    cloud->aws = NULL;
    cloud->insecure = false;
}

void hr_cli_cloud_close(struct hr_cli_cloud *cloud)
{
    hr_aws_close(cloud->aws);
    cloud->aws = NULL;
    pthread_mutex_destroy(&cloud->lock);
}

enum hr_status hr_cli_cloud_aws(struct hr_cli_cloud *cloud, struct hr_aws **out, struct hr_error *error)
{
    struct hr_aws_options options = {.environment = {.get = variable}, .insecure = cloud->insecure};
    enum hr_status status = HR_OK;
    pthread_mutex_lock(&cloud->lock);
    if (cloud->aws == NULL)
        status = hr_aws_open(&cloud->aws, &options, error);
    *out = cloud->aws;
    pthread_mutex_unlock(&cloud->lock);
    return status;
}

static enum hr_status open_when_needed(void *context, struct hr_aws **out, struct hr_error *error)
{
    return hr_cli_cloud_aws(context, out, error);
}

struct hr_anywhere hr_cli_cloud_anywhere(struct hr_cli_cloud *cloud)
{
    return (struct hr_anywhere){.aws = open_when_needed, .context = cloud};
}
