#include "c2c/eval/bench/rivals.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <stdexcept>

#include "c2c/base/error.h"
#include "c2c/eval/bench/timings.h"

namespace c2c::bench {
namespace {

// Loading, converting and quantizing happen before the first answer.
constexpr double kStartSeconds = 600, kRoundSeconds = 600;

}  // namespace

Rivals::Rivals(const RivalConfig& config, RivalModels models, std::vector<LeftOut>& left_out)
    : config_(config), models_(std::move(models)), left_out_(left_out) {}

void Rivals::leave_out(const std::string& who, const std::string& why) {
  const auto same = [&](const LeftOut& left) { return left.what == who && left.why == why; };
  if (std::none_of(left_out_.begin(), left_out_.end(), same)) left_out_.push_back({who, why});
}

std::string Rivals::format_of(const std::string& who, const std::string& weights) const {
  if (who != "llama.cpp") return weights == "f32" ? "f32" : "bf16";
  if (weights == "q8") return "Q8_0";
  return weights == "q4" ? "Q4_0" : weights;
}

std::shared_ptr<Child> Rivals::start(const std::string& who, Running& running,
                                     const std::vector<std::string>& command) {
  try {
    if (running.command != command || !running.child) {
      running.child.reset();
      running.command = command;
      running.child = std::make_shared<Child>(command, config_.show_messages);
      described_[who] = running.child->read(kStartSeconds);
    }
  } catch (const Error& error) {
    leave_out(who, error.info().found.empty() ? error.what() : error.info().found);
    running.child.reset();
  }
  return running.child;
}

std::optional<Contender> Rivals::contender(const std::string& who, std::shared_ptr<Child> child,
                                           const TimingShape& shape) {
  if (!child) return {};
  const nlohmann::ordered_json question = {
      {"prompt", shape.prompt}, {"new", shape.new_tokens}, {"threads", shape.threads}};
  return Contender{who, [this, who, child = std::move(child), question] {
                     Parts parts;
                     try {
                       const nlohmann::ordered_json answer = child->ask(question, kRoundSeconds);
                       for (const auto& item : answer.items())
                         if (item.value().is_number()) parts[item.key()] = item.value().get<double>();
                     } catch (const Error& error) {
                       leave_out(who, error.what());
                     }
                     return parts;
                   }};
}

std::shared_ptr<Child> Rivals::start_llama(const std::string& weights, std::int64_t context) {
  if (config_.disabled) return {};
  if (config_.llama_python.empty()) return leave_out("llama.cpp", "no --llama-python or --python"), nullptr;
  if (!models_.receiver.ends_with(".gguf")) return leave_out("llama.cpp", "the receiver is no GGUF file"), nullptr;
  return start("llama.cpp", llama_,
               {config_.llama_python, (config_.scripts / "llamacpp.py").string(), models_.receiver,
                format_of("llama.cpp", weights), "--cache", config_.cache, "--context", std::to_string(context)});
}

std::optional<Contender> Rivals::llama(const std::string& weights, const TimingShape& shape) {
  return contender("llama.cpp", start_llama(weights, shape.prompt + shape.new_tokens + 16), shape);
}

std::optional<std::vector<TextScore>> Rivals::score(const std::string& weights, const std::vector<Sample>& samples) {
  nlohmann::ordered_json texts = nlohmann::ordered_json::array();
  std::size_t longest = 0;
  for (const Sample& sample : samples) {
    std::vector<std::size_t> at;
    for (std::size_t t = 1; t < sample.labels.size(); ++t)
      if (sample.labels[t] != kIgnoredLabel) at.push_back(t);
    longest = std::max(longest, sample.plan.ids.size());
    texts.push_back({{"ids", sample.plan.ids}, {"at", at}});
  }
  const std::shared_ptr<Child> child = start_llama(weights, static_cast<std::int64_t>(longest));
  if (!child) return {};
  try {
    const auto answer = child->ask({{"texts", std::move(texts)}, {"threads", at::get_num_threads()}}, kRoundSeconds);
    const auto nats = answer.at("nats").get<std::vector<double>>();
    if (nats.size() != samples.size()) throw std::length_error("as many scores as texts");
    std::vector<TextScore> scores;
    for (std::size_t i = 0; i < nats.size(); ++i) scores.push_back({nats[i], samples[i].label_count()});
    return scores;
  } catch (const Error& error) {
    leave_out("llama.cpp", error.what());
  } catch (const std::exception& error) {  // an answer of another shape
    leave_out("llama.cpp", std::string("its scores: ") + error.what());
  }
  return {};
}

std::optional<Contender> Rivals::reference(const std::string& weights, const TimingShape& shape) {
  if (config_.disabled) return {};
  if (config_.python.empty() || config_.reference.empty())
    return leave_out("reference", config_.python.empty() ? "no --python" : "no --ref"), std::nullopt;
  if (models_.sharer.empty() || models_.hidden == 0)
    return leave_out("reference", "it has no such fuser: it needs a sharer and --hidden"), std::nullopt;
  auto child = start("reference", reference_,
                     {config_.python, (config_.scripts / "reference.py").string(), models_.receiver, models_.sharer,
                      "--ref", config_.reference, "--cache", config_.cache, "--dtype", format_of("reference", weights),
                      "--hidden", std::to_string(models_.hidden)});
  return contender("reference", std::move(child), shape);
}

void Rivals::rest() {
  llama_ = {};
  reference_ = {};
}

}  // namespace c2c::bench
