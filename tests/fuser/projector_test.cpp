#include "c2c/fuser/projector.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "c2c/base/error.h"
#include "c2c/fuser/ablation_projector.h"
#include "c2c/fuser/ffn.h"
#include "c2c/fuser/object_json.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

// ---- spec/projectors.md, section 10 -------------------------------------------------------------------------------

const Json kTiny = {{"source_dim", 2},       {"target_dim", 3}, {"source_num_heads", 2},
                    {"target_num_heads", 2}, {"hidden_dim", 4}, {"dropout", 0.0}};

Json tiny(const Json& more) {
  Json args = kTiny;
  args.update(more);
  return args;
}

// Parameters numbered in state-dict order, buffers skipped: element j of number t is 0.5 sin(0.1 t + 0.37 j).
void number_parameters(Projector& projector, double key_logit, double value_logit) {
  const at::NoGradGuard no_grad;
  int t = 0;
  projector.visit("", [&](const ParameterRef& ref) {
    if (ref.is_buffer) return;
    ++t;
    const at::Tensor j = at::arange(ref.tensor->numel(), at::kDouble);
    at::Tensor values = 0.5 * at::sin(0.1 * t + 0.37 * j);
    if (ref.name.find("norm.weight") != std::string::npos) values = values + 1.0;
    if (ref.name.ends_with("gate_logit"))
      values = at::full_like(values, ref.name.starts_with("value") ? value_logit : key_logit);
    ref.tensor->copy_(values.view(ref.tensor->sizes()));
  });
}

KvPair wave(std::int64_t size, double phase, double step, at::ScalarType dtype = at::kFloat) {
  const at::Tensor i = at::arange(2 * 2 * size, at::kDouble);
  const auto make = [&](double start) { return at::cos(start + step * i).view({1, 2, 2, size}).to(dtype); };
  return {make(phase), make(phase + 0.5)};
}
KvPair sharer_wave(at::ScalarType dtype = at::kFloat) {
  return wave(2, 0.0, 0.3, dtype);
}
KvPair receiver_wave(at::ScalarType dtype = at::kFloat) {
  return wave(3, 1.0, 0.2, dtype);
}

void expect_values(const at::Tensor& found, const std::vector<double>& expected) {
  const at::Tensor flat = found.reshape({-1}).to(at::kDouble);
  ASSERT_EQ(flat.numel(), std::ssize(expected));
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(flat[static_cast<std::int64_t>(i)].item<double>(), expected[i], 1e-5) << i;
}

TEST(SpecVectors, C2C) {
  const auto projector = make_projector("C2CProjector", tiny({{"intermediate_dim", 5}, {"num_layers", 4}}));
  number_parameters(*projector, 0.3, -0.2);
  ProjectContext::Capture capture;
  const KvPair receiver = receiver_wave();
  KvPair out = projector->forward(sharer_wave(), receiver, {.capture = &capture});
  expect_values(out.key, {0.12632, -0.37132, -0.02404, -0.17335, -0.63079, -0.76427, -0.51779, -1.04922, -1.41756,
                          -1.11066, -1.21684, -1.34324});
  EXPECT_TRUE(out.value.is_same(receiver.value));
  expect_values(capture.key_scalar, {0.76581, 0.67574, 0.55182, 0.60126});
  EXPECT_FLOAT_EQ(static_cast<float>(capture.key_gate_logit), 0.3f);
  EXPECT_FLOAT_EQ(static_cast<float>(capture.value_gate_logit), -0.2f);
  number_parameters(*projector, 0.3, 0.2);
  out = projector->forward(sharer_wave(), receiver, {});
  expect_values(out.value, {-0.32253, -0.77369, -0.56347, -0.68583, -1.02362, -1.14249, -0.89883, -1.22666, -1.4224,
                            -1.19733, -1.14038, -1.08471});
}

