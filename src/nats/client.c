#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "nats/client.h"

static const struct {
    natsStatus foreign;
    enum hr_status ours;
} statuses[] = {{NATS_CONNECTION_AUTH_FAILED, HR_ERR_PERMISSION},
                {NATS_NOT_PERMITTED, HR_ERR_PERMISSION},
                {NATS_NOT_FOUND, HR_ERR_NOT_FOUND},
                {NATS_NO_MEMORY, HR_ERR_MEMORY},
                {NATS_ADDRESS_MISSING, HR_ERR_ARGUMENT},
                {NATS_INVALID_SUBJECT, HR_ERR_ARGUMENT},
                {NATS_INVALID_ARG, HR_ERR_ARGUMENT}};

/* What libnats says of its last error, without "(conn.c:1905): " in front, where in itself it was.
 */
static const char *last_words(natsStatus status)
{
    const char *words = nats_GetLastError(NULL);
    if (words == NULL || words[0] == '\0')
        return natsStatus_GetText(status);
    const char *end = words[0] == '(' ? strstr(words, "): ") : NULL;
    return end != NULL ? end + 3 : words;
}

enum hr_status hr_nats_failed(struct hr_error *error, natsStatus status, jsErrCode code, const char *what)
{
    enum hr_status ours = HR_ERR_UNAVAILABLE;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i].foreign == status)
            ours = statuses[i].ours;
    const char *reason = last_words(status);
    return code != 0 ? hr_error_set(error, ours, "%s: %s (%d)", what, reason, (int)code)
                     : hr_error_set(error, ours, "%s: %s", what, reason);
}

static natsStatus set_servers(natsOptions *settings, const struct hr_nats_place *place)
{
    const char *servers[HR_NATS_SERVERS_MAX];
    for (size_t i = 0; i < place->server_count; i++)
        servers[i] = place->servers[i];
    natsStatus status = natsOptions_SetServers(settings, servers, (int)place->server_count);
    if (status == NATS_OK && place->tls)
        status = natsOptions_SetSecure(settings, true);
    return status;
}

static natsStatus set_identity(natsOptions *settings, const struct hr_nats_consumer_options *options)
{
    natsStatus status = NATS_OK;
    if (options->user != NULL)
        status = natsOptions_SetUserInfo(settings, options->user, options->password != NULL ? options->password : "");
    if (status == NATS_OK && options->token != NULL)
        status = natsOptions_SetToken(settings, options->token);
    if (status == NATS_OK && options->credentials_file != NULL)
        status = natsOptions_SetUserCredentialsFromFiles(settings, options->credentials_file, NULL);
    if (status == NATS_OK && options->ca_file != NULL)
        status = natsOptions_LoadCATrustedCertificates(settings, options->ca_file);
    return status;
}

/* A server tells of others of its cluster. In the clear only those that somebody named are spoken to: they were found
 * to be this machine. */
static natsStatus set_company(natsOptions *settings, const struct hr_nats_consumer_options *options)
{
    return natsOptions_SetIgnoreDiscoveredServers(settings, !options->place->tls && !options->insecure);
}

static natsStatus set_patience(natsOptions *settings)
{
    natsStatus status = natsOptions_SetTimeout(settings, HR_NATS_ANSWER_MS);
    if (status == NATS_OK)
        status = natsOptions_SetMaxReconnect(settings, -1);
    /* A call does not wait for a connection that may not come back. */
    if (status == NATS_OK)
        status = natsOptions_SetFailRequestsOnDisconnect(settings, true);
    /* A silent connection is noticed within 40 s, before most messages come again. */
    if (status == NATS_OK)
        status = natsOptions_SetPingInterval(settings, 20000);
    return status == NATS_OK ? natsOptions_SetMaxPingsOut(settings, 1) : status;
}

enum hr_status hr_nats_connect(natsConnection **out, const struct hr_nats_consumer_options *options,
                               struct hr_error *error)
{
    natsOptions *settings = NULL;
    natsStatus status = natsOptions_Create(&settings);
    if (status == NATS_OK)
        status = set_servers(settings, options->place);
    if (status == NATS_OK)
        status = set_company(settings, options);
    if (status == NATS_OK)
        status = set_identity(settings, options);
    if (status == NATS_OK)
        status = set_patience(settings);
    if (status == NATS_OK)
        status = natsOptions_SetName(settings, "homeroom");
    if (status == NATS_OK)
        status = natsConnection_Connect(out, settings);
    natsOptions_Destroy(settings);
    if (status != NATS_OK)
        return hr_nats_failed(error, status, 0, "connecting to NATS");
    int64_t most = natsConnection_GetMaxPayload(*out);
    return most >= 0 && most <= HR_LIMIT_NATS_PAYLOAD_BYTES
               ? HR_OK
               : hr_error_set(error, HR_ERR_LIMIT,
                              "the NATS server says that its messages have up to %lld bytes, more than the %lld that "
                              "one can have: is it one? (its setting is max_payload)",
                              (long long)most, (long long)HR_LIMIT_NATS_PAYLOAD_BYTES);
}

