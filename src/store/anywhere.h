/* Places as a person writes them: the path of a file or folder, or "s3://bucket/key". Everything
 * that takes a place goes through here, so that all commands take the same ones. */
#ifndef HR_STORE_ANYWHERE_H
#define HR_STORE_ANYWHERE_H

#include "base/clock.h"
#include "store/store.h"

struct hr_aws;

/* What is needed to reach places that are not on this machine. */
struct hr_anywhere {
    /* Gives the client, which lives as long as this does; called for the first time when the first
     * "s3://" place is used, so that files cost no look at settings or keys. Any thread. */
    enum hr_status (*aws)(void *context, struct hr_aws **out, struct hr_error *error);
    void *context;
};

/* Begins with "s3://". */
bool hr_anywhere_is_remote(const char *place);

/* As hr_file_open_stream or hr_s3_stream_open. `deadline` (may be NULL) ends every wait for the
 * network or a pipe and outlives the stream. */
enum hr_status hr_anywhere_open_stream(const struct hr_anywhere *anywhere, const char *place,
                                       const struct hr_deadline *deadline, struct hr_stream *out,
                                       struct hr_error *error) HR_MUST_USE;

/* Adds the whole file to an initialised buffer; LIMIT when it does not fit under the buffer's cap.
 */
enum hr_status hr_anywhere_read(const struct hr_anywhere *anywhere, const char *place,
                                const struct hr_deadline *deadline, struct hr_buffer *out,
                                struct hr_error *error) HR_MUST_USE;

/* As hr_store_open_folder (`create`: the folder is made; a bucket never is) or hr_store_open_s3:
 * "s3://bucket/a" and "s3://bucket/a/" are the objects under "a/". */
enum hr_status hr_anywhere_open_store(const struct hr_anywhere *anywhere, const char *place, bool create,
                                      const struct hr_deadline *deadline, struct hr_store *out,
                                      struct hr_error *error) HR_MUST_USE;

/* The place of the file `name` in the folder `folder`, with one '/' between them. NULL: no memory.
 * The caller's (free). */
char *hr_anywhere_join(const char *folder, const char *name);

#endif
