#include "c2c/train/trainer/trainer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "c2c/base/error.h"
#include "c2c/base/log.h"
#include "c2c/tensor/dist/reduce_flat.h"
#include "c2c/train/data/order.h"
#include "c2c/train/trainer/distillation.h"

namespace c2c {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kGiveUpAfter = 3;  // updates in a row that are not finite

ScheduleOptions schedule_of(const TrainRecipe& recipe, std::int64_t total) {
  return {.type = recipe.training.scheduler_type,
          .warmup = static_cast<std::int64_t>(recipe.training.warmup_ratio * static_cast<double>(total)),
          .total = total,
          .base_lr = recipe.training.learning_rate};
}

// torch.empty((), dtype=torch.int64).random_()
std::int64_t draw_seed() {
  return at::empty({}, at::kLong).random_().item<std::int64_t>();
}

}  // namespace

// One update in the making.
struct Trainer::Window {
  std::int64_t begin = 0, end = 0;  // micro-batches of the epoch
  std::vector<std::vector<std::int64_t>> places;
  std::vector<std::vector<Sample>> batches;
  double batches_everywhere = 0, labels_everywhere = 0;
  double loss = 0;  // weighted, of this rank
  StepReport report;
};

Trainer::Trainer(const TrainRecipe& recipe, Trainee& trainee, const TrainData& data, ProcessGroup& group,
                 TrainHooks hooks)
    : recipe_(recipe),
      trainee_(trainee),
      data_(data),
      group_(group),
      hooks_(std::move(hooks)),
      folder_(recipe.output.dir),
      optimizer_(trainee.parameters(), {.weight_decay = recipe.training.weight_decay}),
      length_(run_length(recipe, data.size(), group.world_size())),
      schedule_(schedule_of(recipe, length_.updates)),
      sample_draws_(static_cast<std::uint64_t>(recipe.training.seed)),
      draws_(sample_draws_.draws()) {
  read_prefix();
}

// A receiver that changes reads everything anew; sharers never change.
void Trainer::read_prefix() {
  held_out_ = data_.held_out();
  const std::vector<std::int64_t>& shared = data_.shared_prefix();
  if (shared.empty() || trainee_.is_baseline()) return;
  prefix_ = trainee_.rosetta().read_prefix(data_.sample(0).plan, trainee_.receiver_is_trained() ? 0 : shared[0],
                                           {shared.begin() + 1, shared.end()});
  held_out_.prefix = &prefix_;
}

RunIdentity Trainer::identity() const {
  return {recipe_.text, data_.size(), data_.held_out().size, group_.world_size()};
}

// A number of every rank, added up.
double Trainer::agreed_sum(double value) {
  if (group_.world_size() == 1) return value;
  const at::Tensor sum = at::full({1}, value, at::kDouble).to(group_.device());
  group_.all_reduce_sum(sum);
  return sum.item<double>();
}

// The order of an epoch, drawn as the reference's loader draws it, the same on every rank.
void Trainer::seed_epoch() {
  draw_seed();  // the loader's base seed
  const at::Tensor seed = at::full({1}, recipe_.data.shuffle ? draw_seed() : 0, at::kLong).to(group_.device());
  group_.broadcast(seed, 0);
  state_.epoch_seed = seed.item<std::int64_t>();
}

TrainResult Trainer::run(const std::filesystem::path& resume_from) {
  bool mid_epoch = false;
  if (!resume_from.empty()) {
    trainee_.load(resume_from);
    state_ = load_train_state(resume_from, identity(), optimizer_, group_.rank());
    schedule_.plateau() = state_.plateau;
    trainee_.set_temperature_step(state_.step);
    mid_epoch = true;
    saved_step_ = state_.step;
  }
  if (hooks_.on_start) hooks_.on_start(state_.step);
  bool go_on = true;
  while (go_on && state_.step < length_.updates) {
    if (!mid_epoch) seed_epoch();
    mid_epoch = false;
    order_.clear();
    if (recipe_.data.shuffle) order_ = torch_permutation(data_.size(), static_cast<std::uint64_t>(state_.epoch_seed));
    go_on = epoch();
    if (!go_on) break;
    ++state_.epoch;
    state_.micro = 0;
  }
  TrainResult result{.finished = go_on, .steps = state_.step};
  if (!go_on) {
    save_checkpoint();
  } else {
    result.held_out = table();
    if (group_.is_root()) {
      folder_.replace(folder_.root() / "final", [&](const auto& folder) { trainee_.save(folder); });
      if (hooks_.on_saved) hooks_.on_saved((folder_.root() / "final").string());
    }
    group_.barrier();
  }
  result.best_step = state_.best_step;
  result.best_loss = state_.best_loss;
  return result;
}

