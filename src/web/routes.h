/* The table of the API: every path and method, who may use it, and what it takes. The description for programs
 * (OpenAPI 3.1) is made of it. Inside this room only. */
#ifndef HR_WEB_ROUTES_H
#define HR_WEB_ROUTES_H

#include "web/request.h"

enum hr_access {
    HR_ACCESS_ALL,     /* nobody needs to be signed in */
    HR_ACCESS_ACCOUNT, /* every account: the handler asks which classes it may see */
    HR_ACCESS_ADMINISTRATOR,
};

enum hr_body {
    HR_BODY_NONE,
    HR_BODY_JSON,
    HR_BODY_TEXT, /* a table */
    HR_BODY_PICTURE,
    HR_BODY_UPLOAD,  /* of any size, into a file */
    HR_BODY_ARCHIVE, /* of photos, into a file */
};

struct hr_route {
    const char *method;
    const char *path; /* behind /api/v1; "{word}" is one part that is left open */
    enum hr_access access;
    enum hr_body body;
    hr_handler *handle;
    hr_handler *shows; /* what a change is of, as GET gives it: If-Match is held against it; NULL */
    const char *summary;
    const char *query; /* names of what may stand behind "?", parted by blanks; "" */
};

/* The routes end with one whose method is NULL. */
extern const struct hr_route hr_routes[];

/* The route of a raw path ("/api/v1/classes/8b", without query). HR_OK with the words of the request, which it owns;
 * NOT_FOUND; UNSUPPORTED: not with that method, and *allowed (128 bytes) are those; FORMAT: it cannot be decoded. */
enum hr_status hr_route_find(struct hr_request *request, const char *method, const char *path, char allowed[128],
                             struct hr_error *error) HR_MUST_USE;

/* Most bytes of a body. */
size_t hr_body_max(enum hr_body body);

/* GET /openapi.json */
hr_handler hr_api_description;

#endif
