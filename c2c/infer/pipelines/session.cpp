#include "c2c/infer/pipelines/session.h"

#include <algorithm>
#include <chrono>

#include "c2c/base/error.h"
#include "c2c/infer/pipelines/fused_plan.h"
#include "c2c/infer/pipelines/single_plan.h"
#include "c2c/infer/pipelines/torch_errors.h"
#include "c2c/io/config/assign.h"

namespace c2c {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void check_mode(const std::string& mode) {
  const auto& names = mode_names();
  if (std::find(names.begin(), names.end(), mode) != names.end()) return;
  const std::string near = nearest_name(mode, names);
  fail_usage({.where = "mode",
              .found = mode,
              .expected = "receiver, sharer, t2t, c2c or control",
              .hint = near.empty() ? "" : "did you mean " + near + "?"});
}

bool is_fused_mode(const std::string& mode) {
  return mode == "c2c" || mode == "control";
}

nlohmann::ordered_json describe(const TextSide& text) {
  nlohmann::ordered_json json = {{"name", text.name}, {"path", text.path.string()}};
  if (!text.commit.empty()) json["commit"] = text.commit;
  if (!text.adapter.empty()) json["adapter"] = text.adapter.string();
  return json;
}

Answer answer_from(DecodedText decoded, const SectionPlan& plan) {
  Answer answer;
  answer.prompt_tokens = static_cast<std::int64_t>(plan.ids.size());
  answer.prompt_ids = plan.ids;
  answer.logprobs = std::move(decoded.logprobs);
  answer.prompt_scores = std::move(decoded.prompt_scores);
  answer.timings.queue = decoded.queue_seconds;
  answer.timings.sharer_prefill = decoded.prefill.sharer_prefill;
  answer.timings.receiver_prefill = decoded.prefill.receiver_prefill;
  answer.timings.fuse = decoded.prefill.fuse;
  answer.timings.decode = decoded.decode_seconds;
  answer.timings.first_token = decoded.first_token_seconds;
  if (decoded.decode_seconds > 0)
    answer.timings.tokens_per_second = static_cast<double>(decoded.decode_steps) / decoded.decode_seconds;
  answer.text = std::move(decoded.text);
  answer.ids = std::move(decoded.ids);
  answer.finish = std::move(decoded.finish);
  answer.cache_bytes = decoded.cache_bytes;
  answer.reused_tokens = decoded.reused_tokens;
  return answer;
}

}  // namespace

Session::~Session() = default;

Engine& Session::engine() {
  const std::lock_guard lock(loading_);
  if (!engine_) engine_ = std::make_shared<Engine>(config_.engine);
  return *engine_;
}

void Session::prepare(const std::string& mode) {
  const std::string wanted = mode.empty() ? config_.mode : mode;
  check_mode(wanted);
  if (wanted != "sharer") receiver();
  if (wanted == "sharer" || wanted == "t2t") sharer(0);
  if (is_fused_mode(wanted)) rosetta();
}

Session::Speaker Session::speaker(const std::string& mode, std::size_t sharer_index) {
  prepare(mode);
  const auto alone = [](const LoadedModel& model, SharedRosetta& slot) -> Speaker {
    if (!slot) slot = std::make_shared<const Rosetta>(model.lm, std::vector<SharerEntry>{}, RosettaOptions{});
    return {slot, model};
  };
  if (is_fused_mode(mode)) return {fused({}), receiver()};
  const std::lock_guard lock(loading_);
  if (mode == "sharer") return alone(sharer(sharer_index), sharer_entry(sharer_index).alone);
  return alone(receiver(), receiver_alone_);
}

Session::Asked Session::ask(const Request& request) const {
  Asked asked{request, config_, request.mode.empty() ? config_.mode : request.mode};
  check_mode(asked.mode);
  apply(request.overrides, asked.run);
  return asked;
}

DecodeSettings Session::settings(const Asked& asked) const {
  return {.sampling = asked.run.sampling,
          .max_new_tokens = asked.run.max_new_tokens,
          .stop = asked.run.stop,
          .reuse = asked.request.reuse,
          .tenant = asked.request.tenant,
          .ignore_eos = asked.run.ignore_eos,
          .logprobs = asked.request.logprobs,
          .prompt_alternatives = asked.request.prompt_alternatives,
          .on_submitted = asked.request.on_submitted,
          .on_token = asked.request.on_token,
          .cancellation = asked.request.cancellation.get()};
}