/* --- what stands on the server --- */

static enum hr_status add_stream(jsCtx *js, jsStreamConfig *stream, jsErrCode *code, struct hr_error *error)
{
    natsStatus status = js_AddStream(NULL, js, stream, NULL, code);
    if (status == NATS_OK)
        return HR_OK;
    char what[HR_NATS_NAME_SIZE + 64];
    snprintf(what, sizeof what, "making the stream '%s'", stream->Name);
    return hr_nats_failed(error, status, *code, what);
}

static enum hr_status need_stream(jsCtx *js, const struct hr_nats_consumer_options *options, struct hr_error *error)
{
    jsErrCode code = 0;
    jsStreamInfo *info = NULL;
    natsStatus status = js_GetStreamInfo(&info, js, options->stream, NULL, &code);
    jsStreamInfo_Destroy(info);
    if (status == NATS_OK)
        return HR_OK;
    if (status != NATS_NOT_FOUND)
        return hr_nats_failed(error, status, code, "asking for the stream (is JetStream on?)");
    if (!options->create_stream)
        return hr_error_set(error, HR_ERR_NOT_FOUND,
                            "there is no stream '%s' on this NATS server: name another, or have it "
                            "made with --create-stream",
                            options->stream);
    jsStreamConfig stream;
    jsStreamConfig_Init(&stream);
    stream.Name = options->stream;
    stream.Subjects = (const char *[]){options->subject};
    stream.SubjectsLen = 1;
    stream.Retention = js_WorkQueuePolicy;
    return add_stream(js, &stream, &code, error);
}

/* Fine is also a stream of that name that was set up in another way, or one of another name that
 * takes the subject. */
static enum hr_status need_dead_stream(jsCtx *js, struct hr_error *error)
{
    jsErrCode code = 0;
    jsStreamConfig stream;
    jsStreamConfig_Init(&stream);
    stream.Name = HR_NATS_DEAD_STREAM;
    stream.Description = "messages that homeroom gave up, with the reason in their headers";
    stream.Subjects = (const char *[]){HR_NATS_DEAD_SUBJECT};
    stream.SubjectsLen = 1;
    stream.MaxAge = HR_NATS_DEAD_DAYS * INT64_C(86400000) * HR_NATS_NS_PER_MS;
    enum hr_status status = add_stream(js, &stream, &code, error);
    return code == JSStreamNameExistErr || code == JSStreamSubjectOverlapErr ? HR_OK : status;
}

static natsStatus add_consumer(jsCtx *js, const struct hr_nats_consumer_options *options, jsConsumerInfo **info,
                               jsErrCode *code)
{
    jsConsumerConfig consumer;
    jsConsumerConfig_Init(&consumer);
    consumer.Durable = options->consumer;
    consumer.FilterSubject = options->subject;
    consumer.AckPolicy = js_AckExplicit;
    consumer.AckWait = options->ack_wait_ms * HR_NATS_NS_PER_MS;
    /* The server would drop a message silently; who counts is nats/decide.h. */
    consumer.MaxDeliver = -1;
    return js_AddConsumer(info, js, options->stream, &consumer, NULL, code);
}

static enum hr_status need_consumer(jsCtx *js, const struct hr_nats_consumer_options *options, int64_t *ack_wait_ms,
                                    struct hr_error *error)
{
    jsErrCode code = 0;
    jsConsumerInfo *info = NULL;
    enum hr_status status = HR_OK;
    natsStatus found = js_GetConsumerInfo(&info, js, options->stream, options->consumer, NULL, &code);
    if (found == NATS_NOT_FOUND)
        found = add_consumer(js, options, &info, &code);
    const jsConsumerConfig *config = info != NULL ? info->Config : NULL;
    if (found != NATS_OK || config == NULL)
        status = hr_nats_failed(error, found, code, "making the consumer");
    else if (config->DeliverSubject != NULL || config->AckPolicy != js_AckExplicit || config->AckWait <= 0)
        status = hr_error_set(error, HR_ERR_CONFLICT,
                              "the consumer '%s' is there, but it is not a pull consumer with "
                              "explicit acknowledgement: choose another --consumer",
                              options->consumer);
    else
        *ack_wait_ms = config->AckWait / HR_NATS_NS_PER_MS;
    jsConsumerInfo_Destroy(info);
    return status;
}

enum hr_status hr_nats_prepare(jsCtx *js, const struct hr_nats_consumer_options *options, int64_t *ack_wait_ms,
                               struct hr_error *error)
{
    enum hr_status status = need_stream(js, options, error);
    if (status == HR_OK)
        status = need_dead_stream(js, error);
    return status == HR_OK ? need_consumer(js, options, ack_wait_ms, error) : status;
}
