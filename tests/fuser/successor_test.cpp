// Classes that the reference lacks: ReplaceProjector, BottleneckProjector, RidgeProjector and its fitter.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "c2c/base/error.h"
#include "c2c/fuser/fuser.h"
#include "c2c/fuser/object_json.h"
#include "c2c/fuser/ridge_fit.h"
#include "c2c/fuser/ridge_projector.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

Json tiny(const Json& more = Json::object()) {
  Json args = {{"source_dim", 4}, {"target_dim", 6}, {"source_num_heads", 2}, {"target_num_heads", 3}};
  args.update(more);
  return args;
}

at::Tensor random(at::IntArrayRef shape, std::uint64_t seed, at::ScalarType dtype = at::kFloat) {
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed), at::TensorOptions(dtype));
}
KvPair sharer_kv(std::uint64_t seed, std::int64_t tokens = 5, at::ScalarType dtype = at::kFloat) {
  return {random({2, 2, tokens, 4}, seed, dtype), random({2, 2, tokens, 4}, seed + 1, dtype)};
}
KvPair receiver_kv(std::uint64_t seed, std::int64_t tokens = 5, at::ScalarType dtype = at::kFloat) {
  return {random({2, 3, tokens, 6}, seed, dtype), random({2, 3, tokens, 6}, seed + 1, dtype)};
}

at::Tensor& parameter(Projector& projector, const std::string& name) {
  at::Tensor* found = nullptr;
  projector.visit("", [&](const ParameterRef& ref) {
    if (ref.name == name) found = ref.tensor;
  });
  if (found == nullptr) throw std::runtime_error("no parameter " + name);
  return *found;
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

void randomize(Projector& projector, std::uint64_t seed) {
  const at::NoGradGuard no_grad;
  projector.visit("", [&](const ParameterRef& ref) {
    if (!ref.is_buffer) ref.tensor->copy_(random(ref.tensor->sizes(), seed++).abs() * 0.4);
  });
}

// ---- what all of them keep ------------------------------------------------------------------------------------------

struct Class {
  std::string name;
  Json args;
};
const std::vector<Class> kClasses = {
    {"ReplaceProjector", tiny({{"hidden_dim", 8}})},
    {"BottleneckProjector", tiny({{"hidden_dim", 8}})},
    {"RidgeProjector", tiny({{"source_frequencies", {1.0, 0.1}}, {"target_frequencies", {1.0, 0.2, 0.04}}})}};

TEST(Successors, SurviveBothCheckpointForms) {
  const auto folder = std::filesystem::temp_directory_path() / ("c2c_successors_" + std::to_string(getpid()));
  Fuser fuser;
  for (const Class& one : kClasses) {
    fuser.layers[static_cast<std::int64_t>(fuser.projectors.size())] = {
        {0, static_cast<std::int64_t>(fuser.projectors.size())}};
    fuser.projectors.push_back(make_projector(one.name, one.args));
    randomize(*fuser.projectors.back(), 7);
  }
  save_fuser_reference(fuser, folder / "reference");
  save_fuser_safetensors(fuser, folder / "own");
  const at::Tensor positions = at::arange(5).view({1, 5});
  const ProjectContext context{.sharer_positions = positions, .receiver_positions = positions + 2};
  for (const char* form : {"reference", "own"}) {
    const auto loaded = load_fuser(folder / form, {.dtype = at::kFloat});
    for (std::size_t i = 0; i < kClasses.size(); ++i) {
      EXPECT_EQ(loaded->projectors[i]->class_name(), kClasses[i].name);
      EXPECT_EQ(loaded->projectors[i]->init_args(), kClasses[i].args);
      const KvPair a = fuser.projectors[i]->forward(sharer_kv(1), receiver_kv(3), context);
      const KvPair b = loaded->projectors[i]->forward(sharer_kv(1), receiver_kv(3), context);
      EXPECT_TRUE(at::equal(a.key, b.key) && at::equal(a.value, b.value)) << form << " " << kClasses[i].name;
      EXPECT_GT(distance(a.key, receiver_kv(3).key), 1e-2);
    }
  }
  std::filesystem::remove_all(folder);
}

TEST(Successors, ShutIsTheReceiverUntouched) {
  const KvPair receiver = receiver_kv(3);
  for (const Class& one : kClasses) {
    const auto projector = make_projector(one.name, one.args);
    projector->visit("", [&](const ParameterRef& ref) { ref.tensor->fill_(NAN); });  // nothing is computed
    for (const char* name : {"key_gate_logit", "value_gate_logit", "alpha"})
      projector->visit("", [&](const ParameterRef& ref) {
        if (ref.name == name) ref.tensor->fill_(0.0);
      });
    EXPECT_TRUE(projector->is_closed()) << one.name;
    const KvPair out = projector->forward(sharer_kv(1), receiver, {});
    EXPECT_TRUE(out.key.is_same(receiver.key) && out.value.is_same(receiver.value)) << one.name;
  }
}

TEST(Successors, RefuseArgumentsThatTheyDoNotHave) {
  const auto key_of = [](const std::string& name, const Json& args) {
    try {
      make_projector(name, args);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInput);
      return error.info().key;
    }
    return std::string("nothing");
  };
  EXPECT_EQ(key_of("ReplaceProjector", tiny({{"intermediate_dim", 3}})), "init_args.intermediate_dim");
  EXPECT_EQ(key_of("ReplaceProjector", tiny({{"activation", "tanh"}})), "init_args.activation");
  EXPECT_EQ(key_of("BottleneckProjector", tiny({{"hidden_dim", 7}})), "init_args.hidden_dim");
  EXPECT_EQ(key_of("BottleneckProjector", tiny({{"use_layer_norm", true}})), "init_args.use_layer_norm");
  EXPECT_EQ(key_of("RidgeProjector", tiny({{"source_frequencies", {1.0}}})), "init_args.source_frequencies");
  EXPECT_EQ(key_of("RidgeProjector", tiny({{"target_frequencies", {1.0, "2", 3.0}}})), "init_args.target_frequencies");
  EXPECT_EQ(key_of("RidgeProjector", tiny({{"source_frequencies", 1.0}})), "init_args.source_frequencies");
}