TEST(SpecVectors, Ablation) {
  const std::vector<std::vector<double>> keys = {
      {0.12632, -0.37132, -0.02404, -0.17335, -0.63079, -0.76427, -0.51779, -1.04922, -1.41756, -1.11066, -1.21684,
       -1.34324},
      {1.14028, -0.19595, -0.38755, 0.44404, -0.26894, -0.75324, -0.29719, -0.58011, -1.79857, -1.12751, -1.13955,
       -1.51902},
      {1.26768, 0.29243, -0.26449, 0.40478, 0.05997, -0.49244, -0.59602, -0.60741, -1.39233, -1.24189, -1.27115,
       -1.31614},
      {1.23808, -0.62123, -1.04513, 0.9167, -0.83137, -0.76186, 0.43304, 0.82055, -0.85077, 0.69455, 0.58471, -1.15505},
      {0.41411, -0.14585, -0.15521, -0.03038, -0.41621, -0.75803, -0.64374, -0.98191, -1.36275, -1.26163, -1.22326,
       -1.24711}};
  const std::vector<std::size_t> entries = {33, 23, 20, 20, 30};  // at L = 3
  for (std::size_t level = 0; level < keys.size(); ++level) {
    const Json more = {{"intermediate_dim", 5}, {"num_layers", 4}, {"ablation_level", level}};
    const auto projector = make_projector("AblationProjector", tiny(more));
    number_parameters(*projector, 0.3, 0.2);
    expect_values(projector->forward(sharer_wave(), receiver_wave(), {}).key, keys[level]);
    const auto three = make_projector("AblationProjector", tiny({{"ablation_level", level}}));
    std::size_t count = 0;
    three->visit("", [&](const ParameterRef&) { ++count; });
    EXPECT_EQ(count, entries[level]) << level;
    EXPECT_NO_THROW(three->set_temperature_step(3));
  }
  const auto projector = make_projector("AblationProjector", tiny({{"ablation_level", 4}}));
  EXPECT_EQ(dynamic_cast<AblationProjector&>(*projector).description(),
            "No gates (gates=1.0), keep scalars and target");
}

TEST(SpecVectors, AllInOne) {
  auto projector = make_projector("AllInOneProjector", tiny({{"num_layers", 3},
                                                             {"use_swiglu", true},
                                                             {"use_concat", true},
                                                             {"weight_granularity", "head_merged"},
                                                             {"weight_depends_on_input", true},
                                                             {"weight_input_features", "target_projected_key"},
                                                             {"weight_hidden_dim", 5},
                                                             {"preserve_target_weight", false},
                                                             {"scalar_temperature", 1.0}}));
  number_parameters(*projector, 0.3, 0.3);
  const KvPair out = projector->forward(sharer_wave(), receiver_wave(), {});
  expect_values(out.key, {-0.91452, 0.2009, 0.97591, -1.85934, 0.25162, 0.42117, -1.21733, -1.303, -0.22471, -1.97484,
                          -1.35779, -0.06869});
  expect_values(out.value, {-0.8735, 0.10228, -0.24339, -1.63677, 0.04052, -0.78886, -1.43936, -1.0383, -0.62362,
                            -1.76423, -0.83679, -0.32099});
  projector = make_projector("AllInOneProjector", kTiny);
  number_parameters(*projector, 0.3, 0.3);
  expect_values(
      projector->forward(sharer_wave(), receiver_wave(), {}).key,
      {0.8987, 0.81304, 0.05261, 1.04518, 0.76123, -0.10328, 0.03614, 0.71572, 0.67446, 0.05968, 0.87587, 0.67996});
}

// ---- gates and temperature ----------------------------------------------------------------------------------------

at::Tensor& parameter(Projector& projector, const std::string& name) {
  at::Tensor* found = nullptr;
  projector.visit("", [&](const ParameterRef& ref) {
    if (ref.name == name) found = ref.tensor;
  });
  if (found == nullptr) throw std::runtime_error("no parameter " + name);
  return *found;
}

TEST(Gate, AFreshProjectorIsClosedAndGivesTheReceiverBack) {
  for (const char* name : {"C2CProjector", "AblationProjector"}) {
    const auto projector = make_projector(name, kTiny);
    EXPECT_TRUE(projector->is_closed());
    // Shut means no arithmetic: what would poison every product is never looked at.
    parameter(*projector, "key_in.weight").fill_(NAN);
    const KvPair receiver = receiver_wave();
    const KvPair out = projector->forward(sharer_wave(), receiver, {});
    EXPECT_TRUE(out.key.is_same(receiver.key));
    EXPECT_TRUE(out.value.is_same(receiver.value));
    parameter(*projector, "value_gate_logit").fill_(0.1);  // in place, as an optimizer does
    EXPECT_FALSE(projector->is_closed());
    EXPECT_FALSE(projector->forward(sharer_wave(), receiver, {}).value.is_same(receiver.value));
  }
}

TEST(Gate, NoTargetAndShutGivesZeros) {
  const auto projector = make_projector("AblationProjector", tiny({{"use_target", false}}));
  EXPECT_FALSE(projector->is_closed());
  EXPECT_EQ(projector->forward(sharer_wave(), receiver_wave(), {}).key.abs().max().item<double>(), 0.0);
}

