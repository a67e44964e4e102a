/* A report with something of everything, as the tests of both formats and docs/report-format.md
 * use it. */
#ifndef HR_TESTS_REPORT_SAMPLE_H
#define HR_TESTS_REPORT_SAMPLE_H

#include <math.h>

#include "report/report.h"

static const char *const sample_extra[] = {"advisor", "Dr. Grey", "room", "B 12"};

static const struct hr_observed_student sample_students[] = {
    {.seen.id = "s1",
     .seen.name = "Ada Lovelace",
     .seen.major = "Mathematics",
     .seen.year = "2",
     .extra = sample_extra,
     .extra_count = 2,
     .seen.has_record = true,
     .seen.first_us = 500000,
     .seen.last_us = 4000000,
     .seen.sightings = 7,
     .seen.tracks = 2,
     .seen.band = HR_BAND_CERTAIN,
     .seen.reason = "accepted",
     .seen.similarity = 0.7124,
     .seen.margin = 0.2785,
     .seen.stranger_chance = 3.42e-8},
    {.seen.id = "s2",
     .seen.name = "s2",
     .seen.major = "",
     .seen.year = "",
     .seen.has_record = false,
     .seen.first_us = 1500000,
     .seen.last_us = 1500000,
     .seen.sightings = 1,
     .seen.tracks = 1,
     .seen.band = HR_BAND_REVIEW,
     .seen.reason = "weak",
     .seen.similarity = 0.4411,
     .seen.margin = 0.0702,
     .seen.stranger_chance = 0.0117},
};

static const struct hr_observed_place sample_places[] = {{1000000, 300.4f, 118.6f, 38, 49},
                                                         {3500000, 322, 121, 40, 52}};

static const struct hr_observed_track sample_tracks[] = {
    {.student_id = "s1",
     .band = HR_BAND_CERTAIN,
     .reason = "accepted",
     .first_us = 500000,
     .last_us = 2000000,
     .sightings = 4,
     .views = 4,
     .face_px = 96.5,
     .similarity = 0.7124,
     .margin = 0.2785},
    {.student_id = "s1",
     .band = HR_BAND_CERTAIN,
     .reason = "accepted",
     .first_us = 3000000,
     .last_us = 4000000,
     .sightings = 3,
     .views = 3,
     .face_px = 88,
     .similarity = 0.6914,
     .margin = 0.2301},
    {.student_id = "s2",
     .band = HR_BAND_REVIEW,
     .reason = "weak",
     .first_us = 1500000,
     .last_us = 1500000,
     .sightings = 1,
     .views = 1,
     .face_px = 61.2,
     .similarity = 0.4411,
     .margin = 0.0702},
    {.student_id = NULL,
     .person = 1,
     .band = HR_BAND_UNKNOWN,
     .reason = "unlike",
     .camera = 1,
     .best = {2500000, 310, 120, 40, 52},
     .places = sample_places,
     .place_count = 2,
     .candidates = {{"s2", 0.2211}, {"s1", 0.182}},
     .candidate_count = 2,
     .model_id = "face-reidentification-retail-0095-1",
     .first_us = 1000000,
     .last_us = 3500000,
     .sightings = 6,
     .views = 4,
     .face_px = 40,
     .similarity = 0.2211,
     .margin = 0.0391},
};

static const char *const sample_warnings[] = {
    "student 's2' has no record in the table; the row's fields are empty",
};

static const char *const sample_models[] = {"face-reidentification-retail-0095-1"};

static inline struct hr_observation sample_report(void)
{
    return (struct hr_observation){.video = "lesson.mp4",
                                   .duration_us = 4200000,
                                   .width_px = 1280,
                                   .height_px = 720,
                                   .codec = "h264",
                                   .frames = 9,
                                   .faces = 14,
                                   .samples_per_s = 2,
                                   .model_ids = sample_models,
                                   .model_count = 1,
                                   .false_present = 0.001,
                                   .includes_review = true,
                                   .class_students = 30,
                                   .class_crowding = 0.125,
                                   .class_similarity = 0.4942,
                                   .class_margin = 0.1121,
                                   .students = sample_students,
                                   .student_count = 2,
                                   .unknown_people = 1,
                                   .tracks = sample_tracks,
                                   .track_count = 4,
                                   .warnings = sample_warnings,
                                   .warning_count = 1};
}

#endif
