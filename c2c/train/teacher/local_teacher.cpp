#include "c2c/train/teacher/local_teacher.h"

#include <algorithm>

#include "c2c/infer/pipelines/decode_text.h"
#include "c2c/infer/pipelines/session.h"
#include "c2c/infer/pipelines/single_plan.h"
#include "c2c/infer/pipelines/torch_errors.h"
#include "c2c/io/config/print.h"

namespace c2c {
namespace {

class LocalTeacher final : public Teacher {
 public:
  LocalTeacher(RunConfig config, ProgressFn progress) : session_(std::move(config), std::move(progress)) {
    const RunConfig& run = session_.config();
    settings_ = {.sampling = run.sampling, .max_new_tokens = run.max_new_tokens, .stop = run.stop};
    with_torch_errors("teacher", [&] {
      speaker_ = std::make_unique<Session::Speaker>(session_.speaker("receiver"));
      session_.engine();
    });
  }

  Reply answer(const Messages& messages, std::uint64_t seed) override {
    const LoadedModel& model = speaker_->model;
    const SectionPlan plan = single_plan(model.text, messages, session_.config().thinking);
    DecodeSettings settings = settings_;
    settings.sampling.seed = seed;
    // The default asks for more than most contexts hold; the room there is, is no news for each row.
    const std::int64_t context = model.lm->config().max_positions;
    const std::int64_t room = context - static_cast<std::int64_t>(plan.ids.size());
    if (context > 0 && room > 0) settings.max_new_tokens = std::min(settings.max_new_tokens, room);
    DecodedText decoded = with_torch_errors(
        "teacher", [&] { return decode_text(session_.engine(), speaker_->rosetta, model, plan, settings, {}); });
    return {.text = std::move(decoded.text), .reasoning = {}, .finish = std::move(decoded.finish)};
  }

  nlohmann::ordered_json identity() const override {
    const RunConfig& run = session_.config();
    const TextSide& text = speaker_->model.text;
    nlohmann::ordered_json sampling = fields_to_json([&](const FieldVisitor& visit) {
      SamplingConfig copy = run.sampling;
      copy.seed.reset();
      copy.visit_fields(visit);
    });
    nlohmann::ordered_json json = {
        {"model", text.name}, {"tokenizer", run.receiver.tokenizer}, {"chat_template", run.receiver.chat_template}};
    if (!text.commit.empty()) json["commit"] = text.commit;
    json["dtype"] = run.dtype;
    json["weights"] = run.weights;
    json["kv"] = run.kv;
    json["thinking"] = run.thinking;
    json["max_new_tokens"] = run.max_new_tokens;
    json["stop"] = run.stop;
    json["sampling"] = std::move(sampling);
    return json;
  }

 private:
  mutable Session session_;  // config() is not const
  std::unique_ptr<Session::Speaker> speaker_;
  DecodeSettings settings_;
};

}  // namespace

std::unique_ptr<Teacher> make_local_teacher(RunConfig config, ProgressFn progress) {
  config.mode = "receiver";
  return std::make_unique<LocalTeacher>(std::move(config), std::move(progress));
}

}  // namespace c2c
