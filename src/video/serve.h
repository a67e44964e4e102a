/* The child's side: decodes what its parent hands it. */
#ifndef HR_VIDEO_SERVE_H
#define HR_VIDEO_SERVE_H

#include "sandbox/sandbox.h"

/* For hr_sandbox_fork. */
extern const struct hr_sandbox_work hr_serve_videos;

#endif
