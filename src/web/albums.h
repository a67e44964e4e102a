/* Archives of photos that are sent whole: each is taken apart (video/album.h) into a folder of its own beside the
 * videos, from which one photo after the other is enrolled. Inside this room only. */
#ifndef HR_WEB_ALBUMS_H
#define HR_WEB_ALBUMS_H

#include "web/request.h"

/* An archive on its way into its file. */
struct hr_album_in;

/* HR_OK: request->album takes the body. LIMIT: there is no room. */
enum hr_status hr_album_in_begin(struct hr_request *request, struct hr_error *error) HR_MUST_USE;
/* What can't be written ends the request with why. */
void hr_album_in_write(struct hr_album_in *in, const char *bytes, size_t size);
/* What was not taken apart is removed. */
void hr_album_in_free(struct hr_album_in *in);

/* The photo that ?album= and ?entry= name, one of the account's, into the request's body; HR_OK when none is named. */
enum hr_status hr_album_read(struct hr_request *request, struct hr_error *error) HR_MUST_USE;
/* It was looked at, whatever came of it: it is removed, and with the last one its folder. */
void hr_album_done(struct hr_request *request);

/* What nobody has gone on with for an hour is removed. */
void hr_albums_tidy(struct hr_web *web);

/* Whether the disk has room for so many bytes, and some are left. LIMIT. */
enum hr_status hr_web_check_room(const struct hr_web *web, int64_t size, struct hr_error *error) HR_MUST_USE;

#endif
