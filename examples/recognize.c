/* The smallest program with libhomeroom: who is in this video?
 *
 *     cc recognize.c -o recognize $(pkg-config --cflags --libs homeroom)
 *     ./recognize homeroom.db "$(pkg-config --variable=modeldir homeroom)" lesson.mp4 */
#include <homeroom.h>
#include <stdio.h>

static void print_students(const struct hr_result *result)
{
    for (size_t i = 0; i < hr_result_student_count(result); i++) {
        const struct hr_seen_student *seen = hr_result_student(result, i);
        printf("%s: %s, %s, from %.1f s to %.1f s\n", seen->name, seen->major, seen->year, (double)seen->first_us / 1e6,
               (double)seen->last_us / 1e6);
    }
    printf("%zu unknown\n", hr_result_unknown_count(result));
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: recognize DATABASE MODELS VIDEO\n");
        return 2;
    }
    struct hr_engine_options options = {.size = sizeof options, .database_path = argv[1], .model_dir = argv[2]};
    struct hr_recognize_options how = hr_recognize_options_default();
    struct hr_engine *engine = NULL;   /* models, faces, students: one for all threads */
    struct hr_session *session = NULL; /* decoder and scratch memory: one per thread */
    struct hr_result *result = NULL;
    struct hr_error error;
    enum hr_status status = hr_engine_open(&engine, &options, &error);
    if (status == HR_OK)
        status = hr_session_new(&session, engine, 0, &error);
    if (status == HR_OK)
        status = hr_recognize_file(engine, session, argv[3], &how, &result, &error);
    if (status == HR_OK)
        print_students(result);
    else
        fprintf(stderr, "recognize: %s\n", error.text);
    hr_result_free(result);
    hr_session_free(session);
    hr_engine_close(engine);
    return status == HR_OK ? 0 : 1;
}
