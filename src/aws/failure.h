/* What a service's refusal means: its code in a body of XML or JSON, what that is to us, whether it
 * is worth another attempt, and what a person can do about it. */
#ifndef HR_AWS_FAILURE_H
#define HR_AWS_FAILURE_H

#include "aws/client.h"

struct hr_failure {
    enum hr_status status;
    enum hr_retry_kind retry;
    bool maybe_done;  /* it may have been carried out all the same */
    bool skewed;      /* refused for its time */
    bool expired;     /* refused for keys that have run out */
    const char *hint; /* for a person; "" when there is nothing to add */
};

/* Fills code, message and region of the answer from its headers and body. Control characters become
 * blanks; a message about a signature is dropped, for it repeats what was signed. */
void hr_failure_read(struct hr_aws_answer *answer);
/* What the answer, which is none of 200 to 299, means. */
struct hr_failure hr_failure_of(const struct hr_aws_answer *answer);

#endif
