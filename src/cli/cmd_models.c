/* homeroom models */
#include <inttypes.h>

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
    return hr_answer_json(out, object);
}

static bool answer_card(FILE *out, const struct hr_model_card *card)
{
    fprintf(out, "%s\n", card->id);
    fprintf(out, "    name     %s\n", card->name);
    fprintf(out, "    licence  %s\n", card->licence);
    fprintf(out, "    source   %s\n", card->source);
    fprintf(out, "    sha256   %s\n", card->source_sha256);
    fprintf(out, "    input    %s\n", card->input);
    fprintf(out, "    file     %" PRIu64 " bytes\n", card->file_bytes);
    return true;
}

int hr_cmd_models(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_models models = {0};
    enum hr_status status = hr_models_open(&models, cli->model_dir, &error);
    if (status != HR_OK) {
        hr_error_prefix(&error, "the models in '%s' cannot be used (--models says where they are)",
                        cli->model_dir);
        goto out;
    }
    const struct hr_network *const networks[] = {models.detector, models.embedder};
    for (size_t i = 0; status == HR_OK && i < sizeof networks / sizeof networks[0]; i++) {
        const struct hr_model_card *card = hr_network_card(networks[i]);
        bool made =
            cli->settings.json ? answer_object(cli->out, card) : answer_card(cli->out, card);
        if (!made)
            status = hr_error_set(&error, HR_ERR_MEMORY, "no memory for a model card");
    }
out:
    hr_models_close(&models);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
