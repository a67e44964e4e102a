#include "classroom/kept_vector.h"

#include <string.h>

/* Little-endian on every machine we build for. */
static bool read_part(struct hr_view vector, size_t first, const struct hr_vector_part *part, float *out)
{
    size_t size = part->model->vector_size * sizeof *out;
    if (first > vector.size || size > vector.size - first)
        return false;
    memcpy(out, vector.data + first, size);
    return true;
}

bool hr_kept_vector_read(struct hr_view vector, const char *models, const struct hr_vector_layout *known,
                         const struct hr_vector_layout *wanted, float *out)
{
    size_t first = 0;
    bool best = false;
    memset(out, 0, wanted->size * sizeof *out);
    while (*models != '\0') {
        char id[128];
        size_t length = strcspn(models, " ");
        if (length >= sizeof id)
            return false;
        memcpy(id, models, length);
        id[length] = '\0';
        const struct hr_vector_part *have = hr_vector_part_of(known, id), *want = hr_vector_part_of(wanted, id);
        if (have == NULL) /* of unknown size: what is behind it cannot be found */
            return best;
        if (want != NULL && read_part(vector, first, have, out + want->first))
            best = best || want == &wanted->parts[0];
        first += have->model->vector_size * sizeof *out;
        models += length + strspn(models + length, " ");
    }
    return best;
}
