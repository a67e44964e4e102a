#include "classroom/models.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum hr_status path_of(char out[4096], const char *dir, const char *file, struct hr_error *error)
{
    if (snprintf(out, 4096, "%s/%s", dir, file) >= 4096)
        return hr_error_set(error, HR_ERR_ARGUMENT, "the model folder's name is too long");
    return HR_OK;
}

static int is_other_model(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name), suffix = strlen(HR_MODEL_SUFFIX);
    return entry->d_name[0] != '.' && length > suffix &&
           strcmp(entry->d_name + length - suffix, HR_MODEL_SUFFIX) == 0 &&
           strcmp(entry->d_name, HR_MODEL_DETECTOR_FILE) != 0;
}

static enum hr_status add_embedder(struct hr_models *models, const char *dir, const char *file, struct hr_error *error)
{
    struct hr_model_embedder embedder = {0};
    enum hr_status status = path_of(embedder.path, dir, file, error);
    if (status == HR_OK)
        status = hr_model_peek(&embedder.peek, embedder.path, error);
    if (status != HR_OK || !embedder.peek.makes_vectors)
        return status;
    for (size_t i = 0; i < models->embedder_count; i++)
        if (strcmp(models->embedders[i].peek.id, embedder.peek.id) == 0)
            return hr_error_set(error, HR_ERR_MODEL, "'%s' and '%s' are the same model: keep one",
                                models->embedders[i].path, embedder.path);
    if (models->embedder_count == HR_VECTOR_PARTS_MAX)
        return hr_error_set(error, HR_ERR_LIMIT, "more than %d embedding models in '%s'", HR_VECTOR_PARTS_MAX, dir);
    size_t at = models->embedder_count++;
    for (; at > 0 && models->embedders[at - 1].peek.face.rank < embedder.peek.face.rank; at--)
        models->embedders[at] = models->embedders[at - 1];
    models->embedders[at] = embedder;
    return HR_OK;
}

static enum hr_status list_embedders(struct hr_models *models, const char *dir, struct hr_error *error)
{
    struct dirent **entries = NULL;
    int count = scandir(dir, &entries, is_other_model, alphasort);
    enum hr_status status = HR_OK;
    for (int i = 0; i < count; i++) {
        if (status == HR_OK)
            status = add_embedder(models, dir, entries[i]->d_name, error);
        free(entries[i]);
    }
    free(entries);
    if (status == HR_OK && models->embedder_count == 0)
        status = hr_error_set(error, HR_ERR_MODEL,
                              "there is no model in '%s' that makes vectors of faces: say --models "
                              "DIR, or prepare the models",
                              dir);
    return status;
}

enum hr_status hr_models_open(struct hr_models *out, const char *model_dir, struct hr_error *error)
{
    char path[4096];
    *out = (struct hr_models){.lock = PTHREAD_MUTEX_INITIALIZER};
    enum hr_status status = path_of(path, model_dir, HR_MODEL_DETECTOR_FILE, error);
    if (status == HR_OK)
        status = hr_network_open(&out->detector, path, error);
    if (status == HR_OK)
        status = list_embedders(out, model_dir, error);
    if (status != HR_OK)
        hr_models_close(out);
    return status;
}

void hr_models_close(struct hr_models *models)
{
    hr_network_close(models->detector);
    for (size_t i = 0; i < models->embedder_count; i++)
        hr_network_close(models->embedders[i].network);
    pthread_mutex_destroy(&models->lock);
    *models = (struct hr_models){.lock = PTHREAD_MUTEX_INITIALIZER};
}

enum hr_status hr_models_layout(const struct hr_models *models, struct hr_vector_layout *out, struct hr_error *error)
{
    *out = (struct hr_vector_layout){0};
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < models->embedder_count; i++)
        status = hr_vector_layout_add(out, models->embedders[i].peek.id, &models->embedders[i].peek.face, error);
    return status;
}

static enum hr_status open_embedder(struct hr_model_embedder *embedder, struct hr_error *error)
{
    enum hr_status status = hr_network_open(&embedder->network, embedder->path, error);
    if (status != HR_OK)
        return status;
    /* The gallery was built on what the file said a moment ago. */
    const struct hr_model_card *card = hr_network_card(embedder->network);
    if (strcmp(card->id, embedder->peek.id) == 0 && card->face != NULL &&
        memcmp(card->face, &embedder->peek.face, sizeof embedder->peek.face) == 0)
        return HR_OK;
    hr_network_close(embedder->network);
    embedder->network = NULL;
    return hr_error_set(error, HR_ERR_MODEL, "the model '%s' was replaced just now: try again", embedder->path);
}

static enum hr_status need(struct hr_models *models, const struct hr_vector_layout *layout,
                           const struct hr_network *networks[HR_VECTOR_PARTS_MAX], struct hr_error *error)
{
    for (size_t i = 0; i < layout->count; i++) {
        size_t k = 0;
        while (strcmp(models->embedders[k].peek.id, layout->parts[i].model_id) != 0)
            k++; /* it is there: the layout was made of these models */
        struct hr_model_embedder *embedder = &models->embedders[k];
        enum hr_status status = embedder->network == NULL ? open_embedder(embedder, error) : HR_OK;
        if (status != HR_OK)
            return status;
        networks[i] = embedder->network;
    }
    return HR_OK;
}

enum hr_status hr_models_need(struct hr_models *models, const struct hr_vector_layout *layout,
                              const struct hr_network *networks[HR_VECTOR_PARTS_MAX], struct hr_error *error)
{
    pthread_mutex_lock(&models->lock);
    enum hr_status status = need(models, layout, networks, error);
    pthread_mutex_unlock(&models->lock);
    return status;
}