// False: the hook asked to stop.
bool Trainer::epoch() {
  trainee_.train(true);
  while (state_.micro < length_.micro_batches && state_.step < length_.updates) {
    const std::int64_t end = std::min(length_.micro_batches, state_.micro + recipe_.training.accumulation);
    StepReport report = update(state_.micro, end);
    state_.micro = end;
    after_update(report);
    // Every rank must stop at the same update.
    if (agreed_sum(hooks_.stop && hooks_.stop() ? 1 : 0) > 0) return false;
  }
  return true;
}

// Places in the epoch's order of this rank's micro-batch.
std::vector<std::int64_t> Trainer::batch_places(std::int64_t micro) const {
  std::vector<std::int64_t> places;
  const std::int64_t ranks = group_.world_size(), size = recipe_.training.batch_size;
  for (std::int64_t i = 0; i < size; ++i) {
    const std::int64_t place = group_.rank() + ranks * (micro * size + i);
    if (place < data_.size()) places.push_back(place);
  }
  return places;
}

StepReport Trainer::update(std::int64_t begin, std::int64_t end) {
  const auto started = Clock::now();
  Window window{.begin = begin, .end = end};
  StepReport& report = window.report;
  for (std::int64_t micro = begin; micro < end; ++micro) {
    window.places.push_back(batch_places(micro));
    std::vector<Sample>& batch = window.batches.emplace_back();
    for (const std::int64_t place : window.places.back()) {
      batch.push_back(data_.sample(order_.empty() ? place : order_[static_cast<std::size_t>(place)]));
      report.tokens += static_cast<std::int64_t>(batch.back().plan.ids.size());
      report.labels += batch.back().label_count();
    }
    report.samples += std::ssize(batch);
    window.batches_everywhere += batch.empty() ? 0 : 1;
  }
  window.batches_everywhere = agreed_sum(window.batches_everywhere);
  window.labels_everywhere = agreed_sum(static_cast<double>(report.labels));
  for (std::int64_t micro = begin; micro < end; ++micro) accumulate(window, micro);
  report.was_skipped = !apply(window, report);
  report.samples = static_cast<std::int64_t>(agreed_sum(static_cast<double>(report.samples)));
  report.tokens = static_cast<std::int64_t>(agreed_sum(static_cast<double>(report.tokens)));
  report.labels = static_cast<std::int64_t>(window.labels_everywhere);
  report.seconds = std::chrono::duration<double>(Clock::now() - started).count();
  return report;
}

// Adds the gradients of one micro-batch, weighted so that the window's sum is what the update wants.
void Trainer::accumulate(Window& window, std::int64_t micro) {
  const auto k = static_cast<std::size_t>(micro - window.begin);
  const std::vector<Sample>& batch = window.batches[k];
  if (batch.empty()) return;
  std::vector<std::uint64_t> samples;
  for (const std::int64_t place : window.places[k])
    samples.push_back(static_cast<std::uint64_t>(state_.epoch * data_.size() + place));
  sample_draws_.begin(std::move(samples));
  const BatchLoss loss = recipe_.training.loss == "sft"
                             ? batch_loss(trainee_.rosetta(), batch,
                                          {.training = true,
                                           .draws = &draws_,
                                           .prefix = held_out_.prefix,
                                           .head_is_trained = trainee_.head_is_trained()})
                             : distillation_loss(trainee_.rosetta(), batch, recipe_.training.loss, &draws_);
  const bool by_token = recipe_.training.loss_reduction == "token";
  const double weight =
      by_token ? 1.0 / window.labels_everywhere : 1.0 / (static_cast<double>(loss.tokens) * window.batches_everywhere);
  const at::Tensor weighted = loss.sum * weight;
  window.loss += weighted.item<double>();
  torch::autograd::backward({weighted}, {});
}

