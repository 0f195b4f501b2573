// Small random models in memory and on disk, for the tests of this folder.
#pragma once
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "c2c/io/formats/safetensors.h"
#include "c2c/model/families/causal_lm.h"
#include "c2c/tensor/weights/weight_source.h"

namespace c2c::testing {

using Json = nlohmann::ordered_json;
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

inline Json tiny_config(const std::string& model_type) {
  Json config = {{"model_type", model_type},
                 {"hidden_size", 24},
                 {"intermediate_size", 40},
                 {"num_hidden_layers", 3},
                 {"num_attention_heads", 4},
                 {"num_key_value_heads", 2},
                 {"head_dim", 8},
                 {"vocab_size", 50},
                 {"max_position_embeddings", 128},
                 {"tie_word_embeddings", true},
                 {"rms_norm_eps", 1e-5},
                 {"eos_token_id", 7}};
  if (model_type == "gemma3_text") {
    config.update({{"sliding_window", 4}, {"sliding_window_pattern", 2}, {"query_pre_attn_scalar", 8}});
  }
  return config;
}

inline std::unique_ptr<CausalLm> random_model(const Json& config, std::uint64_t seed = 1) {
  auto model = make_model(config_from_json("config.json", config.dump()), at::kFloat);
  at::manual_seed(seed);
  model->visit("", [](const ParameterRef& ref) { ref.tensor->normal_(0.0, 0.3); });
  return model;
}

inline NamedTensors tensors_of(CausalLm& model) {
  NamedTensors tensors;
  model.visit("", [&](const ParameterRef& ref) { tensors.emplace_back(ref.name, *ref.tensor); });
  return tensors;
}

// Removed with all it holds when the test program ends.
class ScratchFolder {
 public:
  ScratchFolder() : path_(std::filesystem::path(::testing::TempDir()) / ("c2c_models_" + std::to_string(getpid()))) {}
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A model folder of its own in the scratch folder.
inline std::filesystem::path model_folder(const std::string& name, const Json& config, const NamedTensors& tensors) {
  static const ScratchFolder scratch;
  const auto folder = scratch.path() / name;
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "config.json") << config.dump();
  std::vector<TensorInfo> infos;
  for (const auto& [tensor_name, tensor] : tensors) infos.push_back(describe(tensor_name, tensor));
  write_safetensors(folder / "model.safetensors", infos);
  return folder;
}

// The smallest GGUF writer: metadata values are numbers or strings, tensors float32.
class GgufWriter {
 public:
  void set(const std::string& key, const std::string& value) {
    entry(key, 8);
    text(entries_, value);
  }
  void set(const std::string& key, std::uint32_t value) {
    entry(key, 4);
    raw(entries_, value);
  }
  void set(const std::string& key, float value) {
    entry(key, 6);
    raw(entries_, value);
  }
  void add(const std::string& name, const at::Tensor& tensor) {
    const at::Tensor dense = tensor.contiguous();
    text(infos_, name);
    raw(infos_, static_cast<std::uint32_t>(dense.dim()));
    for (std::int64_t d = dense.dim(); d-- > 0;) raw(infos_, static_cast<std::uint64_t>(dense.size(d)));
    raw(infos_, std::uint32_t{0});
    raw(infos_, static_cast<std::uint64_t>(data_.size()));
    data_.append(static_cast<const char*>(dense.const_data_ptr()), dense.nbytes());
    data_.resize((data_.size() + 31) / 32 * 32);
    ++tensors_;
  }
  std::string bytes() const {
    std::string out = "GGUF";
    raw(out, std::uint32_t{3});
    raw(out, tensors_);
    raw(out, count_);
    out += entries_ + infos_;
    out.resize((out.size() + 31) / 32 * 32);
    return out + data_;
  }

 private:
  template <class T>
  static void raw(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  static void text(std::string& out, const std::string& value) {
    raw(out, static_cast<std::uint64_t>(value.size()));
    out += value;
  }
  void entry(const std::string& key, std::uint32_t type) {
    text(entries_, key);
    raw(entries_, type);
    ++count_;
  }
  std::string entries_, infos_, data_;
  std::uint64_t tensors_ = 0, count_ = 0;
};

}  // namespace c2c::testing
