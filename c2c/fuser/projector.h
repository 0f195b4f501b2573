// A projector writes new K and V for one receiver layer from the sharer's and the receiver's (C2C paper, section 3.3;
// reference: rosetta/model/projector.py). Legend: B batch, H kv heads, N tokens, D head size; s sharer, r receiver.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "c2c/model/cache/kv_cache.h"
#include "c2c/tensor/nn/module.h"

namespace c2c {

// Which tokens the next draws are for: rosetta says it before each call of a projector, whose draws are then key gate,
// value gate. Of row rows[g] the projector gets the tokens tokens[g], counted in the row's own plan: as batch row g,
// or, where rows have unequally many tokens, all of them one behind the other in one batch row.
struct DrawSite {
  std::size_t sharer = 0;
  std::int64_t receiver_layer = 0;
  std::vector<std::int64_t> rows;
  std::vector<std::vector<std::int64_t>> tokens;
};

// How a training forward draws: gate noise u ~ U[0,1) of the given shape. Dropout draws from at's default generator.
struct TrainingDraws {
  std::function<at::Tensor(at::IntArrayRef shape, at::TensorOptions options)> uniform;  // empty: at::rand
  std::function<void(const DrawSite&)> at_site = {};                                    // empty: nobody asks
};

struct ProjectContext {
  bool training = false;
  const TrainingDraws* draws = nullptr;
  // Filled when set: what inspection and analyses want. (B, Hr, N, 1) normalised scalars, gate values.
  struct Capture {
    at::Tensor key_scalar, value_scalar;
    double key_gate_logit = 0, value_gate_logit = 0;
  }* capture = nullptr;
  // RoPE positions of both sides' tokens, (B, N) int64: there where the projector needs_positions().
  at::Tensor sharer_positions = {}, receiver_positions = {};
};

class Projector {
 public:
  virtual ~Projector() = default;
  // sharer (B, Hs, N, Ds), receiver (B, Hr, N, Dr) -> (B, Hr, N, Dr). In evaluation a part whose gate is shut returns
  // the receiver's own tensor and costs no arithmetic. In evaluation bfloat16 parts with an open hard gate come back as
  // float32 (the reference's precision): round when writing them to a cache.
  virtual KvPair forward(const KvPair& sharer, const KvPair& receiver, const ProjectContext& context) const = 0;

  // True when forward reads the context's positions.
  virtual bool needs_positions() const { return false; }
  // True when evaluation would return the receiver's K and V unchanged.
  virtual bool is_closed() const = 0;
  virtual void set_temperature_step(std::int64_t step) = 0;  // T0 (T1/T0)^min(k/anneal_steps, 1)

  virtual const std::string& class_name() const = 0;
  virtual const nlohmann::ordered_json& init_args() const = 0;  // as written to projector_i.json, dtype encoded
  virtual KvGeometry sharer_geometry() const = 0;               // layers = 0
  virtual KvGeometry receiver_geometry() const = 0;
  virtual void visit(const std::string& prefix, const ParameterVisitor& visitor) = 0;  // reference's state-dict names
  // The linear layers that hold most of it, by state-dict name without ".weight": what may be packed for inference.
  virtual void visit_linears(const std::string&, const LinearVisitor&) {}
  virtual void to(at::ScalarType dtype, at::Device device) = 0;
};

// Registry: a class can be added from outside the tree (docs/extending.md) and then loads from checkpoints. A class is
// found under its name and under its name in lower case. Registering a name again replaces it.
using ProjectorFactory = std::function<std::unique_ptr<Projector>(const nlohmann::ordered_json& init_args)>;
void register_projector(const std::string& class_name, ProjectorFactory factory);
std::vector<std::string> registered_projectors();
// Parameters are drawn as the reference draws them (at's default generator). Unknown class or argument: kInput error.
std::unique_ptr<Projector> make_projector(const std::string& class_name, const nlohmann::ordered_json& init_args);

}  // namespace c2c
