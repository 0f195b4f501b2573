#include "c2c/train/trainer/train_data.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <span>

#include "c2c/base/error.h"
#include "c2c/io/formats/sha256.h"
#include "c2c/train/data/dataset.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

// The samples of one dataset section of the recipe. Rank 0 writes where there are none yet.
class Preparation {
 public:
  Preparation(const TrainRecipe& recipe, const Trainee& trainee, ProcessGroup& group, const ProgressFn& progress)
      : recipe_(recipe), trainee_(trainee), group_(group), progress_(progress) {}

  std::shared_ptr<const PreparedSamples> operator()(const RecipeDataset& entry, const std::string& where) const {
    const fs::path folder =
        recipe_.data.cache_dir.empty() ? fs::path(recipe_.output.dir) / "prepared" : fs::path(recipe_.data.cache_dir);
    const DatasetContext context{.tokenizer = trainee_.receiver_text().tokenizer,
                                 .chat = trainee_.receiver_text().chat,
                                 .log = [](const std::string& line) { log_info(line); },
                                 .progress = progress_,
                                 .where = where,
                                 .folder = recipe_.path.parent_path(),
                                 .cache = folder};
    const auto dataset = make_dataset(entry.type, entry.kwargs, context);
    const std::string key = dataset->fingerprint() + " | " + trainee_.encoding_key() + " | max_length " +
                            std::to_string(recipe_.training.max_length);
    const fs::path file = folder / (sha256_of(key).substr(0, 16) + ".samples");
    std::shared_ptr<const PreparedSamples> samples;
    std::string failure;
    if (group_.is_root()) {
      try {
        samples = PreparedSamples::open(file, key);
        if (!samples) samples = prepare(*dataset, file, key);
      } catch (const Error& error) {
        if (group_.world_size() == 1) throw;
        failure = error.what();
      }
    }
    // Everyone learns whether there is something to map.
    const auto said = group_.gather_strings(failure);
    if (!said.front().empty()) fail_input({.where = where, .found = "rank 0 could not prepare it: " + said.front()});
    if (!samples) samples = PreparedSamples::open(file, key);
    if (!samples)
      fail_input({.where = file.string(),
                  .found = "not what rank 0 prepared",
                  .expected = "the same files and recipe on every rank"});
    return samples;
  }

 private:
  std::shared_ptr<const PreparedSamples> prepare(const InstructionDataset& dataset, const fs::path& file,
                                                 const std::string& key) const {
    const MessagesAt at = [&](std::int64_t i, std::string* why) { return dataset.messages(i, why); };
    auto samples = prepare_samples(file, key, dataset.size(), at, trainee_.encoder(), progress_);
    log_info(dataset.type() + ": " + describe(samples->counts()));
    return samples;
  }

  const TrainRecipe& recipe_;
  const Trainee& trainee_;
  ProcessGroup& group_;
  const ProgressFn& progress_;
};

std::vector<std::int64_t> identity(std::int64_t count) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  return order;
}

}  // namespace

TrainData::TrainData(const TrainRecipe& recipe, const Trainee& trainee, ProcessGroup& group,
                     const ProgressFn& progress) {
  const Preparation prepare(recipe, trainee, group, progress);
  samples_ = prepare(recipe.data.train, "data.kwargs");
  shared_prefix_ = samples_->shared_prefix();
  if (recipe.data.eval.said) {
    held_out_samples_ = prepare(recipe.data.eval, "data.eval.kwargs");
    train_ = identity(samples_->size());
    held_out_index_ = identity(held_out_samples_->size());
  } else {
    held_out_samples_ = samples_;
    const at::Tensor order = at::randperm(samples_->size(), at::TensorOptions(at::kLong));
    const std::int64_t* data = order.const_data_ptr<std::int64_t>();
    const auto kept = std::min<std::int64_t>(
        samples_->size(), static_cast<std::int64_t>(recipe.data.train_ratio * static_cast<double>(samples_->size())));
    train_.assign(data, data + kept);
    held_out_index_.assign(data + kept, data + samples_->size());
  }
  if (recipe.data.max_eval_samples > 0 && std::ssize(held_out_index_) > recipe.data.max_eval_samples)
    held_out_index_.resize(static_cast<std::size_t>(recipe.data.max_eval_samples));
  if (train_.empty())
    fail_input({.where = recipe.path.string(),
                .key = "data.train_ratio",
                .found = "no sample to train on of " + std::to_string(samples_->size()),
                .expected = "more samples, or a larger ratio"});
  held_out_ = {
      .size = static_cast<std::int64_t>(held_out_index_.size()),
      .sample =
          [this](std::int64_t i) { return held_out_samples_->sample(held_out_index_[static_cast<std::size_t>(i)]); },
      .batch_size = recipe.training.eval_batch_size > 0 ? recipe.training.eval_batch_size : recipe.training.batch_size};
}

}  // namespace c2c
