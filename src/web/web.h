/* homeroom serve: the teacher's page and its API over HTTP. One process, one database that is a file, a folder beside
 * it for the videos that are on their way.
 *
 * Requests come in on libmicrohttpd's threads, each with the database opened for itself; videos are looked at one
 * after the other on a thread of their own. Nothing is answered of a class to who may not see it. */
#ifndef HR_WEB_WEB_H
#define HR_WEB_WEB_H

#include "base/log.h"
#include "jobs/class_place.h"

struct hr_recognize_options;

struct hr_web_options {
    struct hr_class_place *class; /* borrowed */
    const char *listen;           /* "127.0.0.1:8080", "[::1]:8080"; port 0: any */
    const char *certificate;      /* PEM files of the chain and its key; NULL: without TLS */
    const char *private_key;
    const char *videos; /* a folder for what is on its way; made, its owner's alone */
    bool insecure;      /* without TLS on other addresses than this machine's own */
    int threads;        /* of the recognition; 0: one per processor */
    struct hr_recognize_options *recognize;
    const struct hr_log *log;
    const struct hr_stop *stop;
    /* Told once it listens: where, and, while there is no account, the path by which the first one is made. */
    void (*ready)(void *context, const char *url, const char *setup_path);
    void *context;
};

/* Until the stop: HR_OK. ARGUMENT, PERMISSION or IO: it can't listen; what opening the class fails with. */
enum hr_status hr_web_run(const struct hr_web_options *options, struct hr_error *error) HR_MUST_USE;

#endif
