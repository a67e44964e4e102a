/* The way to Amazon's services, opened when a command first needs it: what works on files alone
 * looks at no settings and no keys. */
#ifndef HR_CLI_CLOUD_H
#define HR_CLI_CLOUD_H

#include <pthread.h>

#include "aws/client.h"
#include "store/anywhere.h"

struct hr_cli_cloud {
    pthread_mutex_t lock;
    struct hr_aws *aws; /* NULL: not needed so far */
    bool insecure;      /* set before it is needed: services may be spoken to in the clear */
};

void hr_cli_cloud_init(struct hr_cli_cloud *cloud);
void hr_cli_cloud_close(struct hr_cli_cloud *cloud);

/* The client, the same each time; it lives as long as `cloud`. Any thread. */
enum hr_status hr_cli_cloud_aws(struct hr_cli_cloud *cloud, struct hr_aws **out, struct hr_error *error) HR_MUST_USE;

/* Places of every kind; `cloud` outlives what is opened through it. */
struct hr_anywhere hr_cli_cloud_anywhere(struct hr_cli_cloud *cloud);

#endif
