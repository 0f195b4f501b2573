#include "c2c/model/families/lora_adapter.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>
#include <set>

#include "c2c/base/error.h"
#include "c2c/io/formats/safetensors.h"
#include "c2c/io/formats/source.h"
#include "c2c/tensor/nn/linear.h"
#include "c2c/tensor/weights/weight_source.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTensors = "adapter_model.safetensors";
constexpr const char* kPickled = "adapter_model.bin";
constexpr const char* kConfig = "adapter_config.json";
constexpr const char* kPrefix = "base_model.model.";
constexpr const char* kAllLinear = "all-linear";
constexpr const char* kHead = "lm_head";

void require_no_adapter(CausalLm& model) {
  model.visit_linears([&](const std::string& name, Linear& layer) {
    if (layer.lora() != nullptr)
      fail_usage({.where = model.config().source,
                  .key = name,
                  .found = "a LoRA adapter",
                  .expected = "a model without one",
                  .hint = "merge or detach the first adapter"});
  });
}

std::string last_part(const std::string& name) {
  return name.substr(name.rfind('.') + 1);
}

// "all-linear" as PEFT resolves it: the last parts of the names of all linear layers but the head.
void expand_targets(CausalLm& model, LoraConfig& config) {
  if (config.target_modules != std::vector<std::string>{kAllLinear}) return;
  std::set<std::string> parts;
  model.visit_linears([&](const std::string& name, Linear&) {
    if (name != kHead) parts.insert(last_part(name));
  });
  config.target_modules.assign(parts.begin(), parts.end());
}

void check_config(CausalLm& model, const LoraConfig& config) {
  const auto fail = [](const char* key, const std::string& found, const std::string& expected) {
    fail_usage({.where = "lora", .key = key, .found = found, .expected = expected});
  };
  if (config.r < 1) fail("r", std::to_string(config.r), "1 or more");
  if (!(config.dropout >= 0 && config.dropout < 1)) fail("lora_dropout", std::to_string(config.dropout), "[0, 1)");
  if (config.bias != "none") fail("bias", config.bias, "none: trained biases are not implemented");
  if (config.task_type != "CAUSAL_LM") fail("task_type", config.task_type, "CAUSAL_LM");
  if (config.target_modules.empty()) fail("target_modules", "nothing", "names of layers, or all-linear");
  std::set<std::string> known;
  model.visit_linears([&](const std::string& name, Linear&) { known.insert(name); });
  for (const std::string& target : config.target_modules) {
    LoraConfig alone;
    alone.target_modules = {target};
    if (std::any_of(known.begin(), known.end(), [&](const std::string& name) { return alone.targets(name); })) continue;
    std::set<std::string> parts;
    for (const std::string& name : known) parts.insert(last_part(name));
    std::string names;
    for (const std::string& part : parts) names += part + ", ";
    fail("target_modules", target, "the ending of a linear layer's name: " + names + "or all-linear");
  }
}

// A tensor of the adapter's file, float32 on the layer's device.
class AdapterTensors {
 public:
  explicit AdapterTensors(const fs::path& file) : source_(open_weights(file)) {
    for (const TensorInfo& info : source_->tensors()) left_.insert(info.name);
  }
  bool has(const std::string& name) const { return source_->find(name) != nullptr; }
  // `rows`, `columns`: -1 takes any.
  at::Tensor take(const std::string& name, std::int64_t rows, std::int64_t columns, const at::Device& device) {
    const TensorInfo* info = source_->find(name);
    const auto text = [](std::int64_t size) { return size < 0 ? std::string("r") : std::to_string(size); };
    std::string expected = "[";
    expected.append(text(rows)).append(", ").append(text(columns)).append("] for this model");
    if (info == nullptr) fail(name, "nothing", expected);
    const auto fits = [&](std::size_t axis, std::int64_t size) {
      return size < 0 || static_cast<std::int64_t>(info->shape[axis]) == size;
    };
    if (info->shape.size() != 2 || !fits(0, rows) || !fits(1, columns) || info->numel() == 0)
      fail(name, shape_text(info->shape), expected);
    left_.erase(name);
    return source_->load(*info, at::kFloat).to(device);
  }
  void finish() const {
    if (!left_.empty())
      fail(*left_.begin(), std::to_string(left_.size()) + " tensors that no layer of this model takes",
           "an adapter of this model");
  }
  [[noreturn]] void fail(const std::string& name, const std::string& found, const std::string& expected) const {
    fail_input({.where = source_->name(),
                .key = name,
                .found = found,
                .expected = expected,
                .hint = "is this adapter one of the model it is given to?"});
  }

 private:
  std::shared_ptr<WeightSource> source_;
  std::set<std::string> left_;
};

