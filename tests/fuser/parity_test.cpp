// Live against Python: the reference's classes (C2C_REF: a checkout of thu-nics/C2C) and torch.load of what we write.
// C2C_PYTHON names a Python with torch and transformers. Skipped aloud where either is absent.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "c2c/fuser/fuser.h"
#include "c2c/io/formats/source.h"
#include "c2c/tensor/weights/weight_source.h"
#include "tests/testing/golden.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

class Parity : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("c2c_fuser_parity_" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  static std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  }
  static int run(const std::string& arguments) {
    return std::system((environment("C2C_PYTHON") + " " + arguments).c_str());
  }
  fs::path folder_;
};

TEST_F(Parity, DrawsOutputsAndPrecisionEqualTheReference) {
  const std::string reference = environment("C2C_REF");
  if (environment("C2C_PYTHON").empty() || reference.empty())
    GTEST_SKIP() << "set C2C_PYTHON and C2C_REF (a checkout of github.com/thu-nics/C2C) to compare with the reference";
  const fs::path script = fs::path(C2C_SOURCE_DIR) / "tests/fuser/parity.py";
  ASSERT_EQ(run(script.string() + " " + reference + " " + folder_.string()), 0);
  const auto fuser = load_fuser(folder_, {.keep_dtype = true});
  ASSERT_GT(fuser->projectors.size(), 0u);
  for (std::size_t i = 0; i < fuser->projectors.size(); ++i) {
    Projector& projector = *fuser->projectors[i];
    const std::string what = projector.class_name() + " " + std::to_string(i);
    at::manual_seed(7 + i);
    const auto fresh = make_projector(projector.class_name(), projector.init_args());
    std::vector<at::Tensor> drawn;
    fresh->visit("", [&](const ParameterRef& ref) { drawn.push_back(*ref.tensor); });
    std::size_t count = 0;
    at::ScalarType type = at::kFloat;
    projector.visit("", [&](const ParameterRef& ref) {
      type = ref.tensor->scalar_type();
      EXPECT_TRUE(at::equal(*ref.tensor, drawn.at(count++))) << what << " " << ref.name << " first draw";
      if (ref.name.ends_with("gate_logit")) ref.tensor->fill_(0.75);
    });
    const auto weights = open_weights(folder_ / ("result_" + std::to_string(i) + ".pt"));
    const auto get = [&](const std::string& name, at::ScalarType as) {
      return weights->load(*weights->find(name), as);
    };
    const KvPair source{get("source_key", type), get("source_value", type)};
    const KvPair target{get("target_key", type), get("target_value", type)};
    const at::NoGradGuard no_grad;
    const auto compare = [&](const KvPair& out, const std::string& mode) {
      for (const auto& [found, name] : {std::pair(out.key, mode + "_key"), std::pair(out.value, mode + "_value")}) {
        const auto stored = scalar_type_of(weights->find(name)->dtype);
        EXPECT_EQ(found.scalar_type(), stored) << what << " " << name;
        const double tolerance = type == at::kFloat ? 1e-6 : 4e-2;
        EXPECT_LE((found.to(at::kFloat) - get(name, at::kFloat)).abs().max().item<double>(), tolerance)
            << what << " " << name;
        // In bfloat16 a matrix product may round another way; nearly all elements are the same all the same.
        const double equal = (found == get(name, stored)).to(at::kFloat).mean().item<double>();
        EXPECT_GE(equal, type == at::kBFloat16 ? 0.98 : 0.0) << what << " " << name;
      }
    };
    compare(projector.forward(source, target, {}), "eval");
    projector.set_temperature_step(100);
    at::manual_seed(1000 + i);
    compare(projector.forward(source, target, {.training = true}), "train");
  }
}

TEST_F(Parity, PythonLoadsWhatIsSaved) {
  if (environment("C2C_PYTHON").empty())
    GTEST_SKIP() << "set C2C_PYTHON to a Python with torch to check that torch.load accepts our files";
  Fuser fuser;
  const nlohmann::ordered_json args = {{"source_dim", 4}, {"target_dim", 3}, {"hidden_dim", 6}};
  fuser.projectors.push_back(make_projector("C2CProjector", args));
  fuser.projectors.push_back(make_projector("AllInOneProjector", args));
  fuser.projectors[1]->to(at::kBFloat16, at::kCPU);
  fuser.layers = {{0, {{0, 0}}}, {1, {{1, 1}}}};
  save_fuser_reference(fuser, folder_);
  save_fuser_safetensors(fuser, folder_ / "own");
  // Names, shapes, types and sums as Python sees them.
  write_file_atomically(folder_ / "check.py", std::string_view(R"(
import collections, json, sys, torch
folder, seen = sys.argv[1], {}
for i in range(2):
    state = torch.load(f"{folder}/final/projector_{i}.pt", map_location="cpu", weights_only=True)
    assert isinstance(state, collections.OrderedDict), type(state)
    for name, t in state.items():
        seen[f"{i}.{name}"] = [str(t.dtype), list(t.shape), t.double().sum().item()]
    json.load(open(f"{folder}/final/projector_{i}.json"))
json.load(open(f"{folder}/final/projector_config.json"))
json.dump(seen, open(f"{folder}/seen.json", "w"))
)"));
  ASSERT_EQ(run((folder_ / "check.py").string() + " " + folder_.string()), 0);
  const auto seen = nlohmann::ordered_json::parse(read_text_file(folder_ / "seen.json"));
  auto next = seen.begin();
  for (std::size_t i = 0; i < 2; ++i)
    fuser.projectors[i]->visit(std::to_string(i) + ".", [&](const ParameterRef& ref) {
      ASSERT_NE(next, seen.end());
      EXPECT_EQ(next.key(), ref.name);
      EXPECT_EQ((*next)[0], i == 0 ? "torch.float32" : "torch.bfloat16");
      EXPECT_EQ((*next)[1].get<std::vector<std::int64_t>>(), ref.tensor->sizes().vec());
      EXPECT_NEAR((*next)[2].get<double>(), ref.tensor->to(at::kDouble).sum().item<double>(), 1e-12);
      ++next;
    });
  EXPECT_EQ(next, seen.end());
  const auto sums = "cd " + (folder_ / "own").string() + " && sha256sum --quiet -c SHA256SUMS";
  EXPECT_EQ(std::system(sums.c_str()), 0);
}

}  // namespace
}  // namespace c2c
