/* Videos that are sent to the server: tus 1.0 (https://tus.io/protocols/resumable-upload, core, creation, termination,
 * expiration) into a file each. The file's size is how much is there. Inside this room only. */
#ifndef HR_WEB_UPLOADS_H
#define HR_WEB_UPLOADS_H

#include "web/request.h"

/* A part on its way into its file. */
struct hr_upload_in;

/* The request's route takes an upload: may it be written, and where on? HR_OK: request->upload takes the body. */
enum hr_status hr_upload_in_begin(struct hr_request *request, struct hr_error *error) HR_MUST_USE;
/* False: it can't be written, or is more than was announced; the request ends with why. */
bool hr_upload_in_write(struct hr_upload_in *in, const char *bytes, size_t size);
void hr_upload_in_free(struct hr_upload_in *in);

/* What nobody has gone on with for a day, and files of no upload and no task, are removed. */
void hr_uploads_tidy(struct hr_web *web);

/* The file of a name in the folder of videos. */
void hr_upload_path(const struct hr_web *web, const char *name, char out[4096]);

#endif