// False: not finite; nothing was changed.
bool Trainer::apply(Window& window, StepReport& report) {
  if (group_.world_size() > 1) {
    std::vector<at::Tensor> gradients;
    for (const NamedParameter& parameter : optimizer_.parameters()) {
      at::Tensor tensor = parameter.tensor;
      if (!tensor.grad().defined()) tensor.mutable_grad() = at::zeros_like(tensor);
      gradients.push_back(tensor.grad());
    }
    reduce_flat(group_, gradients);
  }
  report.loss = agreed_sum(window.loss);
  report.grad_norm = optimizer_.clip_gradients(recipe_.training.max_grad_norm);
  const bool finite = std::isfinite(report.loss) && std::isfinite(report.grad_norm);
  if (finite) {
    optimizer_.step(schedule_.lr(state_.step));
    state_.skipped_in_a_row = 0;
  } else {
    ++state_.skipped;
    ++state_.skipped_in_a_row;
    log_warning("update " + std::to_string(state_.step + 1) + " skipped: loss " + std::to_string(report.loss) +
                ", gradient norm " + std::to_string(report.grad_norm));
  }
  optimizer_.zero_grad();
  return finite;
}

void Trainer::after_update(StepReport& report) {
  ++state_.step;
  state_.loss = report.loss;
  trainee_.set_temperature_step(state_.step);
  if (data_.held_out().size == 0) schedule_.observe(report.loss);
  report.step = state_.step;
  report.total = length_.updates;
  report.lr = schedule_.lr(state_.step);
  report.epoch = static_cast<double>(state_.epoch) +
                 static_cast<double>(state_.micro) / static_cast<double>(length_.micro_batches);
  report.open_gates = trainee_.open_gates();
  report.gates = trainee_.gate_count();
  report.skipped = state_.skipped;
  if (group_.is_root() && hooks_.on_step) hooks_.on_step(report);
  if (state_.skipped_in_a_row >= kGiveUpAfter)
    fail_input({.where = "update " + std::to_string(state_.step),
                .found = std::to_string(kGiveUpAfter) + " updates in a row that are not finite",
                .expected = "finite losses and gradients",
                .hint =
                    "a smaller learning_rate, fuser_dtype f32, or a look at the data of these updates; nothing saved "
                    "is lost: --resume-from-checkpoint latest"});
  const RecipeOutput& output = recipe_.output;
  if (output.eval_steps > 0 && state_.step % output.eval_steps == 0) evaluate_now();
  if (output.save_steps > 0 && state_.step % output.save_steps == 0) save_checkpoint();
}

// Keeps the weights of the lowest held-out loss: later is not better.
void Trainer::evaluate_now() {
  if (data_.held_out().size == 0) return;
  draw_seed();  // as the reference's loader does
  trainee_.train(false);
  const HeldOutLoss loss = evaluate(trainee_.rosetta(), held_out_, Hears::kSharer, group_, hooks_.progress);
  trainee_.train(true);
  schedule_.observe(loss.batch_mean);
  if (group_.is_root() && hooks_.on_evaluation) hooks_.on_evaluation(state_.step, {{"fused", loss}});
  if (!std::isfinite(loss.batch_mean) || (state_.best_step >= 0 && loss.batch_mean >= state_.best_loss)) return;
  state_.best_step = state_.step;
  state_.best_loss = loss.batch_mean;
  if (group_.is_root()) folder_.replace(folder_.root() / "best", [&](const auto& folder) { trainee_.save(folder); });
}

void Trainer::save_checkpoint() {
  if (saved_step_ == state_.step) return;
  saved_step_ = state_.step;
  state_.plateau = schedule_.plateau();
  const auto generators = gather_generators(group_);
  std::string failure;
  if (group_.is_root()) {
    try {
      const auto target = folder_.checkpoint(state_.step);
      folder_.replace(target, [&](const auto& folder) {
        trainee_.save(folder);
        save_train_state(folder, state_, identity(), optimizer_, generators);
      });
      folder_.keep_last(recipe_.output.save_total_limit);
      if (hooks_.on_saved) hooks_.on_saved(target.string());
    } catch (const std::exception& error) {
      if (group_.world_size() == 1) throw;
      failure = error.what();
    }
  }
  const auto said = group_.gather_strings(failure);
  if (!said.front().empty()) fail_input({.where = "rank 0", .found = said.front()});
}

HeldOutTable Trainer::table() {
  HeldOutTable table;
  if (data_.held_out().size == 0) return table;
  trainee_.train(false);
  for (const Hears hears : {Hears::kNobody, Hears::kSharer, Hears::kAnother}) {
    if (trainee_.is_baseline() && hears == Hears::kAnother) continue;
    table[std::string(to_string(hears))] = evaluate(trainee_.rosetta(), held_out_, hears, group_, hooks_.progress);
  }
  trainee_.train(true);
  return table;
}

}  // namespace c2c
