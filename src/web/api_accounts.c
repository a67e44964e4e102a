/* Signing in, and who may. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/host.h"
#include "homeroom.h"
#include "web/api.h"
#include "web/events.h"
#include "web/server.h"

static enum hr_status answer_me(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *me = hr_json_object_new(), *account = NULL;
    size_t count = 0;
    enum hr_status status = hr_account_count(request->database, &count, error);
    if (request->account.key != 0) {
        account = hr_json_object_new();
        hr_json_set(account, "name", hr_json_text_new(request->account.name));
        hr_json_set(account, "role", hr_json_text_new(hr_role_name(request->account.role)));
    }
    hr_json_set(me, "account", account != NULL ? account : hr_json_text_new(NULL));
    if (request->secret[0] != '\0') {
        char csrf[33];
        hr_login_csrf(request->secret, csrf);
        hr_json_set(me, "csrf", hr_json_text_new(csrf));
    }
    hr_json_set(me, "setup", hr_json_boolean_new(count == 0));
    hr_json_set(me, "version", hr_json_text_new(hr_version()));
    if (status == HR_OK)
        return hr_answer_with(answer, me, error);
    hr_json_free(me);
    return status;
}

enum hr_status hr_api_me(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    if (request->account.key == 0)
        request->secret[0] = '\0';
    return answer_me(request, answer, error);
}

/* The cookie is no script's, and no other site's; over TLS it goes nowhere else. */
static void set_cookie(const struct hr_request *request, struct hr_answer *answer, const char *secret)
{
    const char *outside = hr_request_header(request, "X-Forwarded-Proto"); /* of a proxy that encrypts */
    bool tls =
        hr_web_options_of(request->web)->certificate != NULL || (outside != NULL && strcmp(outside, "https") == 0);
    hr_answer_header(answer, "Set-Cookie", "homeroom_session=%s; Path=/; HttpOnly; SameSite=Strict%s%s", secret,
                     tls ? "; Secure" : "", secret[0] == '\0' ? "; Max-Age=0" : "; Max-Age=604800");
}

static enum hr_status begin_login(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    enum hr_status status = hr_login_begin(request->database, request->account.key, "", request->secret, error);
    if (status != HR_OK)
        return status;
    set_cookie(request, answer, request->secret);
    return answer_me(request, answer, error);
}

/* --- the first account --- */

static enum hr_status first_account(struct hr_request *request, const struct hr_json *asked, struct hr_error *error)
{
    struct hr_web *web = request->web;
    const char *token, *name, *password;
    size_t count = 0;
    int64_t key;
    enum hr_status status = hr_json_need(asked, "token", &token, error);
    if (status == HR_OK)
        status = hr_json_need(asked, "name", &name, error);
    if (status == HR_OK)
        status = hr_json_need(asked, "password", &password, error);
    if (status == HR_OK)
        status = hr_database_begin(request->database, error);
    if (status != HR_OK)
        return status;
    status = hr_account_count(request->database, &count, error);
    if (status == HR_OK && (count > 0 || web->setup_token[0] == '\0'))
        status =
            hr_error_named(error, HR_ERR_CONFLICT, "setup_done", NULL, "the first account was made already: sign in");
    if (status == HR_OK && strcmp(token, web->setup_token) != 0)
        status = hr_error_named(error, HR_ERR_PERMISSION, "setup_token", NULL,
                                "this is not the address that the terminal shows: homeroom says it when it starts");
    if (status == HR_OK)
        status = hr_account_add(request->database, name, HR_ROLE_ADMINISTRATOR, password, &key, error);
    status = hr_database_end(request->database, status, error);
    return status == HR_OK ? hr_account_find(request->database, name, &request->account, error) : status;
}