TEST(Gate, AllInOneIsClosedOnlyWhenItAddsNothing) {
  const auto keeps = make_projector("AllInOneProjector", tiny({{"preserve_target_weight", false}}));
  EXPECT_TRUE(keeps->is_closed());
  const KvPair receiver = receiver_wave();
  EXPECT_TRUE(keeps->forward(sharer_wave(), receiver, {}).key.is_same(receiver.key));
  const auto scales = make_projector("AllInOneProjector", tiny({{"scalar_temperature", 1.0}}));
  EXPECT_FALSE(scales->is_closed());
  const at::Tensor half = scales->forward(sharer_wave(), receiver, {}).key;  // weight sigmoid(0) = 0.5
  EXPECT_TRUE(at::allclose(half, 0.5 * receiver.key));
}

TEST(Temperature, FollowsTheScheduleInTheBuffersType) {
  Json args = kTiny;
  args["dtype"] = encode_dtype(at::kBFloat16);
  const auto projector = make_projector("C2CProjector", args);
  const std::vector<std::pair<std::int64_t, double>> steps = {{0, 1.0},
                                                              {1, 0.99609375},
                                                              {100, 0.69921875},
                                                              {964, 0.03173828125},
                                                              {1929, 0.00099945068359375},
                                                              {5000, 0.00099945068359375}};
  for (const auto& [step, expected] : steps) {
    projector->set_temperature_step(step);
    EXPECT_EQ(parameter(*projector, "gate_temperature").item<double>(), expected) << step;
  }
  const auto broken = make_projector("C2CProjector", tiny({{"anneal_steps", 0}}));
  EXPECT_THROW(broken->set_temperature_step(1), Error);
}

TEST(Temperature, GumbelExampleOfTheSpecification) {
  const auto projector = make_projector("AllInOneProjector", tiny({{"add_self", false}, {"scalar_temperature", 1.0}}));
  parameter(*projector, "gate_temperature").fill_(0.5);
  const TrainingDraws draws{[](at::IntArrayRef shape, at::TensorOptions options) {
    EXPECT_EQ(shape, (at::IntArrayRef{1, 2, 2, 3}));
    return at::full(shape, 0.25, options);
  }};
  const at::NoGradGuard no_grad;
  const at::Tensor shut_weights = projector->forward(sharer_wave(), receiver_wave(), {true, &draws}).key;
  parameter(*projector, "gate_logit").fill_(1.0);
  const at::Tensor open = projector->forward(sharer_wave(), receiver_wave(), {}).key;
  // Dropout is zero, so training differs from evaluation by the soft gate alone.
  EXPECT_TRUE(at::allclose(shut_weights, open * 0.342253, 1e-5, 1e-7));
}

// ---- precision ----------------------------------------------------------------------------------------------------

TEST(Precision, BFloat16RoundsAsTheReference) {
  const auto projector = make_projector("C2CProjector", tiny({{"dtype", encode_dtype(at::kBFloat16)}}));
  number_parameters(*projector, 0.3, 0.2);
  const at::NoGradGuard no_grad;
  const KvPair sharer = sharer_wave(at::kBFloat16), receiver = receiver_wave(at::kBFloat16);
  EXPECT_EQ(projector->forward(sharer, receiver, {}).key.scalar_type(), at::kFloat);
  const TrainingDraws draws{[](at::IntArrayRef shape, at::TensorOptions options) {
    EXPECT_EQ(options.dtype().toScalarType(), at::kBFloat16);
    return at::full(shape, 0.5, options);
  }};
  EXPECT_EQ(projector->forward(sharer, receiver, {true, &draws}).key.scalar_type(), at::kBFloat16);
  const auto ungated =
      make_projector("AblationProjector", tiny({{"ablation_level", 4}, {"dtype", encode_dtype(at::kBFloat16)}}));
  EXPECT_EQ(ungated->forward(sharer, receiver, {}).key.scalar_type(), at::kBFloat16);
}

