/* A vector as it was kept (records/views.h), in another layout. Inside this room only. */
#ifndef HR_CLASSROOM_KEPT_VECTOR_H
#define HR_CLASSROOM_KEPT_VECTOR_H

#include "face/embed.h"
#include "records/views.h"

/* `models`: the ids of the models that it is of, parted by blanks; `known`: those that are here. `out` gets
 * wanted->size numbers, zeros for a model that it is not of. False, and zeros alone, when it cannot be taken apart, or
 * is not of wanted's best model. */
bool hr_kept_vector_read(struct hr_view vector, const char *models, const struct hr_vector_layout *known,
                         const struct hr_vector_layout *wanted, float *out);

#endif
