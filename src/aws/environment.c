#include "aws/environment.h"

#include <stddef.h>

const char *hr_aws_environment_get(const struct hr_aws_environment *environment, const char *name)
{
    if (environment->get == NULL)
        return NULL;
    const char *value = environment->get(environment->context, name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}
