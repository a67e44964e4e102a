/* What was found in a video -> CSV or JSON bytes. Does not know where they go. */
#ifndef HR_REPORT_REPORT_H
#define HR_REPORT_REPORT_H

#include "base/buffer.h"
#include "base/status.h"

enum hr_report_format { HR_REPORT_CSV, HR_REPORT_JSON };

enum hr_report_column {
    HR_COLUMN_ID,
    HR_COLUMN_NAME,
    HR_COLUMN_MAJOR,
    HR_COLUMN_YEAR,
    HR_COLUMN_FIRST_SEEN, /* hh:mm:ss.mmm from the start of the video */
    HR_COLUMN_LAST_SEEN,
    HR_COLUMN_SIGHTINGS,
    HR_COLUMN_DISTANCE,
    HR_COLUMN_MARGIN,
    HR_COLUMN_TRACKS,
    HR_COLUMN_COUNT
};
const char *hr_report_column_name(enum hr_report_column column);

struct hr_report_columns {
    enum hr_report_column items[HR_COLUMN_COUNT];
    size_t count;
};
/* name, major, year: what the replaced system wrote. */
struct hr_report_columns hr_report_columns_default(void);
/* "id,name,first_seen"; "all"; "+id,margin" adds to the default. ARGUMENT names the unknown column. */
enum hr_status hr_report_columns_parse(struct hr_report_columns *out, const char *text,
                                       struct hr_error *error) HR_MUST_USE;

/* A recognised student; strings borrowed. */
struct hr_report_student {
    const char *id;
    const char *name;
    const char *major;
    const char *year;
    const char *const *extra; /* key, value, key, value, ... */
    size_t extra_count;       /* pairs */
    bool has_record;
    int64_t first_us;
    int64_t last_us;
    size_t sightings;
    size_t tracks;
    double distance;
    double margin; /* INFINITY: nobody else is enrolled */
};

/* A track, known or not; JSON only. */
struct hr_report_track {
    const char *student_id; /* NULL: unknown */
    const char *reason;     /* hr_decision_reason_name */
    int64_t first_us;
    int64_t last_us;
    size_t sightings;
    size_t views;
    double face_px;
    double distance;
    double margin;
};

struct hr_report {
    const char *video; /* name as given */
    int64_t duration_us;
    int width_px;
    int height_px;
    const char *codec;
    size_t frames;
    size_t faces;
    double samples_per_s;
    const char *model_id;
    double distance_max;
    double margin_min;
    const struct hr_report_student *students; /* in order of first sight */
    size_t student_count;
    const struct hr_report_track *tracks;
    size_t track_count;
    const char *const *warnings;
    size_t warning_count;
};

/* CSV: RFC 4180 quoting, CRLF line ends, header always, UTF-8; a cell that begins
 * with = + - @ tab or CR is neutralised with a leading apostrophe. */
enum hr_status hr_report_write_csv(const struct hr_report *report, const struct hr_report_columns *columns,
                                   struct hr_buffer *out, struct hr_error *error) HR_MUST_USE;
enum hr_status hr_report_write_json(const struct hr_report *report, struct hr_buffer *out,
                                    struct hr_error *error) HR_MUST_USE;
#endif
