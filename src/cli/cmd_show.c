/* homeroom show LESSON [FILE.html] */
#include <stdio.h>
#include <sys/stat.h>

#include "classroom/lesson_words.h"
#include "classroom/show.h"
#include "classroom/zone.h"
#include "cli/answer.h"
#include "cli/audit.h"
#include "cli/class.h"

/* 500 pictures of 4 kB in base64 are below 3 MB. */
enum { PICTURES_MAX = 500, PAGE_BYTES_MAX = 32 << 20 };

static void clock_of(const char *zone, int64_t wall_us, char out[HR_ZONE_CLOCK_SIZE])
{
    hr_zone_from_utc(zone, wall_us, NULL, out);
}

static enum hr_status write(struct hr_cli *cli, const struct hr_buffer *page, struct hr_error *error)
{
    if (cli->word_count > 1) {
        mode_t before = umask(S_IRWXG | S_IRWXO); /* faces of children: its owner's alone, wherever it is */
        enum hr_status status = hr_file_write(cli->words[1], hr_buffer_view(page), error);
        umask(before);
        return status;
    }
    return hr_answer_data(cli->out, hr_buffer_text(page))
               ? HR_OK
               : hr_error_set(error, HR_ERR_IO, "standard output does not take the page");
}

int hr_cmd_show(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    struct hr_engine *engine = NULL;
    struct hr_lesson_found lesson;
    struct hr_buffer page;
    struct hr_show_options options = {.clock = clock_of, .pictures_max = PICTURES_MAX};
    hr_buffer_init(&page, PAGE_BYTES_MAX);
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_READ, &database, &error);
    if (status == HR_OK)
        status = hr_lesson_find(database, cli->words[0], &lesson, &error);
    if (status == HR_OK && lesson.keep_days > 0)
        options.known = hr_cli_known_models(cli, &engine);
    if (status == HR_OK)
        status = hr_lesson_show(database, lesson.key, &options, &page, &error);
    if (status == HR_OK)
        status = write(cli, &page, &error);
    hr_buffer_clear(&page);
    hr_engine_close(engine);
    hr_database_close(database);
    if (status == HR_OK) /* of one lesson, which has no student's name */
        hr_cli_note(cli, "show_lesson", NULL, 1, HR_LOG_INFO);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
