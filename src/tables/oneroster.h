/* OneRoster 1.1 and 1.2 (1EdTech, "CSV Tables" 1.1.1, "CSV Binding" 1.2.1): what a school's system says of
 * its students, classes, and who is in which. Pure functions of bytes. */
#ifndef HR_TABLES_ONEROSTER_H
#define HR_TABLES_ONEROSTER_H

#include "roster/roster.h"

/* The files, whole; size 0: not there. `roles` is of 1.2, where users.csv does not say who is a student. */
struct hr_oneroster_files {
    struct hr_view users, roles, classes, enrollments;
};

struct hr_oneroster_class {
    char *id;    /* the classCode where it is a word and no other class has it, else the sourcedId; owned */
    char *title; /* owned */
};

struct hr_oneroster_enrolment {
    size_t student, of_class;      /* indices */
    char from_day[11], to_day[11]; /* "2026-11-27"; "": not said */
};

struct hr_oneroster {
    struct hr_student *students; /* owned; id: the sourcedId; name: given and family name; year: the grades; no more */
    size_t student_count;
    struct hr_oneroster_class *classes; /* owned */
    size_t class_count;
    struct hr_oneroster_enrolment *enrolments; /* owned; of students alone */
    size_t enrolment_count;
    size_t left_out; /* rows that are not of students, or say that they are to be deleted */
    size_t dangling; /* enrolments of a user or class that is in no file */
};

/* Columns by their names, in any order. UTF-8, with or without a mark, or what else hr_import_students reads. *out is
 * the caller's (hr_oneroster_clear), also after a failure. FORMAT names the file, the line and what is wrong. */
enum hr_status hr_oneroster_read(const struct hr_oneroster_files *files, struct hr_oneroster *out,
                                 struct hr_error *error) HR_MUST_USE;
void hr_oneroster_clear(struct hr_oneroster *roster);

#endif