// ---- ReplaceProjector -----------------------------------------------------------------------------------------------

// The params of the reference's recipe/train_recipe/oracle.json, as it has them.
const Json kOracleParams = {{"hidden_dim", 12},     {"num_layers", 3},        {"dropout", 0.0},
                            {"activation", "gelu"}, {"use_layer_norm", true}, {"init_weight", 0.0},
                            {"anneal_steps", 1160}};

TEST(ReplaceProjector, TakesTheOracleRecipeAndOnlyTheSharerSpeaks) {
  const auto projector = make_projector("ReplaceProjector", tiny(kOracleParams));
  EXPECT_TRUE(projector->is_closed()) << "init_weight 0 is a shut gate";
  parameter(*projector, "key_gate_logit").fill_(1.0);
  const KvPair a = projector->forward(sharer_kv(1), receiver_kv(3), {});
  const KvPair b = projector->forward(sharer_kv(1), receiver_kv(5), {});
  EXPECT_TRUE(at::equal(a.key, b.key));
  EXPECT_GT(distance(a.key, projector->forward(sharer_kv(9), receiver_kv(3), {}).key), 1e-3);
  EXPECT_EQ(distance(a.value, receiver_kv(3).value), 0.0) << "its gate is shut";
  // In training the soft gate scales the same projection; the receiver's own does not come in.
  const TrainingDraws draws{[](at::IntArrayRef shape, at::TensorOptions options) {
    EXPECT_EQ(shape, (at::IntArrayRef{2, 3, 5, 1}));
    return at::full(shape, 0.25, options);
  }};
  const at::NoGradGuard no_grad;
  projector->set_temperature_step(0);
  const at::Tensor soft = projector->forward(sharer_kv(1), receiver_kv(3), {true, &draws}).key;
  const double gate = 1 / (1 + std::exp(-(1.0 - std::log(-std::log(0.25)))));
  EXPECT_LE(distance(soft, a.key * gate), 1e-6);
}

