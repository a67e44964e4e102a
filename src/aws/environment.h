/* Where the room's settings come from: the AWS_* variables, asked for by name. The command line
 * hands in the real environment, a test its own. */
#ifndef HR_AWS_ENVIRONMENT_H
#define HR_AWS_ENVIRONMENT_H

struct hr_aws_environment {
    /* NULL when not set. The text stays valid while the `hr_aws` that was opened with it lives. Any
     * thread. */
    const char *(*get)(void *context, const char *name);
    void *context;
};

/* Not set and set to nothing are the same: NULL. Also NULL when there is no `get`. */
const char *hr_aws_environment_get(const struct hr_aws_environment *environment, const char *name);

#endif