enum hr_status hr_api_setup(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *asked = NULL;
    struct hr_throttle *throttle = &request->web->throttle;
    int64_t wait_s = hr_throttle_wait_s(throttle, "setup");
    if (wait_s > 0) {
        answer->status = 429;
        hr_answer_header(answer, "Retry-After", "%lld", (long long)wait_s);
        return hr_error_named(error, HR_ERR_THROTTLED, "too_many_tries", NULL, "too many tries: wait %lld s",
                              (long long)wait_s);
    }
    enum hr_status status = hr_request_json(request, &asked, error);
    if (status == HR_OK)
        status = first_account(request, asked, error);
    if (status == HR_OK || status == HR_ERR_PERMISSION)
        hr_throttle_note(throttle, "setup", status == HR_OK);
    hr_json_free(asked);
    if (status != HR_OK)
        return status;
    answer->status = 201;
    return begin_login(request, answer, error);
}

/* --- signing in and out --- */

/* By name and by address: neither many names nor many machines help. This machine's own address is a proxy's, and
 * stands for everybody. */
static bool write_keys(const struct hr_request *request, const char *name, char by_name[600], char by_address[80])
{
    snprintf(by_name, 600, "name %.590s", name);
    snprintf(by_address, 80, "address %.60s", request->address);
    return !hr_host_is_loopback(hr_view_text(request->address));
}

static int64_t wait_s(struct hr_request *request, const char *name)
{
    char by_name[600], by_address[80];
    bool with_address = write_keys(request, name, by_name, by_address);
    int64_t wait = hr_throttle_wait_s(&request->web->throttle, by_name);
    int64_t other = with_address ? hr_throttle_wait_s(&request->web->throttle, by_address) : 0;
    return wait > other ? wait : other;
}

static void note_try(struct hr_request *request, const char *name, enum hr_status status)
{
    char by_name[600], by_address[80];
    if (status != HR_OK && status != HR_ERR_PERMISSION) /* says nothing of the password */
        return;
    bool with_address = write_keys(request, name, by_name, by_address);
    hr_throttle_note(&request->web->throttle, by_name, status == HR_OK);
    if (with_address)
        hr_throttle_note(&request->web->throttle, by_address, status == HR_OK);
}

static enum hr_status check(struct hr_request *request, const struct hr_json *asked, struct hr_answer *answer,
                            struct hr_error *error)
{
    const char *name, *password;
    enum hr_status status = hr_json_need(asked, "name", &name, error);
    if (status == HR_OK)
        status = hr_json_need(asked, "password", &password, error);
    if (status != HR_OK)
        return status;
    int64_t wait = wait_s(request, name);
    if (wait > 0) {
        answer->status = 429;
        hr_answer_header(answer, "Retry-After", "%lld", (long long)wait);
        return hr_error_named(error, HR_ERR_THROTTLED, "too_many_tries", NULL, "too many tries: wait %lld s",
                              (long long)wait);
    }
    status = hr_account_check(request->database, name, password, &request->account, error);
    note_try(request, name, status);
    if (status == HR_ERR_PERMISSION)
        answer->status = 401;
    return status;
}

enum hr_status hr_api_sign_in(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *asked = NULL;
    enum hr_status status = hr_request_json(request, &asked, error);
    if (status == HR_OK)
        status = check(request, asked, answer, error);
    hr_json_free(asked);
    return status == HR_OK ? begin_login(request, answer, error) : status;
}

enum hr_status hr_api_sign_out(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    enum hr_status status = hr_login_end(request->database, request->secret, error);
    if (status == HR_OK)
        set_cookie(request, answer, "");
    hr_events_rights_changed(hr_web_events(request->web), request->account.key);
    answer->status = 204;
    return status;
}

