// Tiny random models and fusers, and a model that counts what it is asked for.
#pragma once
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "c2c/rosetta/rosetta.h"

namespace c2c::testing {

inline at::Tensor random(at::IntArrayRef shape, std::uint64_t seed) {
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed));
}

inline ModelConfig tiny_config(Family family, std::int64_t layers, std::int64_t kv_heads, std::int64_t head_dim) {
  ModelConfig config{.family = family, .source = "tiny", .hidden_size = 32, .intermediate_size = 48, .layers = layers};
  config.heads = 2 * kv_heads;
  config.kv_heads = kv_heads;
  config.head_dim = head_dim;
  config.vocab_size = 60;
  config.max_positions = 64;
  config.qk_norm = family == Family::kQwen3 || family == Family::kGemma3;
  config.attention_bias = family == Family::kQwen2;
  if (family == Family::kGemma3) {
    config.activation = "gelu_pytorch_tanh";
    config.sliding_window = 4;
    for (std::int64_t i = 0; i < layers; ++i) config.layer_is_local.push_back(i % 2 == 0);
  }
  return config;
}

// (H, N, D) of the tokens that a row really has: pads stand where the batch needs them.
inline at::Tensor own_tokens(const RosettaState& state, const at::Tensor& x_BHND, std::int64_t row) {
  if (!state.mask_BT.defined()) return x_BHND[row];
  return x_BHND[row].index_select(1, state.mask_BT[row].narrow(0, 0, x_BHND.size(2)).nonzero().flatten());
}

inline std::shared_ptr<CausalLm> tiny_model(const ModelConfig& config, std::uint64_t seed,
                                            at::ScalarType dtype = at::kFloat) {
  std::shared_ptr<CausalLm> model = make_model(config, at::TensorOptions(dtype));
  model->visit("", [&](const ParameterRef& parameter) {
    if (parameter.is_buffer) return;
    at::Tensor values = random(parameter.tensor->sizes(), seed++);
    parameter.tensor->copy_(values.dim() > 1 ? values * 0.25
                                             : values * 0.1 + (config.family == Family::kGemma3 ? 0 : 1));
  });
  return model;
}

// Every second projector's value gate is shut; `open` false: all gates are.
inline std::shared_ptr<Fuser> tiny_fuser(KvGeometry receiver, KvGeometry sharer, std::uint64_t seed, bool open = true,
                                         at::ScalarType dtype = at::kFloat) {
  auto fuser = std::make_shared<Fuser>();
  fuser->source = "tiny fuser";
  for (std::int64_t layer = 0; layer < receiver.layers; ++layer) {
    nlohmann::ordered_json args{{"source_dim", sharer.head_dim}, {"target_dim", receiver.head_dim}};
    args["source_num_heads"] = sharer.kv_heads;
    args["target_num_heads"] = receiver.kv_heads;
    args["hidden_dim"] = 24;
    args["intermediate_dim"] = 24;
    args["dropout"] = 0.0;
    std::shared_ptr<Projector> projector = make_projector("C2CProjector", args);
    projector->visit("", [&](const ParameterRef& parameter) {
      if (parameter.is_buffer) return;
      const bool gate = parameter.name.find("gate_logit") != std::string::npos;
      const bool shut = !open || (layer % 2 == 1 && parameter.name.find("value") != std::string::npos);
      if (gate)
        parameter.tensor->fill_(shut ? -1.0 : 1.0);
      else
        parameter.tensor->copy_(random(parameter.tensor->sizes(), seed++) * 0.3);
    });
    projector->to(dtype, at::kCPU);
    fuser->projectors.push_back(projector);
    const std::int64_t from = std::max<std::int64_t>(0, layer - receiver.layers + sharer.layers);
    fuser->layers[layer] = {{from, layer}, {0, 0}};  // the second pair is there to be ignored
  }
  return fuser;
}

struct Calls {
  int forwards = 0, logits = 0;
  std::vector<std::int64_t> tokens, stop_layers;
  std::vector<bool> kv_only;
};

class CountingModel : public CausalLm {
 public:
  CountingModel(std::shared_ptr<CausalLm> model, std::shared_ptr<Calls> calls)
      : model_(std::move(model)), calls_(std::move(calls)) {}
  at::Tensor forward(const ForwardInput& input) const override {
    ++calls_->forwards;
    calls_->tokens.push_back(input.ids_BN.size(1));
    calls_->stop_layers.push_back(input.stop_layer);
    calls_->kv_only.push_back(input.kv_only_last);
    return model_->forward(input);
  }
  at::Tensor logits(const at::Tensor& hidden) const override {
    ++calls_->logits;
    return model_->logits(hidden);
  }
  const ModelConfig& config() const override { return model_->config(); }
  at::TensorOptions options() const override { return model_->options(); }
  void visit(const std::string& prefix, const ParameterVisitor& visitor) override { model_->visit(prefix, visitor); }

 private:
  std::shared_ptr<CausalLm> model_;
  std::shared_ptr<Calls> calls_;
};

}  // namespace c2c::testing
