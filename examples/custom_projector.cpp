// A projector class of your own, registered from outside c2c: from then on it loads from checkpoints like the built-in
// ones. This one replaces the receiver's K and V by a blend: (1 - r) receiver + r W sharer, r = sigmoid(logit).
#include <ATen/ATen.h>
#include <c2c/fuser/fuser.h>
#include <c2c/fuser/heads.h>
#include <c2c/fuser/parameters.h>
#include <c2c/fuser/projector_base.h>

#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>

class BlendProjector final : public c2c::ProjectorBase {
 public:
  explicit BlendProjector(const c2c::InitArgs& args) : ProjectorBase(args) {
    const auto dtype = args.dtype();
    const double start = args.number("start_logit", -1.0);
    args.finish();  // an argument that nobody read is an error
    const auto in = sharer_geometry().kv_heads * sharer_geometry().head_dim;
    const auto out = receiver_geometry().kv_heads * receiver_geometry().head_dim;
    key_ = c2c::draw_linear(in, out, true, dtype);
    value_ = c2c::draw_linear(in, out, true, dtype);
    logit_ = c2c::constant_parameter({}, start, dtype);
  }

  c2c::KvPair forward(const c2c::KvPair& sharer, const c2c::KvPair& receiver,
                      const c2c::ProjectContext&) const override {
    check_inputs(sharer, receiver);
    const at::Tensor ratio = at::sigmoid(logit_);
    const auto blend = [&](const c2c::Linear& linear, const at::Tensor& theirs, const at::Tensor& own) {
      const at::Tensor flat = c2c::flat_heads(theirs, linear.weight().scalar_type());  // (B, N, Hs Ds)
      return at::lerp(own, c2c::unflat_heads(linear(flat), receiver_geometry().kv_heads), ratio);
    };
    return {blend(key_, sharer.key, receiver.key), blend(value_, sharer.value, receiver.value)};
  }
  bool is_closed() const override { return false; }
  void set_temperature_step(std::int64_t) override {}
  // Every parameter once, by name: this loads, saves, moves and trains it.
  void visit(const std::string& prefix, const c2c::ParameterVisitor& visitor) override {
    visitor({prefix + "logit", &logit_, false});
    key_.visit(prefix + "key.", visitor);
    value_.visit(prefix + "value.", visitor);
  }

 private:
  at::Tensor logit_;
  c2c::Linear key_, value_;
};

int main(int argc, char** argv) {
  const char* const folder = argc > 1 ? argv[1] : "blend-fuser";
  try {
    c2c::register_projector("BlendProjector", [](const nlohmann::ordered_json& init_args) {
      return std::make_unique<BlendProjector>(c2c::InitArgs("BlendProjector", init_args));
    });
    c2c::Fuser fuser;
    const nlohmann::ordered_json args = {{"source_dim", 16}, {"target_dim", 8}, {"target_num_heads", 2}};
    fuser.projectors = {c2c::make_projector("BlendProjector", args)};
    fuser.layers[0] = {{.sharer_layer = 0, .projector = 0}};
    c2c::save_fuser_safetensors(fuser, folder);
    const auto loaded = c2c::load_fuser(folder, {.dtype = at::kFloat});
    const c2c::KvPair sharer{at::randn({1, 1, 5, 16}), at::randn({1, 1, 5, 16})};
    const c2c::KvPair receiver{at::randn({1, 2, 5, 8}), at::randn({1, 2, 5, 8})};
    const auto before = fuser.projectors[0]->forward(sharer, receiver, {});
    const auto after = loaded->projectors[0]->forward(sharer, receiver, {});
    std::printf("%s written to %s and read back: %s\n", loaded->projectors[0]->class_name().c_str(), folder,
                at::equal(before.key, after.key) ? "the same K" : "another K");
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "%s\n", error.what()), 1;
  }
}
