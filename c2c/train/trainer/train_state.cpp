#include "c2c/train/trainer/train_state.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "c2c/base/error.h"
#include "c2c/base/log.h"
#include "c2c/io/formats/json.h"
#include "c2c/io/formats/safetensors.h"
#include "c2c/io/formats/sha256.h"
#include "c2c/tensor/weights/weight_source.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kTensors = "optimizer.safetensors";
constexpr const char* kState = "trainer_state.json";

std::string generator_name(int rank) {
  return "generator." + std::to_string(rank);
}

void set_generator(const at::Tensor& state) {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  generator.set_state(state);
}

void check_identity(const fs::path& file, const Json& json, const RunIdentity& identity) {
  if (json.at("samples") != identity.samples || json.at("held_out") != identity.held_out)
    fail_usage({.where = file.string(),
                .found = json.at("samples").dump() + " samples and " + json.at("held_out").dump() + " held out",
                .expected = std::to_string(identity.samples) + " and " + std::to_string(identity.held_out) +
                            ", which the recipe's data gives now",
                .hint = "resume with the data and recipe the run was started with"});
  if (json.at("recipe") != sha256_of(identity.recipe))
    log_warning(file.string() + ": the recipe has changed since; the run goes on with the new one");
  if (json.at("world_size") != identity.world_size)
    log_warning(file.string() + ": written by " + json.at("world_size").dump() + " processes, resumed by " +
                std::to_string(identity.world_size) + ": dropout draws differ from now on");
}

}  // namespace

std::vector<std::string> gather_generators(ProcessGroup& group) {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  at::Tensor state;
  {
    const std::lock_guard lock(generator.mutex());
    state = generator.get_state();
  }
  state = state.contiguous();
  return group.gather_strings(
      std::string(static_cast<const char*>(state.const_data_ptr()), static_cast<std::size_t>(state.nbytes())));
}

void save_train_state(const fs::path& folder, const TrainState& state, const RunIdentity& identity,
                      const AdamW& optimizer, const std::vector<std::string>& generators) {
  NamedTensors named;
  for (const NamedParameter& entry : optimizer.state()) named.add(entry.name, entry.tensor);
  for (std::size_t rank = 0; rank < generators.size(); ++rank) {
    const at::Tensor bytes = at::empty({static_cast<std::int64_t>(generators[rank].size())}, at::kByte);
    std::memcpy(bytes.mutable_data_ptr(), generators[rank].data(), generators[rank].size());
    named.add(generator_name(static_cast<int>(rank)), bytes);
  }
  write_safetensors(folder / kTensors, named.infos);
  const Json json = {
      {"step", state.step},
      {"epoch", state.epoch},
      {"micro_batches_done", state.micro},
      {"epoch_seed", state.epoch_seed},
      {"skipped_updates", state.skipped},
      {"skipped_in_a_row", state.skipped_in_a_row},
      {"best_step", state.best_step},
      {"best_loss", state.best_loss},
      {"loss", state.loss},
      {"plateau", {{"best", state.plateau.best}, {"bad", state.plateau.bad}, {"factor", state.plateau.factor}}},
      {"recipe", sha256_of(identity.recipe)},
      {"samples", identity.samples},
      {"held_out", identity.held_out},
      {"world_size", identity.world_size}};
  write_file_atomically(folder / kState, json.dump(1) + "\n");
}

TrainState load_train_state(const fs::path& folder, const RunIdentity& identity, AdamW& optimizer, int rank) {
  const fs::path file = folder / kState;
  TrainState state;
  const Json json = parse_json<Json>(read_text_file(file, std::size_t{1} << 20), file.string());
  try {
    check_identity(file, json, identity);
    state.step = json.at("step");
    state.epoch = json.at("epoch");
    state.micro = json.at("micro_batches_done");
    state.epoch_seed = json.at("epoch_seed");
    state.skipped = json.at("skipped_updates");
    state.skipped_in_a_row = json.at("skipped_in_a_row");
    state.best_step = json.at("best_step");
    state.best_loss = json.at("best_loss");
    state.loss = json.at("loss").is_null() ? 0.0 : json.at("loss").get<double>();
    const Json& plateau = json.at("plateau");
    state.plateau = {plateau.at("best"), plateau.at("bad"), plateau.at("factor")};
  } catch (const nlohmann::json::exception& error) {
    fail_input({.where = file.string(), .found = error.what(), .expected = "the state of a training run"});
  }
  const auto source = open_weights(folder / kTensors);
  std::vector<NamedParameter> moments;
  at::Tensor generator;
  for (const TensorInfo& info : source->tensors()) {
    const at::Tensor tensor = source->load(info, scalar_type_of(info.dtype));
    if (info.name == generator_name(rank)) generator = tensor;
    if (!info.name.starts_with("generator.")) moments.push_back({info.name, tensor});
  }
  optimizer.load_state(moments, (folder / kTensors).string());
  if (generator.defined()) set_generator(generator);
  return state;
}

}  // namespace c2c
