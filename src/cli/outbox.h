/* Files that go to a bucket while others are still being made: a folder of this machine, and a thread that sends what
 * is complete in it and then removes it. What cannot be sent waits there, for the next program at the latest. */
#ifndef HR_CLI_OUTBOX_H
#define HR_CLI_OUTBOX_H

#include <pthread.h>

#include "cli/cli.h"

struct hr_outbox {
    const struct hr_cli *cli;
    const char *folder, *target; /* borrowed: files; "s3://BUCKET/PREFIX" */
    struct hr_store store;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    bool ending;
    struct hr_error last; /* why what waits was not sent */
    size_t waiting;       /* files, when the folder was looked at last */
};

/* The folder for what goes to `target`: "unsent/s3_bucket_prefix" beside the database of the user, its owner's alone.
 * Made when it is not there. */
enum hr_status hr_outbox_folder(const char *target, char out[4096], struct hr_error *error) HR_MUST_USE;

/* Hidden files are not complete; whatever has another name is sent, and nothing replaced that is there. The outbox
 * stays where it is until it ends. */
enum hr_status hr_outbox_begin(struct hr_outbox *outbox, const struct hr_cli *cli, const char *folder,
                               const char *target, struct hr_error *error) HR_MUST_USE;
/* Waits until all is sent, as long as something can be, and nobody interrupts it. UNAVAILABLE: files wait in the
 * folder. */
enum hr_status hr_outbox_end(struct hr_outbox *outbox, struct hr_error *error) HR_MUST_USE;

#endif
