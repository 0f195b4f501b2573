#include "c2c/model/families/causal_lm.h"

#include "c2c/base/content_hash.h"
#include "c2c/base/error.h"
#include "c2c/tensor/nn/hash_tensor.h"

#include <ATen/ATen.h>

#include "c2c/model/families/decoder.h"

namespace c2c {

std::int64_t CausalLm::weight_bytes() const {
  std::int64_t total = 0;
  // visit() hands out mutable tensors; counting leaves them alone.
  const_cast<CausalLm*>(this)->visit("", [&](const ParameterRef& ref) {
    if (!ref.tensor->is_meta()) total += static_cast<std::int64_t>(ref.tensor->nbytes());
  });
  visit_packed([&](std::span<const std::byte> bytes) { total += static_cast<std::int64_t>(bytes.size()); });
  return total;
}

void CausalLm::pack(WeightFormat) {
  C2C_CHECK(false, "pack: this model does not offer it");
}

void CausalLm::fingerprint(ContentHash& hash) const {
  hash.add(std::string_view(family_name(config().family)));
  hash.add(std::string_view(config().source));
  hash.add(static_cast<std::int64_t>(kv_format_ ? static_cast<int>(*kv_format_) : -1));
  auto& model = const_cast<CausalLm&>(*this);  // visited, not changed
  const auto add = [&](const ParameterRef& ref) {
    hash.add(ref.name);
    hash.add(std::string_view(c10::toString(ref.tensor->scalar_type())));
    if (ref.tensor->is_meta()) return;  // left in its file (load_sharer)
    hash_tensor(hash, *ref.tensor);
  };
  model.visit("", add);
  model.visit_linears([&](const std::string& name, Linear& linear) {
    hash.add(name);
    linear.visit_lora(name + ".", add);
    if (linear.lora() != nullptr) hash.add(std::string_view(std::to_string(linear.lora()->scale)));
  });
  visit_packed([&](std::span<const std::byte> bytes) { hash.add(bytes); });
}

std::unique_ptr<CausalLm> make_model(const ModelConfig& config, at::TensorOptions options) {
  validate(config);
  return std::make_unique<Decoder>(config, options);
}

}  // namespace c2c