Answer Session::run(const Request& request, const OnText& on_text) {
  const Asked asked = ask(request);
  if (request.raw)
    check_text("prompt", *request.raw);
  else if (request.ids.empty())
    check_messages(request.messages);
  prepare(asked.mode);
  return with_torch_errors("generate", [&] {
    const auto start = std::chrono::steady_clock::now();
    Answer answer = dispatch(asked, on_text);
    answer.mode = asked.mode;
    answer.timings.total = seconds_since(start);
    std::int64_t largest = largest_cache_;
    while (largest < answer.cache_bytes && !largest_cache_.compare_exchange_weak(largest, answer.cache_bytes)) {
    }
    return answer;
  });
}

Answer Session::dispatch(const Asked& asked, const OnText& on_text) {
  if (asked.mode == "t2t") return answer_with_context(asked, on_text);
  if (is_fused_mode(asked.mode)) return answer_fused(asked, on_text);
  return answer_alone(speaker(asked.mode, asked.request.sharer), asked, on_text);
}

Answer Session::answer_alone(const Speaker& speaker, const Asked& asked, const OnText& on_text) {
  const auto start = std::chrono::steady_clock::now();
  const SectionPlan plan = alone_plan(speaker.model.text, asked);
  const double tokenizing = seconds_since(start);
  const auto on_piece = [&](std::string_view piece) { return !on_text || on_text(TextKind::kAnswer, piece); };
  Answer answer =
      answer_from(decode_text(engine(), speaker.rosetta, speaker.model, plan, settings(asked), on_piece), plan);
  answer.timings.first_token += tokenizing;
  return answer;
}

Answer Session::answer_fused(const Asked& asked, const OnText& on_text) {
  const auto start = std::chrono::steady_clock::now();
  bool fell_back = false;
  SectionPlan plan = fused_plan(asked, asked.request, fell_back);
  if (asked.mode == "control") plan = control_plan(plan, asked);
  for (std::size_t i = 0; i < sharers_.size(); ++i)
    room_for_answer(sharer(i).lm->config(), sharer(i).text.name, plan.sharers.at(i).ids.size(), 0);
  const double planning = seconds_since(start);
  const auto on_piece = [&](std::string_view piece) { return !on_text || on_text(TextKind::kAnswer, piece); };
  Answer answer =
      answer_from(decode_text(engine(), fused(asked.run.fusion), receiver(), plan, settings(asked), on_piece), plan);
  answer.unaligned = fell_back;
  answer.fused_tokens = count_fused(plan);
  answer.timings.first_token += planning;
  for (std::size_t i = 0; i < sharers_.size(); ++i) {
    const KvGeometry geometry = sharer(i).lm->kv_geometry();
    answer.cache_bytes += 2 * geometry.layers * geometry.kv_heads * geometry.head_dim *
                          static_cast<std::int64_t>(plan.sharers[i].ids.size()) *
                          static_cast<std::int64_t>(sharer(i).lm->options().dtype().itemsize());
  }
  return answer;
}

MemoryParts Session::memory() const {
  MemoryParts parts;
  if (receiver_) parts.weights.emplace_back("receiver " + receiver_->text.name, receiver_->lm->weight_bytes());
  for (const Sharer& sharer : sharers_) {
    if (sharer.model) parts.weights.emplace_back("sharer " + sharer.model->text.name, sharer.model->lm->weight_bytes());
    if (sharer.fuser) parts.weights.emplace_back("fuser " + sharer.fuser->source, sharer.fuser->bytes());
  }
  parts.cache_bytes = largest_cache_;
  parts.peak_bytes = process_memory("VmHWM");
  return parts;
}

nlohmann::ordered_json Session::provenance() const {
  nlohmann::ordered_json json;
  json["mode"] = config_.mode;
  json["dtype"] = config_.dtype;
  json["weights"] = weight_format_name(parse_weight_format(config_.weights, parse_dtype(config_.dtype)));
  json["kv"] = config_.kv == "auto" ? config_.dtype : config_.kv;
  if (receiver_) json["receiver"] = describe(receiver_->text);
  json["sharers"] = nlohmann::ordered_json::array();
  for (const Sharer& sharer : sharers_) {
    nlohmann::ordered_json entry = nlohmann::ordered_json::object();
    if (sharer.model) entry = describe(sharer.model->text);
    if (sharer.fuser) {
      entry["fuser"] = sharer.fuser->source;
      entry["align"] = sharer.alignment;
    }
    if (!entry.empty()) json["sharers"].push_back(std::move(entry));
  }
  if (!rosettas_.empty()) {
    const RosettaOptions& options = rosettas_.begin()->second->options();
    json["fusion"] = options.fusion == FusionMode::kParallel ? "parallel" : "sequential";
    json["include_response"] = options.include_response;
    json["mask"] = config_.mask;
  }
  return json;
}

}  // namespace c2c
