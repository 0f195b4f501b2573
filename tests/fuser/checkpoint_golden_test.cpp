// Every fuser folder of the golden set: loads, and both written forms give it back.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "c2c/fuser/fuser.h"
#include "c2c/io/formats/source.h"
#include "c2c/tensor/weights/weight_source.h"
#include "tests/testing/golden.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> folders() {
  std::vector<std::string> names;
  const fs::path root = testing::golden_dir() / "fusers";
  for (const auto& fuser : fs::directory_iterator(root))
    for (const auto& sharer : fs::directory_iterator(fuser.path()))
      names.push_back(fs::relative(sharer.path(), root).string());
  std::sort(names.begin(), names.end());
  return names;
}

void expect_same_tensors(const Fuser& a, const Fuser& b) {
  ASSERT_EQ(a.projectors.size(), b.projectors.size());
  for (std::size_t i = 0; i < a.projectors.size(); ++i) {
    std::vector<std::pair<std::string, at::Tensor>> expected;
    a.projectors[i]->visit("", [&](const ParameterRef& ref) { expected.emplace_back(ref.name, *ref.tensor); });
    std::size_t j = 0;
    b.projectors[i]->visit("", [&](const ParameterRef& ref) {
      ASSERT_LT(j, expected.size());
      EXPECT_EQ(ref.name, expected[j].first);
      EXPECT_EQ(ref.tensor->scalar_type(), expected[j].second.scalar_type()) << ref.name;
      EXPECT_TRUE(at::equal(*ref.tensor, expected[j].second)) << ref.name;
      ++j;
    });
    EXPECT_EQ(j, expected.size());
  }
}

void expect_same_maps(const Fuser& a, const Fuser& b) {
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (const auto& [layer, links] : a.layers) {
    const auto& others = b.layers.at(layer);
    ASSERT_EQ(links.size(), others.size());
    for (std::size_t i = 0; i < links.size(); ++i) {
      EXPECT_EQ(links[i].sharer_layer, others[i].sharer_layer);
      EXPECT_EQ(links[i].projector, others[i].projector);
    }
  }
  EXPECT_EQ(a.recipe.receiver, b.recipe.receiver);
  EXPECT_EQ(a.recipe.sharer, b.recipe.sharer);
  EXPECT_EQ(a.recipe.align, b.recipe.align);
  EXPECT_EQ(a.recipe.alignment_strategy, b.recipe.alignment_strategy);
  EXPECT_EQ(a.recipe.fusion_mode, b.recipe.fusion_mode);
  EXPECT_EQ(a.recipe.include_response, b.recipe.include_response);
}

class CheckpointGolden : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::replace(name.begin(), name.end(), '/', '_');
    folder_ = fs::temp_directory_path() / ("c2c_" + name + "_" + std::to_string(getpid()));
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_P(CheckpointGolden, LoadsAndIsWrittenBackInBothForms) {
  const fs::path source = testing::golden_dir() / "fusers" / GetParam();
  const FuserLoadOptions options{.dtype = at::kFloat};
  const auto fuser = load_fuser(source, options);
  EXPECT_EQ(fuser->recipe.receiver, testing::read_golden_json(source / "config.json")["model"]["base_model"]);
  ASSERT_FALSE(fuser->projectors.empty());
  // The tensors are those of the .pt files, in whatever type the arguments name.
  for (std::size_t i = 0; i < fuser->projectors.size(); ++i) {
    const auto weights = open_weights(source / "final" / ("projector_" + std::to_string(i) + ".pt"));
    std::size_t count = 0;
    fuser->projectors[i]->visit("", [&](const ParameterRef& ref) {
      EXPECT_EQ(weights->tensors().at(count++).name, ref.name) << "state-dict order";
      EXPECT_TRUE(at::equal(*ref.tensor, weights->load(*weights->find(ref.name), at::kFloat))) << ref.name;
    });
    EXPECT_EQ(count, weights->tensors().size());
  }

  save_fuser_safetensors(*fuser, folder_ / "own");
  for (const fs::path& path : {folder_ / "own", folder_ / "own/fuser.safetensors"}) {
    const auto own = load_fuser(path, options);
    expect_same_tensors(*fuser, *own);
    expect_same_maps(*fuser, *own);
  }
  save_fuser_reference(*fuser, folder_ / "reference");
  const auto again = load_fuser(folder_ / "reference", options);
  expect_same_tensors(*fuser, *again);
  expect_same_maps(*fuser, *again);
  // Text files come back byte for byte.
  for (const auto& entry : fs::directory_iterator(source / "final"))
    if (entry.path().extension() == ".json") {
      EXPECT_EQ(read_text_file(folder_ / "reference/final" / entry.path().filename()), read_text_file(entry.path()));
    }
  EXPECT_EQ(read_text_file(folder_ / "reference/config.json"), read_text_file(source / "config.json"));
}
INSTANTIATE_TEST_SUITE_P(Fusers, CheckpointGolden, ::testing::ValuesIn(folders()), testing::ParamName());

}  // namespace
}  // namespace c2c
