// GET /v1/models, /props: what there is to ask.
#include <algorithm>

#include "c2c/io/config/print.h"
#include "c2c/serve/routes.h"

namespace c2c {
namespace {

using api::Json;

Json defaults_of(const RunConfig& run) {
  SamplingConfig copy = run.sampling;
  Json sampling = fields_to_json(fields_of(copy));
  sampling.erase("repeat_penalty");
  sampling["repetition_penalty"] = copy.repetition_penalty;  // as requests call it
  sampling["max_tokens"] = run.max_new_tokens;
  return sampling;
}

Json properties_of(const ServedModel& model) {
  const RunConfig& run = std::as_const(*model.session).config();
  Json json = {{"id", model.id},
               {"modes", model.modes},
               {"default_mode", model.mode},
               {"n_ctx", context_length(model, model.mode, model.sharer)},
               {"receiver", model.receiver},
               {"sharers", model.sharers},
               {"default_generation_settings", defaults_of(run)},
               {"thinking", run.thinking}};
  const bool is_pair = std::find(model.modes.begin(), model.modes.end(), "c2c") != model.modes.end();
  if (is_pair) {
    const bool parallel = model.session->fused({})->options().fusion == FusionMode::kParallel;
    json["fusion"] = parallel ? "parallel" : "sequential";
    json["mask"] = run.mask;
    json["control_prompt"] = run.control_prompt;
  }
  if (!run.sharers.empty() && model.modes.size() > 1) json["context_tokens"] = run.t2t.context_tokens;
  json["chat_template"] = model.mode == "sharer" ? model.session->sharer_text(model.sharer).chat->source()
                                                 : model.session->receiver_text().chat->source();
  return json;
}

}  // namespace

void list_models(Call& call, const ServeContext& context) {
  Json data = Json::array();
  for (const ServedModel& model : context.models.list())
    data.push_back({{"id", model.id},
                    {"object", "model"},
                    {"created", context.started},
                    {"owned_by", "c2c"},
                    {"max_model_len", context_length(model, model.mode, model.sharer)},
                    {"c2c",
                     {{"modes", model.modes},
                      {"default_mode", model.mode},
                      {"receiver", model.receiver},
                      {"sharers", model.sharers}}}});
  call.reply({{"object", "list"}, {"data", std::move(data)}});
}

void show_properties(Call& call, const ServeContext& context) {
  Json models = Json::array();
  for (const ServedModel& model : context.models.list()) models.push_back(properties_of(model));
  call.reply({{"default_generation_settings", models[0]["default_generation_settings"]},
              {"total_slots", context.engine.options().max_running},
              {"max_tokens_limit", context.config.max_tokens_limit},
              {"version", context.version},
              {"models", std::move(models)}});
}

}  // namespace c2c