TEST(ReplaceProjector, NetworkIsTheOracleTrainersOwn) {
  const auto projector = make_projector("ReplaceProjector", tiny(kOracleParams));
  std::vector<std::string> names;
  projector->visit("", [&](const ParameterRef& ref) {
    if (ref.name.starts_with("key_projection")) names.push_back(ref.name);
  });
  const std::vector<std::string> expected = {"key_projection.layers.0.weight", "key_projection.layers.0.bias",
                                             "key_projection.layers.1.weight", "key_projection.layers.1.bias",
                                             "key_projection.layers.3.weight", "key_projection.layers.3.bias",
                                             "key_projection.layers.4.weight", "key_projection.layers.4.bias",
                                             "key_projection.layers.6.weight", "key_projection.layers.6.bias"};
  EXPECT_EQ(names, expected);
  parameter(*projector, "key_gate_logit").fill_(1.0);
  // By hand: linear, layer norm, gelu; twice; linear. Heads lie side by side.
  at::Tensor x = sharer_kv(1).key.transpose(1, 2).reshape({2, 5, 8});
  for (const int at_layer : {0, 3}) {
    const auto get = [&](int layer, const std::string& name) {
      return parameter(*projector, "key_projection.layers." + std::to_string(layer) + "." + name);
    };
    x = at::linear(x, get(at_layer, "weight"), get(at_layer, "bias"));
    x = at::gelu(at::layer_norm(x, {12}, get(at_layer + 1, "weight"), get(at_layer + 1, "bias"), 1e-5));
  }
  x = at::linear(x, parameter(*projector, "key_projection.layers.6.weight"),
                 parameter(*projector, "key_projection.layers.6.bias"));
  const at::Tensor out = projector->forward(sharer_kv(1), receiver_kv(3), {}).key;
  EXPECT_LE(distance(out, x.view({2, 5, 3, 6}).transpose(1, 2)), 1e-6);
}

// ---- BottleneckProjector --------------------------------------------------------------------------------------------

std::int64_t parameter_count(const Json& args) {
  const auto projector = make_projector("BottleneckProjector", args);
  std::int64_t count = 0;
  projector->visit("", [&](const ParameterRef& ref) { count += ref.is_buffer ? 0 : ref.tensor->numel(); });
  return count;
}

// arXiv 2605.22863 v2: Qwen2.5-0.5B (2 heads of 64) -> Qwen3-0.6B (8 of 128), 28 layers; LCF-X's pair is Qwen3-0.6B
// twice, whose 25.87 M contain 57,344 pooling parameters.
TEST(BottleneckProjector, HasThePapersNumberOfParameters) {
  const Json pair = {{"source_dim", 64}, {"target_dim", 128}, {"source_num_heads", 2}, {"target_num_heads", 8}};
  const auto at_width = [&](int width) {
    Json args = pair;
    args["hidden_dim"] = width;
    return parameter_count(args);
  };
  EXPECT_EQ(at_width(128), 692626);                                   // 693K a layer
  EXPECT_EQ(std::llround(28 * at_width(128) / 1e5), 194);             // 19.4 M
  EXPECT_EQ(std::llround(28 * at_width(256) / 1e5), 534);             // 53.4 M
  EXPECT_EQ(std::llround(477.8e6 / (28 * at_width(128)) * 10), 246);  // 24.6 times fewer than C2C
  const Json twins = {{"source_dim", 128}, {"target_dim", 128}, {"source_num_heads", 8}, {"target_num_heads", 8}};
  EXPECT_EQ(std::llround((28 * parameter_count(twins) + 57344) / 1e4), 2587);
}

