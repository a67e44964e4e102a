/* A name and its value: a header, a parameter of a query. Borrowed text. */
#ifndef HR_AWS_PAIR_H
#define HR_AWS_PAIR_H

struct hr_pair {
    const char *name;
    const char *value;
};

#endif
