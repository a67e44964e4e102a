/* Every limit that homeroom puts on input from outside, by name, with the reason. Each is tested
 * at, below and above its value in the room that enforces it. */
#ifndef HR_BASE_LIMITS_H
#define HR_BASE_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "homeroom.h"

/* A frame's width or height: 8K is 7680; a picture of 20,000 px is a mistake or an attack. */
#define HR_LIMIT_FRAME_SIDE_PX 16384
/* Pixels of one frame: 8192 x 8192, 192 MiB as RGB24. */
#define HR_LIMIT_FRAME_PIXELS (UINT64_C(8192) * 8192)
/* Time with pictures in one video: a lesson is shorter than four hours; ten are a surveillance tape.
 * What a container claims is not held to it, only the pictures that are there. */
#define HR_LIMIT_VIDEO_DURATION_US (INT64_C(4) * 3600 * 1000000)
/* When a picture may be shown: pauses, of which a recording can have many, make no work. */
#define HR_LIMIT_VIDEO_TIME_US (INT64_C(1000) * 3600 * 1000000)
/* Sampled frames of one video: four hours at 5 per second. */
#define HR_LIMIT_SAMPLES_PER_VIDEO 72000
/* Most samples per second that --fps takes. */
#define HR_LIMIT_SAMPLE_FPS 60
/* Streams (video, audio, subtitles) in one container. */
#define HR_LIMIT_VIDEO_STREAMS 64
/* Memory of the process that decodes one video: 8K in ten bits takes 100 MB a picture, and a decoder may have to keep
 * sixteen and a few more. */
#define HR_LIMIT_DECODER_BYTES (UINT64_C(2) << 30)
/* Without a word from that process: the largest picture takes a second or two, on the slowest machine. */
#define HR_LIMIT_DECODER_SILENCE_US (INT64_C(300) * 1000000)
/* A photo file as a phone makes it is below 20 MB. */
#define HR_LIMIT_PHOTO_BYTES (UINT64_C(64) << 20)
/* An archive of photos: of a school, and of phones' photos. Photos do not shrink: what grows a hundredfold is none. */
#define HR_LIMIT_ALBUM_ENTRIES 5000
#define HR_LIMIT_ALBUM_PHOTO_BYTES (UINT64_C(32) << 20)
#define HR_LIMIT_ALBUM_ARCHIVE_BYTES (UINT64_C(1) << 30)
#define HR_LIMIT_ALBUM_BYTES (UINT64_C(2) << 30)
#define HR_LIMIT_ALBUM_RATIO 100
/* Faces considered in one frame: a lecture hall, and a bound on what a textured wall can cost. */
#define HR_LIMIT_FACES_PER_FRAME 512
/* Tracks of one video. */
#define HR_LIMIT_TRACKS_PER_VIDEO 20000
/* Students in one table, and face vectors in one gallery. */
#define HR_LIMIT_STUDENTS 1000000
#define HR_LIMIT_GALLERY_VECTORS 1000000
/* One face's vector: 4096 numbers, eight times what any face network gives. */
#define HR_LIMIT_FACE_VECTOR_BYTES 16384
/* Steps of SQLite's machine for one statement: a scan of a million rows takes some ten million, and a file whose pages
 * point in circles takes as many as it likes. */
#define HR_LIMIT_DATABASE_STEPS (INT64_C(1) << 30)
/* Memory of SQLite: a database from S3 lies in it, a gigabyte at most, and is written anew beside itself. */
#define HR_LIMIT_DATABASE_HEAP_BYTES (INT64_C(3) << 30)
/* A ring of keys: a million students have two of 45 bytes each, and twice as many while they are renewed. */
#define HR_LIMIT_KEYRING_BYTES (UINT64_C(256) << 20)
/* A student's id, and any other cell of the table, in bytes of UTF-8. */
#define HR_LIMIT_STUDENT_ID_BYTES 255
#define HR_LIMIT_CELL_BYTES 4096
/* Extra columns kept with a student. */
#define HR_LIMIT_EXTRA_COLUMNS 64
/* An import file: a million students at a hundred bytes. */
#define HR_LIMIT_IMPORT_BYTES (UINT64_C(128) << 20)
/* A report: JSON with every track of a long lecture. */
#define HR_LIMIT_REPORT_BYTES (UINT64_C(64) << 20)
/* A compiled model file. */
#define HR_LIMIT_MODEL_BYTES (UINT64_C(512) << 20)
/* The body of an answer from a service when the caller says nothing else; one that speaks of more is
 * not the one that was asked. */
#define HR_LIMIT_HTTP_BODY_BYTES (UINT64_C(8) << 20)
/* All headers of such an answer; Amazon's own limit is 8 KiB. */
#define HR_LIMIT_HTTP_HEAD_BYTES (UINT64_C(64) << 10)
/* A service's error text: the rest would not be read by anybody. */
#define HR_LIMIT_HTTP_ERROR_BYTES (UINT64_C(64) << 10)
/* A shared config or credentials file, and a token file. */
#define HR_LIMIT_AWS_FILE_BYTES (UINT64_C(1) << 20)
/* The largest message that a NATS server says to take: 1 MiB is its default, 64 MiB all that it can be set to. */
#define HR_LIMIT_NATS_PAYLOAD_BYTES (INT64_C(64) << 20)
/* Messages that came without being asked for: one is asked for at a time. */
#define HR_LIMIT_NATS_PENDING_MESSAGES 16
/* Objects in one listing: a million videos are more than a folder is looked at for, and 200 MB of names. */
#define HR_LIMIT_S3_LISTED_KEYS 1000000
/* Pages of one listing: a million keys at a hundred a page, where S3 gives a thousand. Pages may be empty. */
#define HR_LIMIT_S3_LISTING_PAGES 10000
/* A key of S3, in bytes of UTF-8: Amazon's own limit. */
#define HR_LIMIT_S3_KEY_BYTES 1024
/* Worker threads of one session. */
#define HR_LIMIT_THREADS 64

/* Checked products and sums of sizes from outside: false (and *out untouched) on overflow. */
HR_MUST_USE static inline bool hr_size_multiply(size_t a, size_t b, size_t *out)
{
    size_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *out = product;
    return true;
}

HR_MUST_USE static inline bool hr_size_add(size_t a, size_t b, size_t *out)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *out = sum;
    return true;
}

#endif