TEST(Precision, OnePassNormEqualsLibTorch) {
  at::manual_seed(3);
  for (const std::int64_t size : {1, 31, 32, 48, 100, 1024}) {
    const at::Tensor x = (at::randn({3, 5, size}) * 4).to(at::kBFloat16);
    const at::Tensor weight = at::randn({size}).to(at::kBFloat16);
    const at::Tensor expected = at::rms_norm(x, weight.sizes(), weight, 1e-6);
    const at::Tensor found = block_norm(x, weight);
    // Another order of the sum may move a value across a rounding boundary: one unit in the last place, rarely.
    const at::Tensor distance = (found.view(at::kShort).to(at::kInt) - expected.view(at::kShort).to(at::kInt)).abs();
    EXPECT_LE(distance.max().item<int>(), 1);
    EXPECT_LE(distance.sum().item<int>(), 1 + x.numel() / 500) << size;
  }
  const at::Tensor bad = at::full({1, 40}, NAN).to(at::kBFloat16);
  EXPECT_TRUE(block_norm(bad, at::ones({40}, at::kBFloat16)).isnan().all().item<bool>());
}

// ---- draws (gradients: gradient_check_test.cpp) -------------------------------------------------------------------

TEST(Draws, TrainingIsRepeatableFromTheSeed) {
  const auto projector = make_projector("C2CProjector", tiny({{"dropout", 0.5}}));
  number_parameters(*projector, 0.3, 0.2);
  const auto run = [&](std::uint64_t seed) {
    at::manual_seed(seed);
    return projector->forward(sharer_wave(), receiver_wave(), {.training = true}).key;
  };
  EXPECT_TRUE(at::equal(run(1), run(1)));
  EXPECT_FALSE(at::equal(run(1), run(2)));
}

TEST(Draws, ZeroInitMakesOutputProjectionsZero) {
  const auto projector = make_projector("C2CProjector", tiny({{"zero_init", true}}));
  EXPECT_EQ(parameter(*projector, "value_proj_out.weight").abs().max().item<double>(), 0.0);
  EXPECT_GT(parameter(*projector, "value_in.weight").abs().max().item<double>(), 0.0);
}

// ---- AllInOne where the reference raises ----------------------------------------------------------------------------

TEST(AllInOne, HeadMergedParametersAreReadAsHead) {
  const auto merged = make_projector(
      "AllInOneProjector", tiny({{"gate_granularity", "head_merged"}, {"weight_granularity", "head_merged"}}));
  const auto head =
      make_projector("AllInOneProjector", tiny({{"gate_granularity", "head"}, {"weight_granularity", "head"}}));
  for (auto* projector : {merged.get(), head.get()}) {
    number_parameters(*projector, 0.3, 0.3);
    parameter(*projector, "gate_logit").copy_(at::arange(8192 * 2).view({8192, 2}) % 3 - 1);
  }
  EXPECT_TRUE(at::equal(merged->forward(sharer_wave(), receiver_wave(), {}).key,
                        head->forward(sharer_wave(), receiver_wave(), {}).key));
}

TEST(AllInOne, TokensBeyondTheLimitUseTheLastRow) {
  Json args = tiny({{"weight_granularity", "token"}, {"max_sequence_length", 1}, {"scalar_temperature", 1.0}});
  const auto projector = make_projector("AllInOneProjector", args);
  parameter(*projector, "key_weight").fill_(0.7);
  const KvPair receiver = receiver_wave();
  const at::Tensor out = projector->forward(sharer_wave(), receiver, {}).key;
  EXPECT_TRUE(at::allclose(out, receiver.key * (1 - 1 / (1 + std::exp(-0.7)))));
}

TEST(AllInOne, GatePerTokenFromTheInput) {
  Json args = tiny({{"gate_granularity", "token"}, {"gate_depends_on_input", true}, {"preserve_target_weight", false}});
  const auto projector = make_projector("AllInOneProjector", args);
  number_parameters(*projector, 0, 0);
  // Layer 4 of the generator is its last linear: weight zero, so its bias alone decides.
  parameter(*projector, "gate_generator.layers.4.weight").zero_();
  const KvPair receiver = receiver_wave();
  parameter(*projector, "gate_generator.layers.4.bias").fill_(-1.0);
  EXPECT_TRUE(at::equal(projector->forward(sharer_wave(), receiver, {}).key, receiver.key));
  parameter(*projector, "gate_generator.layers.4.bias").fill_(1.0);
  EXPECT_FALSE(at::equal(projector->forward(sharer_wave(), receiver, {}).key, receiver.key));
}

// ---- registry and arguments -----------------------------------------------------------------------------------------

// The error of making a projector, or an empty one where none is thrown.
ErrorInfo failure(const std::string& name, const Json& args) {
  try {
    make_projector(name, args);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput);
    return error.info();
  }
  ADD_FAILURE() << name << " " << args << " was accepted";
  return {};
}

