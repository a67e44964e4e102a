/* One look at a face: its aligned chip, how good it is, and what can be compared cheaply. Inside
 * this room only. */
#ifndef HR_FACE_VIEW_H
#define HR_FACE_VIEW_H

#include "face/embed.h"

enum { HR_THUMBNAIL_SIDE = 12, HR_THUMBNAIL_SIZE = HR_THUMBNAIL_SIDE * HR_THUMBNAIL_SIDE };

/* The middle of a chip in a few grey cells, mean 0 and length 1: two looks at one person a moment
 * apart correlate, two persons hardly. Never kept beyond a track's life in sight. */
struct hr_thumbnail {
    float cells[HR_THUMBNAIL_SIZE];
};

void hr_thumbnail_make(const struct hr_chip *chip, struct hr_thumbnail *out);
float hr_thumbnail_correlation(const struct hr_thumbnail *a, const struct hr_thumbnail *b);

/* A sighting of the frame in hand. */
struct hr_sighting {
    struct hr_face face;
    struct hr_view_quality quality;
    struct hr_thumbnail thumbnail;
    struct hr_chip chip; /* the standard one */
    float *vector;       /* memory of the tracks' */
    bool usable;         /* large enough for a chip */
    bool embedded;       /* `vector` is there */
};

/* A view that a track keeps. */
struct hr_kept_view {
    uint8_t *chips; /* owned; what the embedders want; NULL once embedded */
    float overall;
    bool embedded;
    float *vector; /* memory of the track's */
};

#endif
