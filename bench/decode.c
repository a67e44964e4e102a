/* Bare decoding: every frame of every file through libavcodec and nothing else. It is the floor
 * under any program that has to look at a video, so the benchmarks put it beside the others.
 *
 *     bench_decode [--jobs N] [--threads N] VIDEO...
 *
 * N jobs take the next video from the list, each with a decoder of N threads, in the way that
 * `homeroom recognize` shares its processors among videos. Prints "FRAMES VIDEO" for each. */
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOBS_MAX = 64 };

struct decode {
    char **videos;
    size_t count;
    int threads;
    atomic_size_t next;
    atomic_bool failed;
};

struct source {
    AVFormatContext *container;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    int stream;
};

static void source_close(struct source *source)
{
    av_frame_free(&source->frame);
    av_packet_free(&source->packet);
    avcodec_free_context(&source->codec);
    avformat_close_input(&source->container);
}

static int source_open(struct source *source, const char *path, int threads)
{
    const AVCodec *decoder = NULL;
    int status = avformat_open_input(&source->container, path, NULL, NULL);
    if (status >= 0)
        status = avformat_find_stream_info(source->container, NULL);
    if (status >= 0)
        status = av_find_best_stream(source->container, AVMEDIA_TYPE_VIDEO, -1, -1, &decoder, 0);
    if (status < 0)
        return status;
    source->stream = status;
    source->codec = avcodec_alloc_context3(decoder);
    source->packet = av_packet_alloc();
    source->frame = av_frame_alloc();
    if (source->codec == NULL || source->packet == NULL || source->frame == NULL)
        return AVERROR(ENOMEM);
    const AVStream *stream = source->container->streams[source->stream];
    for (unsigned i = 0; i < source->container->nb_streams; i++)
        if ((int)i != source->stream)
            source->container->streams[i]->discard = AVDISCARD_ALL;
    status = avcodec_parameters_to_context(source->codec, stream->codecpar);
    source->codec->thread_count = threads;
    return status < 0 ? status : avcodec_open2(source->codec, decoder, NULL);
}

/* Every frame that the decoder has ready. */
static int drain(struct source *source, size_t *frames)
{
    for (;;) {
        int status = avcodec_receive_frame(source->codec, source->frame);
        if (status == AVERROR(EAGAIN) || status == AVERROR_EOF)
            return 0;
        if (status < 0)
            return status;
        (*frames)++;
    }
}

static int decode_file(const char *path, int threads, size_t *frames)
{
    struct source source = {0};
    *frames = 0;
    int status = source_open(&source, path, threads);
    while (status >= 0) {
        status = av_read_frame(source.container, source.packet);
        if (status == AVERROR_EOF) {
            status = avcodec_send_packet(source.codec, NULL);
            if (status >= 0)
                status = drain(&source, frames);
            break;
        }
        if (status < 0)
            break;
        if (source.packet->stream_index == source.stream) {
            status = avcodec_send_packet(source.codec, source.packet);
            if (status >= 0)
                status = drain(&source, frames);
        }
        av_packet_unref(source.packet);
    }
    source_close(&source);
    return status;
}

static void *work(void *argument)
{
    struct decode *decode = argument;
    size_t index;
    while ((index = atomic_fetch_add(&decode->next, 1)) < decode->count) {
        size_t frames;
        int status = decode_file(decode->videos[index], decode->threads, &frames);
        if (status < 0) {
            fprintf(stderr, "bench_decode: %s: %s\n", decode->videos[index], av_err2str(status));
            atomic_store(&decode->failed, true);
        }
        printf("%zu %s\n", frames, decode->videos[index]);
    }
    return NULL;
}

/* The number behind an option, 1 to JOBS_MAX; 0 when it is none. */
static int number(const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);
    return *end == '\0' && value >= 1 && value <= JOBS_MAX ? (int)value : 0;
}

int main(int argc, char **argv)
{
    int jobs = 1, threads = 1, at = 1;
    for (; at + 1 < argc && strncmp(argv[at], "--", 2) == 0; at += 2) {
        int *option = strcmp(argv[at], "--jobs") == 0 ? &jobs : strcmp(argv[at], "--threads") == 0 ? &threads : NULL;
        if (option == NULL || (*option = number(argv[at + 1])) == 0)
            break;
    }
    if (at >= argc || argv[at][0] == '-') {
        fprintf(stderr, "usage: bench_decode [--jobs N] [--threads N] VIDEO...\n");
        return 2;
    }
    av_log_set_level(AV_LOG_ERROR);
    struct decode decode = {.videos = argv + at, .count = (size_t)(argc - at), .threads = threads};
    pthread_t workers[JOBS_MAX];
    int started = 0;
    while (started + 1 < jobs && pthread_create(&workers[started], NULL, work, &decode) == 0)
        started++;
    work(&decode); /* this thread is a worker too */
    for (int i = 0; i < started; i++)
        pthread_join(workers[i], NULL);
    return atomic_load(&decode.failed) ? 1 : 0;
}
