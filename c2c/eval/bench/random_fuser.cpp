#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "c2c/eval/bench/bench_pair.h"
#include "c2c/tensor/nn/linear.h"

namespace c2c::bench {

std::shared_ptr<Fuser> random_fuser(const CausalLm& receiver, const CausalLm& sharer, std::int64_t hidden,
                                    std::optional<WeightFormat> format) {
  const at::ScalarType dtype = receiver.options().dtype().toScalarType();
  const KvGeometry r = receiver.kv_geometry(), s = sharer.kv_geometry();
  auto fuser = std::make_shared<Fuser>();
  fuser->source = "random, hidden size " + std::to_string(hidden) + ", all gates open";
  const nlohmann::ordered_json args = {{"source_dim", s.head_dim},
                                       {"target_dim", r.head_dim},
                                       {"source_num_heads", s.kv_heads},
                                       {"target_num_heads", r.kv_heads},
                                       {"hidden_dim", hidden},
                                       {"intermediate_dim", hidden},
                                       {"num_layers", 3},
                                       {"dropout", 0.1},
                                       {"initial_temperature", 1.0},
                                       {"final_temperature", 0.001},
                                       {"anneal_steps", 100}};
  for (std::int64_t target = 0; target < r.layers; ++target) {
    const std::int64_t source = s.layers - r.layers + target;
    if (source < 0) continue;
    auto projector = make_projector("C2CProjector", args);
    projector->visit("", [](const ParameterRef& ref) {
      if (ref.name.find("gate_logit") != std::string::npos) ref.tensor->fill_(1.0);
    });
    projector->to(dtype, at::kCPU);
    if (format)
      projector->visit_linears("", [&](const std::string&, Linear& linear) { linear.pack(fuser_format(*format)); });
    fuser->layers[target] = {{source, static_cast<std::int64_t>(fuser->projectors.size())}};
    fuser->projectors.push_back(std::move(projector));
  }
  return fuser;
}

}  // namespace c2c::bench
