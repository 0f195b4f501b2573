#include "c2c/fuser/projector_base.h"

#include <ATen/ATen.h>

#include <array>
#include <nlohmann/json.hpp>
#include <sstream>

#include "c2c/base/error.h"

namespace c2c {

ProjectorBase::ProjectorBase(const InitArgs& args)
    : class_name_(args.class_name()),
      init_args_(std::make_shared<const nlohmann::ordered_json>(args.json().is_null() ? nlohmann::ordered_json::object()
                                                                                      : args.json())),
      geometry_(args.geometry()) {}

void ProjectorBase::to(at::ScalarType dtype, at::Device device) {
  visit("", [&](const ParameterRef& ref) {
    at::Tensor& tensor = *ref.tensor;
    if (!tensor.defined() || (tensor.scalar_type() == dtype && tensor.device() == device)) return;
    const bool trained = tensor.requires_grad();
    tensor = tensor.detach().to(device, dtype).set_requires_grad(trained);
  });
}

void ProjectorBase::check_inputs(const KvPair& sharer, const KvPair& receiver) const {
  const auto B = receiver.key.dim() == 4 ? receiver.key.size(0) : -1;
  const auto N = receiver.key.dim() == 4 ? receiver.key.size(2) : -1;
  const auto check = [&](const at::Tensor& x, const KvGeometry& geometry, const char* name) {
    const std::array<std::int64_t, 4> expected = {B, geometry.kv_heads, N, geometry.head_dim};
    if (x.sizes() == at::IntArrayRef(expected)) return;
    std::ostringstream found, wanted;
    found << x.sizes();
    wanted << at::IntArrayRef(expected) << " (batch, heads, tokens, head size)";
    fail_usage({.where = class_name_, .key = name, .found = found.str(), .expected = wanted.str()});
  };
  check(receiver.key, geometry_.receiver, "receiver key");
  check(receiver.value, geometry_.receiver, "receiver value");
  check(sharer.key, geometry_.sharer, "sharer key");
  check(sharer.value, geometry_.sharer, "sharer value");
}

}  // namespace c2c
