#include "c2c/tensor/weights/weight_source.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "c2c/base/error.h"
#include "c2c/io/formats/dequantize.h"
#include "c2c/io/formats/safetensors.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

class WeightSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("c2c_weights_" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void save(const std::string& file, const std::vector<std::pair<std::string, at::Tensor>>& tensors) const {
    std::vector<TensorInfo> infos;
    for (const auto& [name, tensor] : tensors) infos.push_back(describe(name, tensor));
    write_safetensors(folder_ / file, infos);
  }

  fs::path folder_;
};

TEST_F(WeightSourceTest, LoadsEveryTypeFromAFile) {
  // More than one chunk, and no multiple of anything.
  const at::Tensor base = at::randn({3, 100003});
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const at::ScalarType type : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort,
                                    at::kChar, at::kByte, at::kBool})
    tensors.emplace_back(c10::toString(type), (base * 10).abs().to(type));
  save("model.safetensors", tensors);
  for (const fs::path& path : {folder_, folder_ / "model.safetensors"}) {
    const auto weights = open_weights(path);
    ASSERT_EQ(weights->tensors().size(), tensors.size());
    for (const auto& [name, tensor] : tensors) {
      const TensorInfo* info = weights->find(name);
      ASSERT_NE(info, nullptr);
      for (const at::ScalarType type : {at::kFloat, at::kBFloat16, at::kDouble, at::kHalf, tensor.scalar_type()}) {
        const at::Tensor loaded = weights->load(*info, type);
        EXPECT_EQ(loaded.scalar_type(), type);
        EXPECT_TRUE(loaded.is_contiguous());
        EXPECT_TRUE(at::equal(loaded, tensor.to(type))) << name << " to " << c10::toString(type);
      }
    }
    EXPECT_EQ(weights->find("nothing"), nullptr);
  }
}

TEST_F(WeightSourceTest, JoinsShardsAndNamesWhatIsMissing) {
  const at::Tensor a = at::arange(6).view({2, 3}).to(at::kFloat);
  save("model-1.safetensors", {{"a", a}});
  save("model-2.safetensors", {{"b", a + 1}});
  const auto index = [&](const std::string& map) {
    write_file_atomically(folder_ / "model.safetensors.index.json", R"({"weight_map":{)" + map + "}}");
  };
  index(R"("a":"model-1.safetensors","b":"model-2.safetensors")");
  const auto weights = open_weights(folder_);
  EXPECT_EQ(weights->tensors().size(), 2U);
  EXPECT_TRUE(at::equal(weights->load(*weights->find("b"), at::kFloat), a + 1));
  index(R"("a":"model-1.safetensors","b":"model-3.safetensors")");
  EXPECT_THROW(open_weights(folder_), Error);
  index(R"("a":"model-1.safetensors","c":"model-2.safetensors")");
  try {
    open_weights(folder_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.info().key, "c");
  }
  save("model-2.safetensors", {{"a", a}});
  index(R"("a":"model-1.safetensors","b":"model-2.safetensors")");
  EXPECT_THROW(open_weights(folder_), Error);  // "a" twice
}

TEST_F(WeightSourceTest, EmptyFoldersAndMissingFilesAreNamed) {
  EXPECT_THROW(open_weights(folder_), Error);
  EXPECT_THROW(open_weights(folder_ / "none.safetensors"), Error);
}

TEST_F(WeightSourceTest, TensorsInMemory) {
  const at::Tensor a = at::randn({4, 5});
  const auto weights = weights_from_tensors("memory", {{"a", a.t()}, {"b", a}});
  EXPECT_EQ(weights->tensors()[0].shape, (std::vector<std::int64_t>{5, 4}));
  const at::Tensor loaded = weights->load(*weights->find("a"), at::kFloat);
  EXPECT_TRUE(at::equal(loaded, a.t()));
  EXPECT_NE(weights->load(*weights->find("b"), at::kFloat).data_ptr(), a.data_ptr());
}

TEST_F(WeightSourceTest, TypesMapBothWays) {
  for (const DType type : {DType::kF64, DType::kF32, DType::kF16, DType::kBF16, DType::kI64, DType::kBool})
    EXPECT_EQ(dtype_of(scalar_type_of(type)), type);
  EXPECT_EQ(scalar_type_of(DType::kQ4_K), at::kFloat);
  EXPECT_THROW(dtype_of(at::kComplexFloat), Error);
}

}  // namespace
}  // namespace c2c