enum hr_status hr_api_own_password(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *asked = NULL;
    const char *old, *new;
    struct hr_account account;
    enum hr_status status = hr_request_json(request, &asked, error);
    if (status == HR_OK)
        status = hr_json_need(asked, "old", &old, error);
    if (status == HR_OK)
        status = hr_json_need(asked, "new", &new, error);
    if (status == HR_OK && wait_s(request, request->account.name) > 0)
        status = hr_error_named(error, HR_ERR_THROTTLED, "too_many_tries", NULL, "too many tries: wait");
    if (status == HR_OK) {
        status = hr_account_check(request->database, request->account.name, old, &account, error);
        note_try(request, request->account.name, status);
    }
    if (status == HR_OK)
        status = hr_account_set_password(request->database, request->account.key, new, error);
    if (status == HR_OK) /* this browser stays signed in */
        status = hr_login_begin(request->database, request->account.key, "", request->secret, error);
    if (status == HR_OK)
        set_cookie(request, answer, request->secret);
    if (status == HR_OK)
        hr_events_rights_changed(hr_web_events(request->web), request->account.key);
    hr_json_free(asked);
    return status == HR_OK ? answer_me(request, answer, error) : status;
}

enum hr_status hr_api_new_token(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *asked = NULL, *told = NULL;
    const char *label;
    char secret[HR_SECRET_SIZE];
    enum hr_status status = hr_request_json(request, &asked, error);
    if (status == HR_OK)
        status = hr_json_need(asked, "label", &label, error);
    if (status == HR_OK && (label[0] == '\0' || strlen(label) > HR_ACCOUNT_NAME_BYTES))
        status = hr_error_named(error, HR_ERR_ARGUMENT, "label", NULL, "a token has a label of 1 to %d bytes",
                                HR_ACCOUNT_NAME_BYTES);
    if (status == HR_OK)
        status = hr_login_begin(request->database, request->account.key, label, secret, error);
    hr_json_free(asked);
    if (status != HR_OK)
        return status;
    told = hr_json_object_new();
    hr_json_set(told, "token", hr_json_text_new(secret));
    answer->status = 201;
    return hr_answer_with(answer, told, error);
}

/* --- accounts --- */

static enum hr_status add_class(void *context, const char *class_id, struct hr_error *error)
{
    (void)error;
    hr_json_append(context, hr_json_text_new(class_id));
    return HR_OK;
}

/* Keys first: one statement at a time. */
struct accounts {
    struct hr_account items[1000];
    size_t count;
};

static enum hr_status take_account(void *context, const struct hr_account *account, struct hr_error *error)
{
    struct accounts *accounts = context;
    (void)error;
    if (accounts->count < sizeof accounts->items / sizeof *accounts->items)
        accounts->items[accounts->count++] = *account;
    return HR_OK;
}

enum hr_status hr_api_accounts(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *all = hr_json_object_new(), *list = hr_json_array_new();
    struct accounts *accounts = calloc(1, sizeof *accounts);
    enum hr_status status = accounts != NULL ? hr_account_each(request->database, take_account, accounts, error)
                                             : hr_error_set(error, HR_ERR_MEMORY, "no memory for accounts");
    for (size_t i = 0; status == HR_OK && i < accounts->count; i++) {
        struct hr_json *one = hr_json_object_new(), *classes = hr_json_array_new();
        hr_json_set(one, "name", hr_json_text_new(accounts->items[i].name));
        hr_json_set(one, "role", hr_json_text_new(hr_role_name(accounts->items[i].role)));
        status = hr_account_each_class(request->database, accounts->items[i].key, add_class, classes, error);
        hr_json_set(one, "classes", classes);
        hr_json_append(list, one);
    }
    free(accounts);
    hr_json_set(all, "accounts", list);
    if (status == HR_OK)
        return hr_answer_with(answer, all, error);
    hr_json_free(all);
    return status;
}