TEST(BottleneckProjector, BothUpdatesComeFromOneLatent) {
  const auto projector = make_projector("BottleneckProjector", tiny({{"hidden_dim", 8}, {"dropout", 0.0}}));
  randomize(*projector, 40);  // gates open
  const KvPair sharer = sharer_kv(1), receiver = receiver_kv(3);
  const auto get = [&](const std::string& name) { return parameter(*projector, name); };
  const auto flat = [](const at::Tensor& x) { return x.transpose(1, 2).flatten(2); };
  at::Tensor z =
      at::linear(at::cat({flat(sharer.key), flat(sharer.value), flat(receiver.key), flat(receiver.value)}, -1),
                 get("down.weight"), get("down.bias"));
  for (const std::string block : {"mlp.blocks.0.", "mlp.blocks.1."}) {
    const at::Tensor normed = z * at::rsqrt(z.square().mean(-1, true) + 1e-6) * get(block + "norm.weight");
    z = z + at::linear(at::gelu(at::linear(normed, get(block + "w1.weight"))), get(block + "w2.weight"));
  }
  const auto update = [&](const std::string& part, const at::Tensor& half) {
    const at::Tensor up = at::linear(half, get(part + "_up.weight"), get(part + "_up.bias"));
    const at::Tensor a = at::sigmoid(at::linear(z, get(part + "_scalar_head.weight"), get(part + "_scalar_head.bias")));
    return (a.unsqueeze(-1) * up.view({2, 5, 3, 6})).transpose(1, 2);
  };
  const KvPair out = projector->forward(sharer, receiver, {});
  EXPECT_LE(distance(out.key, receiver.key + update("key", z.slice(-1, 0, 4))), 1e-5);
  EXPECT_LE(distance(out.value, receiver.value + update("value", z.slice(-1, 4, 8))), 1e-5);
  parameter(*projector, "key_gate_logit").fill_(-1.0);
  const KvPair half = projector->forward(sharer, receiver, {});
  EXPECT_TRUE(half.key.is_same(receiver.key));
  EXPECT_TRUE(at::equal(half.value, out.value));
}

TEST(BottleneckProjector, EvaluationAddsInFloat32) {
  const auto projector =
      make_projector("BottleneckProjector", tiny({{"hidden_dim", 8}, {"dtype", encode_dtype(at::kBFloat16)}}));
  randomize(*projector, 40);
  const at::NoGradGuard no_grad;
  const KvPair sharer = sharer_kv(1, 5, at::kBFloat16), receiver = receiver_kv(3, 5, at::kBFloat16);
  EXPECT_EQ(projector->forward(sharer, receiver, {}).key.scalar_type(), at::kFloat);
  EXPECT_EQ(projector->forward(sharer, receiver, {.training = true}).key.scalar_type(), at::kBFloat16);
}

// ---- RidgeProjector and RidgeFitter ---------------------------------------------------------------------------------

const std::vector<double> kSharerWaves = {1.0, 0.1}, kReceiverWaves = {1.0, 0.2, 0.04};

// Where the receiver's bare K and V are a linear function of the sharer's, the fit finds it.
struct LinearWorld {
  at::Tensor map = random({16, 36}, 60, at::kDouble), offset = 50 * random({36}, 61, at::kDouble);

  // Both sides as caches hold them: turned by each side's own positions.
  std::pair<KvPair, KvPair> at_positions(const at::Tensor& sharer_at, const at::Tensor& receiver_at,
                                         std::uint64_t seed) const {
    const auto tokens = sharer_at.size(1);
    KvPair sharer = sharer_kv(seed, tokens, at::kDouble);
    sharer.value = sharer.value + 30;  // far from zero, as biased keys are
    const auto flat = [](const at::Tensor& x) { return x.transpose(1, 2).flatten(2); };
    const at::Tensor y = at::matmul(at::cat({flat(sharer.key), flat(sharer.value)}, -1), map) + offset;
    const auto heads = [&](const at::Tensor& half) { return half.reshape({2, tokens, 3, 6}).transpose(1, 2); };
    const auto waves = [](const std::vector<double>& list) {
      return at::tensor(at::ArrayRef<double>(list)).to(at::kFloat);
    };
    return {{turn_heads(sharer.key, sharer_at, waves(kSharerWaves), false, at::kDouble), sharer.value},
            {turn_heads(heads(y.slice(-1, 0, 18)), receiver_at, waves(kReceiverWaves), false, at::kDouble),
             heads(y.slice(-1, 18, 36))}};
  }
};

