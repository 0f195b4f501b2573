#include "c2c/eval/analysis/consistency_samples.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/infer/pipelines/fused_plan.h"
#include "c2c/text/side/text_side.h"
#include "c2c/train/data/dataset.h"
#include "c2c/train/data/encode.h"

namespace c2c {
namespace {

std::string described(const TextSide& side) {
  return side.name + " (" + std::to_string(side.tokenizer->vocab_size()) + " tokens)";
}

[[noreturn]] void refuse(const TextSide& receiver, const TextSide& sharer, const std::string& where) {
  fail_usage({.where = "analyze consistency",
              .key = where,
              .found = "two vocabularies: " + described(receiver) + " and " + described(sharer),
              .expected = "models that share one, so that both read the same ids and predictions can be compared",
              .hint = "for models of different vocabularies compare replies: c2c eval with cross_entropy"});
}

}  // namespace

ConsistencyModels::ConsistencyModels(const ConsistencyConfig& config) : session_(config.run()) {}

void ConsistencyModels::require_shared_vocabulary() {
  const TextSide &receiver = session_.receiver_text(), &sharer = session_.sharer_text(0);
  if (!same_vocabulary(*receiver.tokenizer, *sharer.tokenizer)) refuse(receiver, sharer, "");
}

std::vector<Sample> ConsistencyModels::samples(const ConsistencyConfig& config) {
  const TextSide &receiver = session_.receiver_text(), &sharer = session_.sharer_text(0);
  const auto dataset = make_dataset(
      config.dataset_type, config.dataset_kwargs,
      {.tokenizer = receiver.tokenizer, .chat = receiver.chat, .where = "dataset.kwargs", .folder = config.folder});
  const SampleEncoder encoder(align_model(receiver), {{align_model(sharer), AlignStrategy::kOff}},
                              {.max_length = config.max_length});
  const std::int64_t rows = std::min(dataset->size(), config.max_samples.value_or(dataset->size()));
  std::vector<Sample> samples;
  for (std::int64_t i = 0; i < rows; ++i) {
    const auto messages = dataset->messages(i);
    EncodedSample encoded;
    if (messages) encoded = encoder.encode(*messages);
    if (!messages || encoded.skipped != Skipped::kNone) {
      ++skipped_;
      continue;
    }
    for (const TokenId id : encoded.sample.plan.ids)
      if (id >= sharer.tokenizer->vocab_size() ||
          receiver.tokenizer->id_to_token(id) != sharer.tokenizer->id_to_token(id))
        refuse(receiver, sharer, "id " + std::to_string(id) + " of sample " + std::to_string(i));
    samples.push_back(std::move(encoded.sample));
  }
  if (samples.empty())
    fail_input({.where = "dataset " + config.dataset_type,
                .found = "no sample in " + std::to_string(rows) + " rows",
                .expected = "conversations that end with a reply within max_length"});
  return samples;
}

Rosetta ConsistencyModels::alone(bool sharer) {
  return {sharer ? session_.sharer(0).lm : session_.receiver().lm, std::vector<SharerEntry>{}, RosettaOptions{}};
}

Rosetta ConsistencyModels::pair(const std::shared_ptr<const Fuser>& fuser) {
  const RunConfig& run = session_.config();
  const std::string fusion = run.fusion.empty() ? fuser->recipe.fusion_mode.value_or("") : run.fusion;
  RosettaOptions options;
  options.fusion = fusion == "parallel" ? FusionMode::kParallel : FusionMode::kSequential;
  options.include_response = run.include_response.value_or(fuser->recipe.include_response.value_or(false));
  const std::vector<SharerEntry> sharers = {{.model = session_.sharer(0).lm, .fuser = fuser}};
  return {session_.receiver().lm, sharers, options};
}

std::shared_ptr<const Fuser> ConsistencyModels::load(const std::filesystem::path& checkpoint) {
  const at::ScalarType dtype = parse_dtype(session_.config().dtype);
  auto fuser = load_fuser(checkpoint, {.dtype = dtype});
  fuser->pack(parse_weight_format(session_.config().weights, dtype));
  return fuser;
}

}  // namespace c2c