TEST(Registry, NamesAreExactOrInLowerCase) {
  EXPECT_EQ(make_projector("c2cprojector", kTiny)->class_name(), "C2CProjector");
  const ErrorInfo info = failure("C2CPROJECTOR", kTiny);
  EXPECT_EQ(info.found, "C2CPROJECTOR");
  for (const std::string& name : registered_projectors())
    EXPECT_NE(info.expected.find(name), std::string::npos) << name;
  EXPECT_NE(info.expected.find("AblationProjector, AllInOneProjector, "), std::string::npos);
}

TEST(Registry, ArgumentErrorsNameKeyFoundAndExpected) {
  EXPECT_EQ(failure("C2CProjector", {{"source_dim", 2}}).key, "init_args.target_dim");
  const ErrorInfo unknown = failure("C2CProjector", tiny({{"hiden_dim", 4}}));
  EXPECT_EQ(unknown.key, "init_args.hiden_dim");
  EXPECT_NE(unknown.expected.find("hidden_dim"), std::string::npos);
  const ErrorInfo type = failure("C2CProjector", tiny({{"hidden_dim", "4"}}));
  EXPECT_EQ(type.key, "init_args.hidden_dim");
  EXPECT_EQ(type.found, "\"4\"");
  EXPECT_EQ(failure("C2CProjector", tiny({{"num_layers", 2}})).key, "init_args.num_layers");
  EXPECT_EQ(failure("C2CProjector", tiny({{"hidden_dim", 18446744073709551615ull}})).key, "init_args.hidden_dim");
  EXPECT_EQ(failure("C2CProjector", tiny({{"dropout", 1.5}})).key, "init_args.dropout");
  EXPECT_EQ(failure("C2CProjector", tiny({{"dropout", NAN}})).key, "init_args.dropout");
  EXPECT_EQ(failure("C2CProjector", tiny({{"zero_init", 1}})).key, "init_args.zero_init");
  EXPECT_EQ(failure("C2CProjector", tiny({{"dtype", "int8"}})).key, "init_args.dtype");
  EXPECT_EQ(failure("AblationProjector", tiny({{"zero_init", true}})).key, "init_args.zero_init");
  EXPECT_EQ(failure("AblationProjector", tiny({{"ablation_level", 5}})).key, "init_args.ablation_level");
  EXPECT_EQ(failure("AllInOneProjector", tiny({{"gate_granularity", "layer"}})).key, "init_args.gate_granularity");
  EXPECT_EQ(failure("AllInOneProjector", tiny({{"activation", "tanh"}})).key, "init_args.activation");
  EXPECT_EQ(failure("AllInOneProjector", tiny({{"weight_depends_on_input", true}, {"weight_input_features", "x"}})).key,
            "init_args.weight_input_features");
  EXPECT_EQ(failure("C2CProjector", Json::array()).key, "init_args");
}

TEST(Registry, WrongInputShapesAreNamed) {
  const auto projector = make_projector("C2CProjector", kTiny);
  try {
    projector->forward(receiver_wave(), receiver_wave(), {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.info().key, "sharer key");
    EXPECT_EQ(error.info().found, "[1, 2, 2, 3]");
  }
}

// ---- the JSON dialect -----------------------------------------------------------------------------------------------

TEST(ObjectJson, ReadsAndWritesPythonsWords) {
  const std::string text =
      "{\n  \"a\": NaN,\n  \"b\": [\n    Infinity,\n    -Infinity,\n    -1\n  ],\n"
      "  \"c\": \"NaN and \\\" Infinity\",\n  \"d\": 1e-05,\n  \"e\": {},\n  \"f\": \"\\u00e9\"\n}";
  const Json value = parse_python_json(text, "test");
  EXPECT_TRUE(std::isnan(value["a"].get<double>()));
  EXPECT_EQ(value["b"][1].get<double>(), -INFINITY);
  EXPECT_EQ(value["c"], "NaN and \" Infinity");
  EXPECT_EQ(dump_python_json(value), text);
  EXPECT_EQ(dump_python_json(value["b"], -1), "[Infinity, -Infinity, -1]");
  EXPECT_EQ(dump_python_json({{"0", {{"1", Json::array({0, 2})}}}}, -1), "{\"0\": {\"1\": [0, 2]}}");
}

TEST(ObjectJson, RefusesDamage) {
  for (const std::string& text : {std::string("{"), std::string("{\"a\": NaNa}"), std::string("NaN NaN"),
                                  std::string(100000, '['), std::string("{\"a\": \"\xff\"}"), std::string("\"\\")})
    EXPECT_THROW(parse_python_json(text, "test"), Error) << text.substr(0, 20);
}

}  // namespace
}  // namespace c2c