RidgeFitter make_fitter() {
  return RidgeFitter(
      {1, 2, 4}, {1, 3, 6},
      {{4, {.sharer_layer = 2, .sharer_frequencies = kSharerWaves, .receiver_frequencies = kReceiverWaves}}});
}

at::Tensor some_positions(std::int64_t tokens, std::uint64_t seed) {
  return at::randint(0, 200, {2, tokens}, at::make_generator<at::CPUGeneratorImpl>(seed), at::TensorOptions(at::kLong));
}

TEST(Ridge, TurningForthAndBackIsNothing) {
  const at::Tensor x = random({2, 3, 5, 6}, 1), at_tokens = some_positions(5, 2);
  const at::Tensor waves = at::tensor({1.0, 0.2, 0.04}).to(at::kFloat);
  const at::Tensor turned = turn_heads(x, at_tokens, waves, false, at::kFloat);
  EXPECT_GT(distance(turned, x), 0.1);
  EXPECT_LE(distance(turn_heads(turned, at_tokens, waves, true, at::kFloat), x), 1e-5);
}

TEST(Ridge, RecoversALinearMapAtPositionsItNeverSaw) {
  const LinearWorld world;
  RidgeFitter fitter = make_fitter();
  for (std::uint64_t batch = 0; batch < 4; ++batch) {
    const at::Tensor sharer_at = some_positions(20, 100 + batch), receiver_at = some_positions(20, 200 + batch);
    const auto [sharer, receiver] = world.at_positions(sharer_at, receiver_at, 300 + 10 * batch);
    fitter.add(4, {sharer, receiver, sharer_at, receiver_at, {}});
  }
  EXPECT_EQ(fitter.tokens(4), 160);
  const auto fuser = fitter.solve(1e-12, 1.0, at::kDouble);
  ASSERT_EQ(fuser->layers.at(4).front().sharer_layer, 2);
  const at::Tensor sharer_at = some_positions(7, 1) + 1000, receiver_at = some_positions(7, 2) + 500;
  const auto [sharer, receiver] = world.at_positions(sharer_at, receiver_at, 77);
  const KvPair other = receiver_kv(900, 7, at::kDouble);
  const ProjectContext context{.sharer_positions = sharer_at, .receiver_positions = receiver_at};
  const KvPair out = fuser->projectors[0]->forward(sharer, other, context);
  EXPECT_LE(distance(out.key, receiver.key), 1e-3);  // angles are float32: 1e-7 of 1000 steps, times values near 100
  EXPECT_LE(distance(out.value, receiver.value), 1e-6);
  // At other positions the same map must not fit: the turns matter.
  const ProjectContext wrong{.sharer_positions = sharer_at + 1, .receiver_positions = receiver_at};
  EXPECT_GT(distance(fuser->projectors[0]->forward(sharer, other, wrong).key, receiver.key), 0.1);
  parameter(*fuser->projectors[0], "alpha").fill_(0.25);
  const KvPair blend = fuser->projectors[0]->forward(sharer, other, context);
  EXPECT_LE(distance(blend.value, 0.25 * out.value + 0.75 * other.value), 1e-9);
}

