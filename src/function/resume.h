/* How a video that was suspended goes on: the event of it is sent to its queue again. Inside this room only. */
#ifndef HR_FUNCTION_RESUME_H
#define HR_FUNCTION_RESUME_H

#include "aws/client.h"
#include "aws/events.h"

struct hr_resume {
    struct hr_aws *aws;
    const char *queue_url;
    const struct hr_event_object *event;
    const char *etag; /* of the video that was looked at */
    const struct hr_deadline *deadline;
};

enum hr_status hr_resume_send(const struct hr_resume *resume, struct hr_error *error) HR_MUST_USE;

#endif
