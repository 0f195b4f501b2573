#include "c2c/eval/bench/quality.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/infer/pipelines/fused_plan.h"
#include "c2c/rosetta/oracle.h"
#include "c2c/train/data/encode.h"
#include "c2c/train/trainer/batch_loss.h"

namespace c2c::bench {
namespace {

// As the run's own fuser hears them, so that all rows are about the same tokens.
std::vector<Sample> encode(BenchPair& pair, const std::vector<Messages>& texts) {
  Session& session = pair.session();
  std::vector<AlignSharer> sharers;
  if (pair.can_answer())
    sharers.push_back({align_model(session.sharer_text(0)), parse_align_strategy(session.alignment(0))});
  const SampleEncoder encoder(align_model(session.receiver_text()), std::move(sharers), {});
  std::vector<Sample> samples;
  for (const Messages& text : texts) {
    EncodedSample encoded = encoder.encode(text);
    const auto& padding = encoded.sample.plan.padding;
    if (encoded.skipped == Skipped::kNone && std::find(padding.begin(), padding.end(), true) == padding.end())
      samples.push_back(std::move(encoded.sample));
  }
  if (samples.empty())
    fail_input({.where = "quality",
                .found = std::to_string(texts.size()) + " texts, none that can be predicted",
                .expected = "conversations that end with an answer (--texts)"});
  return samples;
}

std::vector<TextScore> score(const Rosetta& rosetta, const std::vector<Sample>& samples, Hears hears) {
  const c10::InferenceMode inference;
  std::vector<TextScore> scores;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    Sample sample = samples[i];
    if (hears == Hears::kAnother)
      sample.plan = with_foreign_sharer(sample.plan, samples[(i + samples.size() - 1) % samples.size()].plan);
    const BatchLoss loss =
        batch_loss(rosetta, {sample}, {.hears = hears == Hears::kNobody ? Hears::kNobody : Hears::kSharer});
    scores.push_back({loss.sum.item<double>(), loss.tokens});
  }
  return scores;
}

}  // namespace

std::vector<QualityRow> measure_quality(BenchPair& pair, const std::vector<Messages>& texts, Rivals& rivals) {
  const std::vector<Sample> samples = encode(pair, texts);
  std::vector<QualityRow> rows;
  const auto add = [&](const Rosetta& rosetta, Hears hears) {
    rows.push_back({"c2c", std::string(to_string(hears)), pair.weights(), score(rosetta, samples, hears)});
  };
  add(*pair.alone(), Hears::kNobody);
  if (pair.can_answer()) {
    add(pair.session().rosetta(), Hears::kSharer);
    add(pair.session().rosetta(), Hears::kAnother);
  }
  if (auto scores = rivals.score(pair.weights(), samples))
    rows.push_back({"llama.cpp", "receiver", pair.weights(), std::move(*scores)});
  return rows;
}

}  // namespace c2c::bench