// Against the normal equations of the whole data at once, with a bias column that nothing shrinks.
TEST(Ridge, StreamedSumsSolveTheNormalEquations) {
  const auto rows = [](const KvPair& kv) {
    return at::cat({kv.key.transpose(1, 2).flatten(2), kv.value.transpose(1, 2).flatten(2)}, -1).flatten(0, 1);
  };
  RidgeFitter fitter({1, 2, 4}, {1, 3, 6}, {{0, {}}});
  std::vector<at::Tensor> xs, ys;
  for (std::uint64_t batch = 0; batch < 3; ++batch) {
    const KvPair sharer = sharer_kv(10 * batch + 1, 9, at::kDouble),
                 receiver = receiver_kv(10 * batch + 5, 9, at::kDouble);
    at::Tensor used = at::ones({2, 9}, at::kBool);
    used[1][3].fill_(false);
    fitter.add(0, {sharer, receiver, {}, {}, used});
    xs.push_back(rows(sharer).index({used.flatten()}));
    ys.push_back(rows(receiver).index({used.flatten()}));
  }
  EXPECT_EQ(fitter.tokens(0), 51);
  const at::Tensor x = at::cat(xs), y = at::cat(ys), centred = x - x.mean(0);
  const double lambda = 0.3, absolute = lambda * at::matmul(centred.t(), centred).diagonal().mean().item<double>();
  const at::Tensor wide = at::cat({x, at::ones({x.size(0), 1}, x.options())}, 1);
  at::Tensor penalty = at::ones({17}, x.options());
  penalty[16].fill_(0.0);
  const at::Tensor expected =
      at::linalg_solve(at::matmul(wide.t(), wide) + absolute * penalty.diag(), at::matmul(wide.t(), y));
  const auto fuser = fitter.solve(lambda, 1.0, at::kDouble);
  Projector& projector = *fuser->projectors[0];
  EXPECT_FALSE(projector.needs_positions());
  EXPECT_LE(distance(parameter(projector, "key_map.weight"), expected.slice(0, 0, 16).slice(1, 0, 18).t()), 1e-10);
  EXPECT_LE(distance(parameter(projector, "value_map.weight"), expected.slice(0, 0, 16).slice(1, 18, 36).t()), 1e-10);
  EXPECT_LE(distance(parameter(projector, "key_map.bias"), expected[16].slice(0, 0, 18)), 1e-10);
  EXPECT_LE(distance(parameter(projector, "value_map.bias"), expected[16].slice(0, 18, 36)), 1e-10);
}

TEST(Ridge, SaysWhatItCannotFit) {
  const auto message = [](const RidgeFitter& fitter, double lambda) -> std::string {
    try {
      fitter.solve(lambda);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  RidgeFitter fitter({1, 2, 4}, {1, 3, 6}, {{5, {}}});
  EXPECT_NE(message(fitter, 0.1).find("receiver layer 5"), std::string::npos);
  fitter.add(5, {sharer_kv(1), receiver_kv(3), {}, {}, {}});
  EXPECT_EQ(message(fitter, 0.1), "");
  EXPECT_NE(message(fitter, 0.0).find("larger lambda"), std::string::npos) << "10 tokens, 16 features";
  EXPECT_NE(message(fitter, -1.0), "");
  KvPair broken = sharer_kv(1);
  broken.key[0][0][0][0].fill_(NAN);
  fitter.add(5, {broken, receiver_kv(3), {}, {}, {}});
  EXPECT_NE(message(fitter, 0.1).find("not finite"), std::string::npos);
}

TEST(Ridge, NeedsPositionsAndKeepsFrequenciesExact) {
  const auto projector = make_projector("RidgeProjector", kClasses[2].args);
  EXPECT_TRUE(projector->needs_positions());
  EXPECT_THROW(projector->forward(sharer_kv(1), receiver_kv(3), {}), Error);
  const at::Tensor positions = at::arange(5).view({1, 5}) + 3000;
  const ProjectContext context{.sharer_positions = positions, .receiver_positions = positions};
  const at::Tensor before = projector->forward(sharer_kv(1), receiver_kv(3), context).key;
  projector->to(at::kBFloat16, at::kCPU);
  projector->to(at::kFloat, at::kCPU);
  // Weights lost digits, angles did not: at position 3000 a rounded frequency would turn keys anywhere.
  EXPECT_LE(distance(projector->forward(sharer_kv(1), receiver_kv(3), context).key, before), 0.05);
}

}  // namespace
}  // namespace c2c
