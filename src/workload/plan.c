#include "workload/plan.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

int hr_workload_name_order(const char *a, const char *b)
{
    int order = strverscmp(a, b);
    return order != 0 ? order : strcmp(a, b);
}

void hr_workload_name(size_t index, char out[HR_WORKLOAD_NAME_SIZE])
{
    snprintf(out, HR_WORKLOAD_NAME_SIZE, "test_%zu.mp4", index % HR_WORKLOAD_VIDEOS_MAX);
}

bool hr_workload_name_parse(const char *name, size_t *index, const char **rest)
{
    static const char prefix[] = "test_";
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return false;
    const char *at = name + sizeof prefix - 1;
    size_t number = 0;
    if (!isdigit((unsigned char)at[0]) || (at[0] == '0' && isdigit((unsigned char)at[1])))
        return false; /* "test_007" is not ours */
    for (; isdigit((unsigned char)*at); at++) {
        number = number * 10 + (size_t)(*at - '0');
        if (number >= HR_WORKLOAD_VIDEOS_MAX)
            return false;
    }
    if (*at != '.')
        return false;
    *index = number;
    *rest = at;
    return true;
}

struct clips {
    const char *const *names;
    size_t count;
    const struct hr_mapping *mapping;
};

static bool is_equal(const struct clips *clips, size_t clip, const struct hr_mapping_entry *entry)
{
    const struct hr_mapping_entry *own = hr_mapping_find(clips->mapping, clips->names[clip]);
    return own != NULL && hr_mapping_same(own, entry);
}

/* The (index mod n)-th of the n clips of which the mapping says the same; false when n is 0. */
static bool find_equal(const struct clips *clips, const struct hr_mapping_entry *entry, size_t index, size_t *out)
{
    size_t equal = 0, nth = 0;
    for (size_t i = 0; i < clips->count; i++)
        equal += is_equal(clips, i, entry);
    if (equal == 0)
        return false;
    for (size_t i = 0; i < clips->count; i++)
        if (is_equal(clips, i, entry) && nth++ == index % equal) {
            *out = i;
            break;
        }
    return true;
}

static bool find_name(const struct clips *clips, const char *name, size_t *out)
{
    for (size_t i = 0; i < clips->count; i++)
        if (strcmp(clips->names[i], name) == 0) {
            *out = i;
            return true;
        }
    return false;
}

static bool knows_any(const struct clips *clips)
{
    for (size_t i = 0; i < clips->count; i++)
        if (hr_mapping_find(clips->mapping, clips->names[i]) != NULL)
            return true;
    return false;
}

static enum hr_status plan_one(const struct clips *clips, size_t index, struct hr_workload_plan *plan,
                               struct hr_error *error)
{
    char name[HR_WORKLOAD_NAME_SIZE];
    hr_workload_name(index, name);
    plan->expected = hr_mapping_find(clips->mapping, name);
    if (plan->expected == NULL) {
        plan->clip = index % clips->count;
        plan->expected = hr_mapping_find(clips->mapping, clips->names[plan->clip]);
        return plan->expected != NULL ? HR_OK
                                      : hr_error_set(error, HR_ERR_NOT_FOUND,
                                                     "the mapping says nothing of '%s', nor of the clip '%s' that it "
                                                     "would be: add a line, or upload fewer with --count",
                                                     name, clips->names[plan->clip]);
    }
    if (find_name(clips, name, &plan->clip) || find_equal(clips, plan->expected, index, &plan->clip))
        return HR_OK;
    if (knows_any(clips))
        return hr_error_set(error, HR_ERR_NOT_FOUND,
                            "no clip of the folder gives %s,%s, which the mapping wants for '%s'",
                            plan->expected->major, plan->expected->year, name);
    plan->clip = index % clips->count;
    return HR_OK;
}

enum hr_status hr_workload_plan(struct hr_workload_plan *plan, size_t count, const char *const *names,
                                size_t name_count, const struct hr_mapping *mapping, struct hr_error *error)
{
    const struct clips clips = {.names = names, .count = name_count, .mapping = mapping};
    enum hr_status status = HR_OK;
    if (name_count == 0)
        return hr_error_set(error, HR_ERR_NOT_FOUND, "there is no clip (*.mp4) in the folder");
    for (size_t i = 0; status == HR_OK && i < count; i++)
        status = plan_one(&clips, i, &plan[i], error);
    return status;
}
