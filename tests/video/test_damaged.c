/* Broken files of every kind (damaged.py): no crash, and a clear error or warning for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/image.h"
#include "video/media.h"

enum { KINDS_MIN = 90 };

static struct media_result result;

static const char *outcome_of(const struct media_result *seen)
{
    if (seen->status != HR_END)
        return "error";
    return seen->warning[0] != '\0' ? "warning" : "ok";
}

static bool is_clear(const struct media_result *seen)
{
    /* One line of text, with the file's name, and never ours to blame. */
    return seen->error.code == seen->status && seen->status != HR_ERR_INTERNAL &&
           strstr(seen->error.text, "'the video': ") == seen->error.text &&
           strlen(seen->error.text) > strlen("'the video': ") + 8 && strchr(seen->error.text, '\n') == NULL;
}

/* True when the file does as the line of expected.tsv says. */
static bool check(const char *name, const char *outcome, const char *words)
{
    char path[MEDIA_PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", media_path("damaged"), name);
    struct hr_view bytes = media_load(path);
    const struct hr_video_options sampled = {.samples_per_s = 2, .decoder_threads = 1};
    const struct hr_video_options everything = {.decoder_threads = 2, .decode_everything = true};

    /* Also as a pipe, whole and as a photo: only crashes count there. */
    media_decode_bytes(&result, bytes, false, &sampled);
    media_decode_bytes(&result, bytes, true, &everything);
    struct hr_image image;
    struct hr_error error;
    if (hr_photo_read(&image, bytes, name, media_photo_options(), &error) == HR_OK)
        hr_image_clear(&image);

    media_decode_bytes(&result, bytes, true, &sampled);
    media_free(bytes);
    const char *said = result.status != HR_END ? result.error.text : result.warning;
    bool fine = strcmp(outcome, "any") == 0 || strcmp(outcome, outcome_of(&result)) == 0;
    fine = fine && (strcmp(words, "-") == 0 || strstr(said, words) != NULL);
    fine = fine && (result.status != HR_END ? is_clear(&result) : result.count > 0);
    printf("%s %-28s %-7s %zu frames  %s\n", fine ? "  " : "!!", name, outcome_of(&result), result.count, said);
    return fine;
}

static void broken_files_are_met_with_a_clear_word(void **state)
{
    (void)state;
    char script[MEDIA_PATH_MAX];
    snprintf(script, sizeof script, "%s/tests/video/damaged.py", getenv("HOMEROOM_SOURCE"));
    media_run("python3", script, media_path("damaged"), NULL);
    FILE *expected = fopen(media_path("damaged/expected.tsv"), "r");
    assert_non_null(expected);
    char line[512];
    size_t kinds = 0, wrong = 0;
    while (fgets(line, sizeof line, expected) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *rest = line;
        const char *name = strsep(&rest, "\t"), *outcome = strsep(&rest, "\t");
        assert_non_null(rest);
        kinds++;
        wrong += !check(name, outcome, rest);
    }
    fclose(expected);
    assert_int_equal(wrong, 0);
    assert_true(kinds >= KINDS_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(broken_files_are_met_with_a_clear_word)};
    return cmocka_run_group_tests(tests, media_set_up, media_tear_down);
}