static enum hr_status set_classes(struct hr_request *request, int64_t key, const struct hr_json *classes,
                                  struct hr_error *error)
{
    size_t count = hr_json_size(classes);
    if (hr_json_type(classes) == HR_JSON_NULL)
        return HR_OK;
    if (hr_json_type(classes) != HR_JSON_ARRAY)
        return hr_error_set(error, HR_ERR_ARGUMENT, "\"classes\" is a list of texts");
    const char **ids = calloc(count + 1, sizeof *ids);
    if (ids == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for classes");
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        ids[i] = hr_json_text(hr_json_at(classes, i));
        if (ids[i] == NULL)
            status = hr_error_set(error, HR_ERR_ARGUMENT, "\"classes\" is a list of texts");
    }
    if (status == HR_OK)
        status = hr_account_set_classes(request->database, key, ids, count, error);
    free(ids);
    return status;
}

static enum hr_status parse_role(const struct hr_json *asked, bool needed, enum hr_role *role, bool *given,
                                 struct hr_error *error)
{
    const char *word;
    enum hr_status status =
        needed ? hr_json_need(asked, "role", &word, error) : hr_json_text_of(asked, "role", &word, error);
    *given = status == HR_OK && word != NULL;
    if (*given && !hr_role_parse(word, role))
        return hr_error_set(error, HR_ERR_ARGUMENT, "\"role\" is teacher or administrator");
    return status;
}

static enum hr_status add_account(struct hr_request *request, const struct hr_json *asked, struct hr_error *error)
{
    const char *name, *password;
    enum hr_role role = HR_ROLE_TEACHER;
    bool given;
    int64_t key;
    enum hr_status status = hr_json_need(asked, "name", &name, error);
    if (status == HR_OK)
        status = hr_json_need(asked, "password", &password, error);
    if (status == HR_OK)
        status = parse_role(asked, true, &role, &given, error);
    if (status == HR_OK)
        status = hr_database_begin(request->database, error);
    if (status != HR_OK)
        return status;
    status = hr_account_add(request->database, name, role, password, &key, error);
    if (status == HR_OK)
        status = set_classes(request, key, hr_json_get(asked, "classes"), error);
    return hr_database_end(request->database, status, error);
}

enum hr_status hr_api_new_account(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *asked = NULL;
    enum hr_status status = hr_request_json(request, &asked, error);
    if (status == HR_OK)
        status = add_account(request, asked, error);
    hr_json_free(asked);
    if (status != HR_OK)
        return status;
    status = hr_api_accounts(request, answer, error);
    answer->status = 201;
    return status;
}

static enum hr_status change_account(struct hr_request *request, const struct hr_account *account,
                                     const struct hr_json *asked, struct hr_error *error)
{
    const char *password;
    enum hr_role role = HR_ROLE_TEACHER;
    bool has_role;
    enum hr_status status = hr_json_text_of(asked, "password", &password, error);
    if (status == HR_OK)
        status = parse_role(asked, false, &role, &has_role, error);
    if (status == HR_OK)
        status = hr_database_begin(request->database, error);
    if (status != HR_OK)
        return status;
    if (has_role)
        status = hr_account_set_role(request->database, account->key, role, error);
    if (status == HR_OK)
        status = set_classes(request, account->key, hr_json_get(asked, "classes"), error);
    if (status == HR_OK && password != NULL)
        status = hr_account_set_password(request->database, account->key, password, error);
    return hr_database_end(request->database, status, error);
}

enum hr_status hr_api_change_account(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *asked = NULL;
    struct hr_account account;
    enum hr_status status = hr_account_find(request->database, request->words[0], &account, error);
    if (status == HR_OK)
        status = hr_request_json(request, &asked, error);
    if (status == HR_OK)
        status = change_account(request, &account, asked, error);
    if (status == HR_OK)
        hr_events_rights_changed(hr_web_events(request->web), account.key);
    hr_json_free(asked);
    answer->status = 204;
    return status;
}

enum hr_status hr_api_remove_account(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_account account;
    enum hr_status status = hr_account_find(request->database, request->words[0], &account, error);
    if (status == HR_OK)
        status = hr_account_remove(request->database, account.key, error);
    if (status == HR_OK)
        hr_events_rights_changed(hr_web_events(request->web), account.key);
    answer->status = 204;
    return status;
}
