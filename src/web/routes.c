#include "web/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/uri.h"
#include "base/limits.h"
#include "web/api.h"

#define BASE "/api/v1"

const struct hr_route hr_routes[] = {
    {"GET", "/me", HR_ACCESS_ALL, HR_BODY_NONE, hr_api_me, NULL, "who is signed in", ""},
    {"PUT", "/me/password", HR_ACCESS_ACCOUNT, HR_BODY_JSON, hr_api_own_password, NULL, "another password", ""},
    {"POST", "/setup", HR_ACCESS_ALL, HR_BODY_JSON, hr_api_setup, NULL, "the first account", ""},
    {"POST", "/session", HR_ACCESS_ALL, HR_BODY_JSON, hr_api_sign_in, NULL, "sign in", ""},
    {"DELETE", "/session", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_sign_out, NULL, "sign out", ""},
    {"POST", "/tokens", HR_ACCESS_ACCOUNT, HR_BODY_JSON, hr_api_new_token, NULL, "a token for a program", ""},

    {"GET", "/classes", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_classes, NULL, "the classes", ""},
    {"POST", "/classes", HR_ACCESS_ACCOUNT, HR_BODY_JSON, hr_api_new_class, NULL, "a new class", ""},
    {"GET", "/classes/{class}", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_class, NULL,
     "a class, its students, timetable and lessons", ""},
    {"PATCH", "/classes/{class}", HR_ACCESS_ACCOUNT, HR_BODY_JSON, hr_api_change_class, hr_api_class, "change a class",
     ""},
    {"DELETE", "/classes/{class}", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_remove_class, hr_api_class,
     "remove a class with its lessons", ""},
    {"POST", "/classes/{class}/students", HR_ACCESS_ACCOUNT, HR_BODY_TEXT, hr_api_import_students, NULL,
     "put the students of a table into a class, from a day on; with only_new those alone whose ids are free",
     "from only_new"},
    {"DELETE", "/classes/{class}/students/{student}", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_leave_class, NULL,
     "a student leaves a class", ""},
    {"PUT", "/classes/{class}/slots", HR_ACCESS_ACCOUNT, HR_BODY_JSON, hr_api_slots, hr_api_class, "the timetable", ""},
    {"POST", "/classes/{class}/lessons", HR_ACCESS_ACCOUNT, HR_BODY_JSON, hr_api_new_lesson, NULL, "a new lesson", ""},
    {"GET", "/classes/{class}/unknown", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_unknown, NULL,
     "unknown people over a class's lessons", ""},
    {"GET", "/classes/{class}/closeness", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_closeness, NULL,
     "how alike a class's students are against what a certain name asks for, and whose photos are few", ""},
    {"GET", "/classes/{class}/attendance", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_term, NULL, "the roll of a term",
     "as"},

    {"GET", "/students/{student}", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_student, NULL, "a student", ""},
    {"PUT", "/students/{student}/consent", HR_ACCESS_ACCOUNT, HR_BODY_JSON, hr_api_consent, NULL,
     "whether a student agrees to be recognised", ""},
    {"POST", "/students/{student}/photos", HR_ACCESS_ACCOUNT, HR_BODY_PICTURE, hr_api_enrol, NULL,
     "enrol a photo: the body, or one of an archive", "name album entry"},
    {"POST", "/photos", HR_ACCESS_ACCOUNT, HR_BODY_ARCHIVE, hr_api_new_album, NULL,
     "take an archive of photos apart (zip, tar), to enrol them one by one", ""},
    {"DELETE", "/students/{student}/photos", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_forget_photo, NULL,
     "remove what a photo gave", "origin"},
    {"GET", "/students/{student}/held", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_held, NULL,
     "everything that is held about a student", ""},
    {"DELETE", "/students/{student}", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_forget, NULL,
     "forget a student with every trace", ""},

    {"GET", "/lessons/{lesson}", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_lesson, NULL,
     "the roll of a lesson, and what was seen", ""},
    {"DELETE", "/lessons/{lesson}", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_remove_lesson, hr_api_lesson,
     "remove a lesson", ""},
    {"PUT", "/lessons/{lesson}/marks/{student}", HR_ACCESS_ACCOUNT, HR_BODY_JSON, hr_api_mark, hr_api_lesson,
     "mark a student by hand", ""},
    {"DELETE", "/lessons/{lesson}/marks/{student}", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_unmark, hr_api_lesson,
     "take the last mark back", ""},
    {"POST", "/lessons/{lesson}/corrections", HR_ACCESS_ACCOUNT, HR_BODY_JSON, hr_api_correct, hr_api_lesson,
     "say who somebody is, or is not", ""},
    {"DELETE", "/lessons/{lesson}/corrections/{correction}", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_undo,
     hr_api_lesson, "take a correction back", ""},
    {"POST", "/lessons/{lesson}/finish", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_finish, hr_api_lesson,
     "finish a lesson", ""},
    {"POST", "/lessons/{lesson}/reopen", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_reopen, hr_api_lesson,
     "open a finished lesson again", ""},
    {"PUT", "/lessons/{lesson}/recordings/{recording}", HR_ACCESS_ACCOUNT, HR_BODY_JSON, hr_api_move_recording,
     hr_api_lesson, "a recording began at another time: it may go into another lesson, which is answered", ""},
    {"GET", "/lessons/{lesson}/attendance", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_attendance, NULL,
     "the roll in the form of a file", "as"},
    {"GET", "/tracks/{track}/picture", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_picture, NULL,
     "what a class keeps of a face", ""},

    {"POST", "/uploads", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_new_upload, NULL, "begin to send a video (tus 1.0)",
     ""},
    {"HEAD", "/uploads/{upload}", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_upload_offset, NULL,
     "how much of a video is there", ""},
    {"PATCH", "/uploads/{upload}", HR_ACCESS_ACCOUNT, HR_BODY_UPLOAD, hr_api_upload_part, NULL, "send more of a video",
     ""},
    {"DELETE", "/uploads/{upload}", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_remove_upload, NULL, "give an upload up",
     ""},
    {"OPTIONS", "/uploads", HR_ACCESS_ALL, HR_BODY_NONE, hr_api_upload_options, NULL, "what is understood of tus", ""},
    {"GET", "/tasks", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_tasks, NULL, "videos that wait, run, or are done", ""},
    {"DELETE", "/tasks/{task}", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_remove_task, NULL, "end a task", ""},
    {"GET", "/events", HR_ACCESS_ACCOUNT, HR_BODY_NONE, hr_api_events, NULL, "what changes (server-sent events)", ""},

    {"GET", "/accounts", HR_ACCESS_ADMINISTRATOR, HR_BODY_NONE, hr_api_accounts, NULL, "the accounts", ""},
    {"POST", "/accounts", HR_ACCESS_ADMINISTRATOR, HR_BODY_JSON, hr_api_new_account, NULL, "a new account", ""},
    {"PUT", "/accounts/{account}", HR_ACCESS_ADMINISTRATOR, HR_BODY_JSON, hr_api_change_account, NULL,
     "change an account", ""},
    {"DELETE", "/accounts/{account}", HR_ACCESS_ADMINISTRATOR, HR_BODY_NONE, hr_api_remove_account, NULL,
     "remove an account", ""},
    {"GET", "/keeping", HR_ACCESS_ADMINISTRATOR, HR_BODY_NONE, hr_api_keeping, NULL, "how long data is kept", ""},
    {"PUT", "/keeping", HR_ACCESS_ADMINISTRATOR, HR_BODY_JSON, hr_api_set_keeping, hr_api_keeping,
     "how long data is kept from now on", ""},
    {"GET", "/audit", HR_ACCESS_ADMINISTRATOR, HR_BODY_NONE, hr_api_audit, NULL, "who did what", ""},
    {"GET", "/backup", HR_ACCESS_ADMINISTRATOR, HR_BODY_NONE, hr_api_backup, NULL, "a copy of the database", ""},
    {"GET", "/openapi.json", HR_ACCESS_ALL, HR_BODY_NONE, hr_api_description, NULL, "this description", ""},
    {NULL, NULL, HR_ACCESS_ALL, HR_BODY_NONE, NULL, NULL, NULL, NULL},
};

