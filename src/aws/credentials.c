#include "aws/credentials.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aws/credential_sources.h"

/* Fetched anew this long before they run out. */
#define REFRESH_BEFORE_US (INT64_C(5) * 60 * 1000000)
/* After a fetch that failed while the old ones are still good. */
#define TRY_AGAIN_AFTER_US (INT64_C(30) * 1000000)
/* How long a stop flag may go unseen while another thread fetches. */
#define WAIT_NS 100000000L

struct hr_credential_source {
    struct hr_credential_options options;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* All guarded by lock. */
    struct hr_credentials current; /* key_id NULL: none yet */
    bool fetching;
    bool distrusted; /* the service says that they have expired */
    bool fixed;      /* from variables or a file: fetching again gives the same */
    int64_t next_try_wall_us;
};

static void wipe_free(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

void hr_credentials_clear(struct hr_credentials *credentials)
{
    free(credentials->key_id);
    wipe_free(credentials->secret);
    wipe_free(credentials->session_token);
    *credentials = (struct hr_credentials){0};
}

struct hr_sigv4_keys hr_credentials_keys(const struct hr_credentials *credentials)
{
    return (struct hr_sigv4_keys){credentials->key_id, credentials->secret, credentials->session_token};
}

enum hr_status hr_credentials_set(struct hr_credentials *out, const struct hr_sigv4_keys *keys, int64_t expires_wall_us,
                                  struct hr_error *error)
{
    bool has_token = keys->session_token != NULL && keys->session_token[0] != '\0';
    *out = (struct hr_credentials){
        .key_id = strdup(keys->key_id),
        .secret = strdup(keys->secret),
        .session_token = has_token ? strdup(keys->session_token) : NULL,
        .expires_wall_us = expires_wall_us,
    };
    if (out->key_id != NULL && out->secret != NULL && (out->session_token != NULL || !has_token))
        return HR_OK;
    hr_credentials_clear(out);
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for keys");
}

static enum hr_status copy(const struct hr_credentials *from, struct hr_credentials *out, struct hr_error *error)
{
    struct hr_sigv4_keys keys = hr_credentials_keys(from);
    return hr_credentials_set(out, &keys, from->expires_wall_us, error);
}

enum hr_status hr_credential_source_new(struct hr_credential_source **out, const struct hr_credential_options *options,
                                        struct hr_error *error)
{
    struct hr_credential_source *source = calloc(1, sizeof *source);
    *out = source;
    if (source == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a source of keys");
    source->options = *options;
    pthread_mutex_init(&source->lock, NULL);
    pthread_cond_init(&source->changed, NULL);
    return HR_OK;
}

void hr_credential_source_free(struct hr_credential_source *source)
{
    if (source == NULL)
        return;
    hr_credentials_clear(&source->current);
    pthread_cond_destroy(&source->changed);
    pthread_mutex_destroy(&source->lock);
    free(source);
}

/* ---- the chain ---- */

struct link {
    const char *name;
    /* HR_END: this machine is not set up for it, ask the next. */
    hr_credential_fetch *fetch;
    bool fixed;
};

/* The order of the SDKs. */
static const struct link chain[] = {
    {"variables", hr_credentials_from_environment, true}, {"web identity", hr_credentials_from_web_identity, false},
    {"profile", hr_credentials_from_profile, true},       {"container", hr_credentials_from_container, false},
    {"EC2 metadata", hr_credentials_from_ec2, false},
};

static enum hr_status walk_chain(const struct hr_credential_options *options, const struct hr_deadline *deadline,
                                 struct hr_credentials *out, bool *fixed, struct hr_error *error)
{
    for (size_t i = 0; i < sizeof chain / sizeof *chain; i++) {
        enum hr_status status = chain[i].fetch(options, deadline, out, error);
        if (status == HR_OK)
            *fixed = chain[i].fixed && out->expires_wall_us == INT64_MAX;
        if (status == HR_OK)
            return HR_OK;
        if (status != HR_END)
            return hr_error_prefix(error, "AWS keys from %s", chain[i].name);
    }
    return hr_error_set(error, HR_ERR_PERMISSION,
                        "no AWS keys: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor a "
                        "web identity, nor the profile '%s', nor a container's or EC2's role gives "
                        "any; 'aws configure' makes a profile",
                        options->config->profile);
}

/* ---- keeping them ---- */

static int64_t wall_us(const struct hr_credential_source *source)
{
    return source->options.clock->wall_us(source->options.clock->context);
}

static bool is_usable(const struct hr_credential_source *source, int64_t now_us)
{
    return source->current.key_id != NULL && now_us < source->current.expires_wall_us && !source->distrusted;
}

static bool is_fresh(const struct hr_credential_source *source, int64_t now_us)
{
    if (!is_usable(source, now_us))
        return false;
    return source->current.expires_wall_us == INT64_MAX || now_us < source->next_try_wall_us ||
           now_us < source->current.expires_wall_us - REFRESH_BEFORE_US;
}

/* Gives the lock away while another thread fetches. */
static void wait_for_change(struct hr_credential_source *source)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += WAIT_NS;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&source->changed, &source->lock, &until);
}

/* The lock is held before and after, and given away meanwhile. */
static enum hr_status fetch(struct hr_credential_source *source, const struct hr_deadline *deadline,
                            struct hr_error *error)
{
    struct hr_credentials fetched = {0};
    bool fixed = false;
    source->fetching = true;
    pthread_mutex_unlock(&source->lock);
    enum hr_status status = walk_chain(&source->options, deadline, &fetched, &fixed, error);
    pthread_mutex_lock(&source->lock);
    source->fetching = false;
    if (status == HR_OK) {
        hr_credentials_clear(&source->current);
        source->current = fetched;
        source->fixed = fixed;
        source->distrusted = false;
        source->next_try_wall_us = 0;
    } else {
        source->next_try_wall_us = wall_us(source) + TRY_AGAIN_AFTER_US;
    }
    pthread_cond_broadcast(&source->changed);
    return status;
}

enum hr_status hr_credentials_get(struct hr_credential_source *source, const struct hr_deadline *deadline,
                                  struct hr_credentials *out, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    *out = (struct hr_credentials){0};
    pthread_mutex_lock(&source->lock);
    for (;;) {
        int64_t now_us = wall_us(source);
        if (is_fresh(source, now_us) || (source->fetching && is_usable(source, now_us)))
            break;
        if (!source->fetching) {
            status = fetch(source, deadline, error);
            /* The old ones do as long as they last. */
            if (status != HR_OK && is_usable(source, wall_us(source)))
                status = HR_OK;
            break;
        }
        if (hr_deadline_passed(deadline)) {
            status = hr_error_set(error, HR_ERR_DEADLINE, "out of time waiting for AWS keys");
            break;
        }
        wait_for_change(source);
    }
    if (status == HR_OK)
        status = copy(&source->current, out, error);
    pthread_mutex_unlock(&source->lock);
    return status;
}

bool hr_credentials_expired(struct hr_credential_source *source, const char *key_id)
{
    pthread_mutex_lock(&source->lock);
    bool is_current = source->current.key_id != NULL && strcmp(source->current.key_id, key_id) == 0;
    bool can_change = !source->fixed || !is_current;
    if (is_current && can_change)
        source->distrusted = true;
    pthread_mutex_unlock(&source->lock);
    return can_change;
}

enum hr_status hr_credentials_ec2_region(struct hr_credential_source *source, const struct hr_deadline *deadline,
                                         char *out, size_t size, struct hr_error *error)
{
    return hr_ec2_region(&source->options, deadline, out, size, error);
}