// `rank`: -1 takes the tensors' own.
std::shared_ptr<LoraBranch> read_branch(AdapterTensors& tensors, const std::string& prefix, const Linear& layer,
                                        std::int64_t rank) {
  auto branch = std::make_shared<LoraBranch>();
  const at::Device device = layer.is_packed() ? at::Device(at::kCPU) : layer.weight().device();
  branch->a = tensors.take(prefix + "lora_A.weight", rank, layer.in_features(), device);
  branch->b = tensors.take(prefix + "lora_B.weight", layer.out_features(), branch->a.size(0), device);
  return branch;
}

}  // namespace

void LoraAdapter::visit(const ParameterVisitor& visitor) const {
  for (const Module& module : modules) module.branch->visit(kPrefix + module.layer + ".", visitor);
}

std::int64_t LoraAdapter::parameters() const {
  std::int64_t count = 0;
  visit([&](const ParameterRef& ref) { count += ref.tensor->numel(); });
  return count;
}

void LoraAdapter::train(bool on, const at::Generator& generator) const {
  for (const Module& module : modules) {
    module.branch->training = on;
    module.branch->generator = generator;
  }
}

LoraAdapter attach_lora(CausalLm& model, const LoraConfig& config, const at::Generator& generator) {
  LoraAdapter adapter{config, {}};
  require_no_adapter(model);
  expand_targets(model, adapter.config);
  check_config(model, adapter.config);
  model.visit_linears([&](const std::string& name, Linear& layer) {
    if (!adapter.config.targets(name)) return;
    auto branch = make_lora_branch(layer.weight(), adapter.config.rank_of(name), generator);
    branch->scale = adapter.config.scale_of(name);
    branch->dropout = adapter.config.dropout;
    branch->a.set_requires_grad(true);
    branch->b.set_requires_grad(true);
    layer.set_lora(branch);
    adapter.modules.push_back({name, std::move(branch)});
  });
  return adapter;
}

void save_adapter(const LoraAdapter& adapter, const fs::path& folder) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  adapter.visit(
      [&](const ParameterRef& ref) { tensors.emplace_back(ref.name, ref.tensor->detach().to(at::kCPU).contiguous()); });
  const auto by_name = [](const auto& a, const auto& b) { return a.first < b.first; };
  std::sort(tensors.begin(), tensors.end(), by_name);
  std::vector<TensorInfo> infos;
  for (const auto& [name, tensor] : tensors) infos.push_back(describe(name, tensor));
  write_safetensors(folder / kTensors, infos, {{"format", "pt"}});
  write_file_atomically(folder / kConfig, std::string_view(adapter_config_text(adapter.config)));
}

LoraAdapter load_adapter(CausalLm& model, const fs::path& folder) {
  LoraAdapter adapter{read_adapter_config(folder / kConfig), {}};
  require_no_adapter(model);
  const bool pickled = !fs::exists(folder / kTensors) && fs::exists(folder / kPickled);
  AdapterTensors tensors(folder / (pickled ? kPickled : kTensors));
  // PEFT's patterns are regular expressions: which rank a layer has is read from its tensors, and kept by layer.
  const bool own_ranks = !adapter.config.rank_pattern.empty();
  adapter.config.rank_pattern.clear();
  // Nothing is attached before all of it was read.
  std::vector<Linear*> layers;
  model.visit_linears([&](const std::string& name, Linear& layer) {
    const std::string prefix = kPrefix + name + ".";
    const bool there = tensors.has(prefix + "lora_A.weight") || tensors.has(prefix + "lora_B.weight");
    if (!there && !adapter.config.targets(name)) return;
    auto branch = read_branch(tensors, prefix, layer, own_ranks ? -1 : adapter.config.r);
    if (branch->a.size(0) != adapter.config.r) adapter.config.rank_pattern[name] = branch->a.size(0);
    branch->scale = adapter.config.scale_of(name);
    branch->dropout = adapter.config.dropout;
    adapter.modules.push_back({name, std::move(branch)});
    layers.push_back(&layer);
  });
  tensors.finish();
  if (layers.empty()) tensors.fail("target_modules", "no layer of this model", "LoRA tensors");
  if (adapter.config.target_modules.empty()) {
    std::set<std::string> names;
    for (const LoraAdapter::Module& module : adapter.modules) names.insert(module.layer);
    adapter.config.target_modules.assign(names.begin(), names.end());
  }
  for (std::size_t i = 0; i < layers.size(); ++i) layers[i]->set_lora(adapter.modules[i].branch);
  return adapter;
}

void merge_adapter(CausalLm& model) {
  model.visit_linears([](const std::string&, Linear& layer) { layer.merge_lora(); });
}

void detach_adapter(CausalLm& model) {
  model.visit_linears([](const std::string&, Linear& layer) { layer.set_lora(nullptr); });
}

}  // namespace c2c