size_t hr_body_max(enum hr_body body)
{
    static const size_t most[] = {
        [HR_BODY_NONE] = 0,           [HR_BODY_JSON] = 256 << 10,  [HR_BODY_TEXT] = 16 << 20,
        [HR_BODY_PICTURE] = 32 << 20, [HR_BODY_UPLOAD] = SIZE_MAX, [HR_BODY_ARCHIVE] = HR_LIMIT_ALBUM_ARCHIVE_BYTES};
    return most[body];
}

/* --- finding one --- */

/* One part of a path: no NUL, no broken escape, UTF-8. The caller's. */
static enum hr_status decode(const char *raw, size_t length, char **out, struct hr_error *error)
{
    struct hr_buffer text;
    hr_buffer_init(&text, 4096);
    enum hr_status status = hr_uri_decode(&text, hr_view_of(raw, length), false, error);
    *out = status == HR_OK ? strdup(hr_buffer_text(&text)) : NULL;
    hr_buffer_clear(&text);
    if (status != HR_OK)
        return hr_error_set(error, HR_ERR_FORMAT, "the address cannot be read");
    return *out != NULL ? HR_OK : hr_error_set(error, HR_ERR_MEMORY, "no memory for a request");
}

static void forget_words(struct hr_request *request)
{
    for (size_t i = 0; i < HR_REQUEST_WORDS_MAX; i++) {
        free(request->words[i]);
        request->words[i] = NULL;
    }
}

