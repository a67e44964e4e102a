/* A request on its way, between the parts of the server that it goes through. Inside this room only. */
#ifndef HR_WEB_EXCHANGE_H
#define HR_WEB_EXCHANGE_H

#include <microhttpd.h>

#include "web/routes.h"
#include "web/server.h"

/* Seconds that a connection may be silent. */
enum { HR_SILENCE_S = 30 };
#define HR_ANSWER_BYTES_MAX ((size_t)1 << 30)

struct hr_exchange {
    struct hr_web *web;
    char *raw;                /* owned: the address as it was sent */
    bool begun;               /* its headers were looked at */
    bool counted, a_stranger; /* in web->requests, web->strangers */
    struct hr_request request;
    struct hr_error error; /* error.code HR_OK: nothing is wrong so far */
    int64_t begun_us;      /* monotonic; of who is not signed in */
    int http_status;       /* 0: what the error's code says */
    int64_t retry_after_s;
    bool closes;
    const char *code;         /* of the problem; static; NULL: the error's */
    struct hr_answer headers; /* headers of a problem */
};

/* Sets the exchange's error; gives its code. `reason`: as in hr_error_named; NULL: no page meets it. */
enum hr_status hr_exchange_refuse(struct hr_exchange *exchange, int http_status, enum hr_status code,
                                  const char *reason, const char *text);
/* MHD's callbacks: with the address of a new request; for its headers, each part of its body, and once more; when it is
 * over, however. */
void *hr_exchange_begin(void *context, const char *address, struct MHD_Connection *connection);
enum MHD_Result hr_exchange_go_on(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *bytes, size_t *size, void **kept);
void hr_exchange_end(void *context, struct MHD_Connection *connection, void **kept,
                     enum MHD_RequestTerminationCode how);

/* --- door.c: what is refused before anybody looks at it, and who it is --- */

/* RFC 9112: what two readers could read in two ways is read by none. */
enum hr_status hr_door_guard(struct hr_exchange *exchange, const char *version);
/* Who is signed in, if anybody is; the database is open. */
enum hr_status hr_door_find_account(struct hr_exchange *exchange);
/* Whether the route is for him, and whether it is his own page that asks. */
enum hr_status hr_door_check(struct hr_exchange *exchange);

/* --- send.c: answers --- */

enum MHD_Result hr_send_problem(struct hr_exchange *exchange); /* RFC 9457 */
enum MHD_Result hr_send_answer(struct hr_exchange *exchange, struct hr_answer *answer);
enum MHD_Result hr_send_stream(struct hr_exchange *exchange);
struct hr_asset;
enum MHD_Result hr_send_asset(struct hr_exchange *exchange, const struct hr_asset *asset);
/* The tag of what an answer says, with its quotes; "" when it cannot be made. */
void hr_answer_tag(const struct hr_buffer *body, char out[40]);

#endif
