/* A request as a handler sees it, and its answer. Inside this room only.
 *
 * A handler is called once all of the body is there, with the account that has passed the checks of its route
 * (routes.h), and fills the answer or gives an error, which becomes an answer of RFC 9457. */
#ifndef HR_WEB_REQUEST_H
#define HR_WEB_REQUEST_H

#include "base/json.h"
#include "classroom/lesson_words.h"
#include "records/accounts.h"
#include "web/events.h"
#include "web/web.h"

struct hr_web; /* server.c: what all requests share */
struct hr_route;
struct MHD_Connection;

enum { HR_REQUEST_WORDS_MAX = 2, HR_ANSWER_HEADERS_MAX = 12 };

struct hr_answer {
    int status;       /* default 200; 204 without a body */
    const char *type; /* of the body; static; NULL: JSON */
    struct hr_buffer body;
    char file_name[128]; /* a download of that name; "": shown */
    struct {
        const char *name; /* static */
        char value[256];
    } headers[HR_ANSWER_HEADERS_MAX];
    size_t header_count;
    bool is_stream; /* server-sent events: events.h answers */
};

struct hr_request {
    struct hr_web *web;
    struct MHD_Connection *connection;
    const struct hr_route *route;
    char *words[HR_REQUEST_WORDS_MAX]; /* owned: the parts of the path that the route leaves open, decoded */
    struct hr_database *database;      /* opened to write, acting as the account */
    struct hr_account account;         /* key 0: nobody is signed in */
    char secret[HR_SECRET_SIZE];       /* of the login; "" */
    bool is_program;                   /* signed in by a token and not by a cookie */
    struct hr_buffer body;
    struct hr_upload_in *upload;    /* uploads.h: the body goes into a file; NULL */
    struct hr_album_in *album;      /* albums.h: likewise */
    struct hr_events_reader reader; /* of an answer that is a stream */
    char address[64];               /* of the other side */
};

typedef enum hr_status hr_handler(struct hr_request *request, struct hr_answer *answer, struct hr_error *error);

/* NULL when there is none. Borrowed. */
const char *hr_request_header(const struct hr_request *request, const char *name);
const char *hr_request_query(const struct hr_request *request, const char *name);
/* The body as an object; the caller frees it. FORMAT. */
enum hr_status hr_request_json(const struct hr_request *request, struct hr_json **out,
                               struct hr_error *error) HR_MUST_USE;
/* A text of the object: NULL where it is left out or null. ARGUMENT when it is something else. */
enum hr_status hr_json_text_of(const struct hr_json *object, const char *key, const char **out,
                               struct hr_error *error) HR_MUST_USE;
/* The same, which must be there. */
enum hr_status hr_json_need(const struct hr_json *object, const char *key, const char **out,
                            struct hr_error *error) HR_MUST_USE;

/* Takes the value, also on failure. */
enum hr_status hr_answer_with(struct hr_answer *answer, struct hr_json *value, struct hr_error *error) HR_MUST_USE;
/* The value is cut to 255 bytes; line ends in it are left out. */
void hr_answer_header(struct hr_answer *answer, const char *name, const char *format, ...) HR_PRINTF(3, 4);

/* NOT_FOUND, as if there were none, when the account may not see the class. */
enum hr_status hr_request_class(struct hr_request *request, const char *class_id, struct hr_error *error) HR_MUST_USE;
/* The objects of `list` whose `key` names a class that the account may see, in a list of the caller's. Takes `list`. */
enum hr_status hr_request_seen(struct hr_request *request, struct hr_json *list, const char *key, struct hr_json **out,
                               struct hr_error *error) HR_MUST_USE;
/* The lesson that the route's first word names, of a class that the account may see. */
enum hr_status hr_request_lesson(struct hr_request *request, struct hr_lesson_found *out,
                                 struct hr_error *error) HR_MUST_USE;

/* What all requests share, for who needs it. */
const struct hr_web_options *hr_web_options_of(const struct hr_web *web);
struct hr_events *hr_web_events(struct hr_web *web);
struct hr_worker *hr_web_worker(struct hr_web *web);
/* The engine with the models alone, opened when it is first needed and kept: one thread at a time, between the two.
 * NOT_FOUND: there are no models. */
enum hr_status hr_web_take_engine(struct hr_web *web, struct hr_engine **out, struct hr_error *error) HR_MUST_USE;
void hr_web_return_engine(struct hr_web *web);
/* The models that are here, for as long as the server runs; NULL: none, then nobody is compared. Any thread. */
const struct hr_vector_layout *hr_web_known(struct hr_web *web);

#endif
