/* homeroom models */
#include <inttypes.h>

#include "classroom/models.h"
#include "cli/answer.h"

static bool answer_object(FILE *out, const struct hr_model_card *card)
{
    struct hr_json *object = hr_json_object_new();
    hr_json_set(object, "id", hr_json_text_new(card->id));
    hr_json_set(object, "name", hr_json_text_new(card->name));
    hr_json_set(object, "licence", hr_json_text_new(card->licence));
    hr_json_set(object, "source", hr_json_text_new(card->source));
    hr_json_set(object, "source_sha256", hr_json_text_new(card->source_sha256));
    hr_json_set(object, "input", hr_json_text_new(card->input));
    hr_json_set(object, "file_bytes", hr_json_integer_new((int64_t)card->file_bytes));
    if (card->face != NULL) {
        hr_json_set(object, "rank", hr_json_integer_new(card->face->rank));
        hr_json_set(object, "vector_size", hr_json_integer_new(card->face->vector_size));
    }
    return hr_answer_json(out, object);
}

static bool answer_card(FILE *out, const struct hr_model_card *card)
{
    const struct {
        const char *before, *text;
    } lines[] = {{"", card->id},
                 {"    name     ", card->name},
                 {"    licence  ", card->licence},
                 {"    source   ", card->source},
                 {"    sha256   ", card->source_sha256},
                 {"    input    ", card->input}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        fputs(lines[i].before, out);
        hr_answer_text(out, lines[i].text);
        fputc('\n', out);
    }
    fprintf(out, "    file     %" PRIu64 " bytes\n", card->file_bytes);
    if (card->face != NULL)
        fprintf(out, "    faces    %u numbers from %u x %u pixels, rank %u\n", card->face->vector_size,
                card->face->chip_side_px, card->face->chip_side_px, card->face->rank);
    return true;
}

static bool answer(struct hr_cli *cli, const struct hr_network *network)
{
    const struct hr_model_card *card = hr_network_card(network);
    return cli->settings.terminal.json ? answer_object(cli->out, card) : answer_card(cli->out, card);
}

int hr_cmd_models(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_models models = {0};
    struct hr_vector_layout layout;
    const struct hr_network *networks[HR_VECTOR_PARTS_MAX];
    enum hr_status status = hr_models_open(&models, cli->model_dir, &error);
    if (status == HR_OK)
        status = hr_models_layout(&models, &layout, &error);
    if (status == HR_OK)
        status = hr_models_need(&models, &layout, networks, &error);
    if (status != HR_OK) {
        hr_error_prefix(&error, "the models in '%s' cannot be used (--models says where they are)", cli->model_dir);
        goto out;
    }
    bool made = answer(cli, models.detector);
    for (size_t i = 0; i < layout.count; i++) /* best first */
        made = answer(cli, networks[i]) && made;
    if (!made)
        status = hr_error_set(&error, HR_ERR_MEMORY, "no memory for a model card");
out:
    hr_models_close(&models);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