/* NOT_FOUND when it is another one. */
static enum hr_status match(struct hr_request *request, const char *pattern, const char *path, struct hr_error *error)
{
    size_t word = 0;
    enum hr_status status = HR_OK;
    while (status == HR_OK && *pattern == '/' && *path == '/') {
        size_t wanted = strcspn(++pattern, "/"), given = strcspn(++path, "/");
        bool open = pattern[0] == '{';
        if (given == 0 || (!open && (wanted != given || memcmp(pattern, path, given) != 0)))
            return HR_ERR_NOT_FOUND;
        if (open)
            status = decode(path, given, &request->words[word++], error);
        pattern += wanted;
        path += given;
    }
    return status != HR_OK ? status : *pattern == '\0' && *path == '\0' ? HR_OK : HR_ERR_NOT_FOUND;
}

enum hr_status hr_route_find(struct hr_request *request, const char *method, const char *path, char allowed[128],
                             struct hr_error *error)
{
    allowed[0] = '\0';
    if (strncmp(path, BASE "/", sizeof BASE) != 0)
        return hr_error_set(error, HR_ERR_NOT_FOUND, "there is nothing at this address");
    for (const struct hr_route *route = hr_routes; route->method != NULL; route++) {
        enum hr_status status = match(request, route->path, path + sizeof BASE - 1, error);
        if (status == HR_OK && strcmp(route->method, method) == 0) {
            request->route = route;
            return HR_OK;
        }
        if (status == HR_OK)
            snprintf(allowed + strlen(allowed), 128 - strlen(allowed), "%s%s", allowed[0] != '\0' ? ", " : "",
                     route->method);
        forget_words(request);
        if (status != HR_OK && status != HR_ERR_NOT_FOUND)
            return status;
    }
    return allowed[0] != '\0' ? hr_error_set(error, HR_ERR_UNSUPPORTED, "only with %s", allowed)
                              : hr_error_set(error, HR_ERR_NOT_FOUND, "there is nothing at this address");
}

/* --- the description --- */

static struct hr_json *parameter(const char *where, const char *name, size_t length)
{
    char text[64];
    struct hr_json *one = hr_json_object_new(), *schema = hr_json_object_new();
    snprintf(text, sizeof text, "%.*s", (int)length, name);
    hr_json_set(one, "name", hr_json_text_new(text));
    hr_json_set(one, "in", hr_json_text_new(where));
    hr_json_set(one, "required", hr_json_boolean_new(strcmp(where, "path") == 0));
    hr_json_set(schema, "type", hr_json_text_new("string"));
    hr_json_set(one, "schema", schema);
    return one;
}

static struct hr_json *parameters_of(const struct hr_route *route)
{
    struct hr_json *list = hr_json_array_new();
    for (const char *at = route->path; (at = strchr(at, '{')) != NULL; at++)
        hr_json_append(list, parameter("path", at + 1, strcspn(at + 1, "}")));
    for (const char *at = route->query; *at != '\0'; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        hr_json_append(list, parameter("query", at, length));
        at += length;
    }
    return list;
}

static struct hr_json *body_of(const struct hr_route *route)
{
    static const char *const types[] = {[HR_BODY_JSON] = "application/json",
                                        [HR_BODY_TEXT] = "text/csv",
                                        [HR_BODY_PICTURE] = "image/*",
                                        [HR_BODY_UPLOAD] = "application/offset+octet-stream",
                                        [HR_BODY_ARCHIVE] = "application/zip"};
    struct hr_json *body = hr_json_object_new(), *content = hr_json_object_new();
    hr_json_set(content, types[route->body], hr_json_object_new());
    hr_json_set(body, "required", hr_json_boolean_new(true));
    hr_json_set(body, "content", content);
    return body;
}

static struct hr_json *operation_of(const struct hr_route *route)
{
    struct hr_json *one = hr_json_object_new(), *responses = hr_json_object_new(), *problem = hr_json_object_new();
    struct hr_json *good = hr_json_object_new(), *content = hr_json_object_new();
    struct hr_json *media = hr_json_object_new(), *schema = hr_json_object_new();
    hr_json_set(one, "summary", hr_json_text_new(route->summary));
    hr_json_set(one, "parameters", parameters_of(route));
    if (route->body != HR_BODY_NONE)
        hr_json_set(one, "requestBody", body_of(route));
    if (route->access == HR_ACCESS_ALL)
        hr_json_set(one, "security", hr_json_array_new());
    hr_json_set(good, "description", hr_json_text_new("done"));
    hr_json_set(responses, "2XX", good);
    hr_json_set(schema, "$ref", hr_json_text_new("#/components/schemas/Problem"));
    hr_json_set(media, "schema", schema);
    hr_json_set(content, "application/problem+json", media);
    hr_json_set(problem, "description", hr_json_text_new("a problem (RFC 9457)"));
    hr_json_set(problem, "content", content);
    hr_json_set(responses, "default", problem);
    hr_json_set(one, "responses", responses);
    return one;
}

