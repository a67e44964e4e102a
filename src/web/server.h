/* What all requests of a server share. Inside this room only. */
#ifndef HR_WEB_SERVER_H
#define HR_WEB_SERVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "web/request.h"
#include "web/throttle.h"

struct MHD_Daemon;

struct hr_web {
    const struct hr_web_options *options;
    struct MHD_Daemon *daemon;
    struct hr_events *events;
    struct hr_worker *worker;
    int lock_file;        /* of the folder of videos; -1: none */
    atomic_int requests;  /* that have begun and not ended */
    atomic_int strangers; /* those of them by nobody who is signed in, with a body */
    struct hr_throttle throttle;
    char setup_token[64];                           /* "": there is an account */
    _Atomic(const struct hr_vector_layout *) known; /* of the engine; NULL: it is not open yet */
    pthread_mutex_t change_lock;                    /* a change that may be held against what was seen is made alone */
    pthread_mutex_t engine_lock;
    struct hr_engine *engine; /* of requests; the worker has its own */
};

#endif
