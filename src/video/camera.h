/* A camera's stream into files: its pictures as they come, not decoded and without sound. RTSP, HTTP, or whatever else
 * FFmpeg takes from a network, cameras of this machine ("/dev/video0", those that give JPEG pictures), and files.
 *
 * A part is an MP4 of fragments of a second each: what was written when the program is killed, or the disk is full,
 * plays. It says when its first picture came, by the wall clock. The camera is trusted as far as FFmpeg's readers of
 * streams are: nothing is decoded here. */
#ifndef HR_VIDEO_CAMERA_H
#define HR_VIDEO_CAMERA_H

#include "base/clock.h"
#include "base/status.h"

struct hr_camera; /* opaque; one thread */

/* Whether a URL's scheme is one that this reads: rtsp, rtsps, http, https, srt, udp, file, or none (a file). */
bool hr_camera_knows(const char *url);

/* Connects. `stop` (may be NULL) ends every wait, with DEADLINE; it outlives the camera. UNSUPPORTED: for
 * cameras of this machine a library of FFmpeg's is not installed. UNAVAILABLE: it is not there, gives nothing for
 * `patience_us`, or no video; the text says which, without the password of the URL. */
enum hr_status hr_camera_open(struct hr_camera **out, const char *url, int64_t patience_us, const struct hr_stop *stop,
                              struct hr_error *error) HR_MUST_USE;
void hr_camera_close(struct hr_camera *camera);

/* Waits for a picture that a part can begin with; *wall_us: when it came. As hr_camera_open. */
enum hr_status hr_camera_await(struct hr_camera *camera, int64_t *wall_us, struct hr_error *error) HR_MUST_USE;

/* From that picture on into a new file, its owner's alone, until `until_us` (wall clock), or the stop. Always ends the
 * file well. *recorded_us: how much is in it. HR_OK: the time is over; DEADLINE: the stop; UNAVAILABLE: the camera went
 * away, or gave nothing for its patience; IO: it cannot be written, what was before is in it; CONFLICT: the file is
 * there. */
enum hr_status hr_camera_record(struct hr_camera *camera, const char *path, int64_t wall_us, int64_t until_us,
                                int64_t *recorded_us, struct hr_error *error) HR_MUST_USE;

#endif
