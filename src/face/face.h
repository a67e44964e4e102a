/* Finding faces in a frame. Detector: CenterFace (Xu et al., "CenterFace: Joint Face Detection and
 * Alignment Using Face as Point", 2019). All coordinates are pixels of the frame given, x to the
 * right, y down. */
#ifndef HR_FACE_FACE_H
#define HR_FACE_FACE_H

#include "base/image.h"
#include "base/limits.h"
#include "infer/network.h"

struct hr_point {
    float x_px;
    float y_px;
};

struct hr_box {
    float left_px;
    float top_px;
    float right_px;
    float bottom_px;
};

enum { HR_LANDMARK_COUNT = 5 }; /* eye left in the image, eye right, nose tip, mouth left, mouth right */

struct hr_face {
    struct hr_box box;
    struct hr_point landmarks[HR_LANDMARK_COUNT];
    float score; /* 0..1, the detector's own */
};

struct hr_faces {
    struct hr_face *items; /* owned; best score first */
    size_t count;
    size_t capacity;
};

void hr_faces_clear(struct hr_faces *faces); /* frees; safe on a zeroed one */

/* Intersection over union of two boxes, 0..1. */
float hr_box_overlap(const struct hr_box *a, const struct hr_box *b);

struct hr_detector; /* opaque; one per thread */

struct hr_detector_options {
    float score_min;      /* default 0.5 */
    float overlap_max;    /* non-maximum suppression, intersection over union; default 0.3 */
    int long_side_px;     /* frames are shrunk to this before detection, never enlarged; default 960 */
    struct hr_pool *pool; /* borrowed, may be NULL */
};
struct hr_detector_options hr_detector_options_default(void);

/* `network` is borrowed. MODEL when it is not a CenterFace (outputs of the wrong number or shape).
 */
enum hr_status hr_detector_new(struct hr_detector **out, const struct hr_network *network,
                               const struct hr_detector_options *options, struct hr_error *error) HR_MUST_USE;
void hr_detector_free(struct hr_detector *detector);

/* All faces of the frame, at most HR_LIMIT_FACES_PER_FRAME. No face is a result: HR_OK and count 0.
 */
enum hr_status hr_faces_find(struct hr_detector *detector, const struct hr_frame *frame, struct hr_faces *out,
                             struct hr_error *error) HR_MUST_USE;

/* The same for the next frame of a video: faces are looked for where something changed, and what is elsewhere is as it
 * was in the frame before; where most has changed, or `everywhere` is asked for, in all of it. The first frame of a
 * video is told by hr_faces_forget. What is found differs from hr_faces_find by rounding and by faces that appear
 * without a change of brightness; docs/decisions/0012 has figures. */
enum hr_status hr_faces_follow(struct hr_detector *detector, const struct hr_frame *frame, bool everywhere,
                               struct hr_faces *out, struct hr_error *error) HR_MUST_USE;
/* The next frame is of another video. Wipes what was kept of the last one. */
void hr_faces_forget(struct hr_detector *detector);

#endif