static struct hr_json *paths(void)
{
    struct hr_json *all = hr_json_object_new();
    for (const struct hr_route *first = hr_routes; first->method != NULL; first++) {
        struct hr_json *path = hr_json_object_new();
        bool known = false;
        for (const struct hr_route *before = hr_routes; before < first; before++)
            known = known || strcmp(before->path, first->path) == 0;
        for (const struct hr_route *route = first; !known && route->method != NULL; route++) {
            char method[16] = "";
            for (size_t i = 0; route->method[i] != '\0' && i < sizeof method - 1; i++)
                method[i] = (char)(route->method[i] | 0x20);
            if (strcmp(route->path, first->path) == 0)
                hr_json_set(path, method, operation_of(route));
        }
        if (known)
            hr_json_free(path);
        else
            hr_json_set(all, first->path, path);
    }
    return all;
}

/* RFC 9457, with the words by which a program says it in a language of its own. */
static struct hr_json *schemas(void)
{
    static const struct {
        const char *name, *type, *about;
    } members[] = {
        {"type", "string", "always about:blank"},
        {"title", "string", "what the code means, in English"},
        {"status", "integer", "of HTTP"},
        {"code", "string", "what kind of problem it is: a word that stays the same"},
        {"reason", "string", "which problem it is: a word that stays the same; null: the code says all that is known"},
        {"value", "string", "what the reason is about: a name or a number; empty: nothing"},
        {"detail", "string", "all of it, in English: for a reason that a program does not know"},
    };
    struct hr_json *all = hr_json_object_new(), *problem = hr_json_object_new(), *properties = hr_json_object_new();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        struct hr_json *one = hr_json_object_new();
        if (strcmp(members[i].name, "reason") == 0) {
            struct hr_json *types = hr_json_array_new();
            hr_json_append(types, hr_json_text_new("string"));
            hr_json_append(types, hr_json_text_new("null"));
            hr_json_set(one, "type", types);
        } else {
            hr_json_set(one, "type", hr_json_text_new(members[i].type));
        }
        hr_json_set(one, "description", hr_json_text_new(members[i].about));
        hr_json_set(properties, members[i].name, one);
    }
    hr_json_set(problem, "type", hr_json_text_new("object"));
    hr_json_set(problem, "properties", properties);
    hr_json_set(all, "Problem", problem);
    return all;
}

static struct hr_json *security(void)
{
    struct hr_json *schemes = hr_json_object_new(), *cookie = hr_json_object_new(), *token = hr_json_object_new();
    hr_json_set(cookie, "type", hr_json_text_new("apiKey"));
    hr_json_set(cookie, "in", hr_json_text_new("cookie"));
    hr_json_set(cookie, "name", hr_json_text_new("homeroom_session"));
    hr_json_set(token, "type", hr_json_text_new("http"));
    hr_json_set(token, "scheme", hr_json_text_new("bearer"));
    hr_json_set(schemes, "cookie", cookie);
    hr_json_set(schemes, "token", token);
    return schemes;
}

enum hr_status hr_api_description(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *all = hr_json_object_new(), *info = hr_json_object_new(), *server = hr_json_object_new();
    struct hr_json *servers = hr_json_array_new(), *components = hr_json_object_new(), *needs = hr_json_array_new();
    struct hr_json *cookie = hr_json_object_new(), *token = hr_json_object_new();
    (void)request;
    hr_json_set(all, "openapi", hr_json_text_new("3.1.0"));
    hr_json_set(info, "title", hr_json_text_new("homeroom"));
    hr_json_set(info, "version", hr_json_text_new("1"));
    hr_json_set(all, "info", info);
    hr_json_set(server, "url", hr_json_text_new(BASE));
    hr_json_append(servers, server);
    hr_json_set(all, "servers", servers);
    hr_json_set(all, "paths", paths());
    hr_json_set(components, "securitySchemes", security());
    hr_json_set(components, "schemas", schemas());
    hr_json_set(all, "components", components);
    hr_json_set(cookie, "cookie", hr_json_array_new());
    hr_json_set(token, "token", hr_json_array_new());
    hr_json_append(needs, cookie);
    hr_json_append(needs, token);
    hr_json_set(all, "security", needs);
    return hr_answer_with(answer, all, error);
}
