/* Small files that may hold secrets: shared config files, tokens. */
#ifndef HR_AWS_FILE_H
#define HR_AWS_FILE_H

#include "base/buffer.h"
#include "base/status.h"

/* Adds the whole file to an initialised buffer. NOT_FOUND, PERMISSION, IO, LIMIT, MEMORY. */
enum hr_status hr_aws_file_read(struct hr_buffer *out, const char *path, struct hr_error *error) HR_MUST_USE;
/* Wipes what is in the buffer, then frees it. */
void hr_aws_file_wipe(struct hr_buffer *buffer);

#endif
