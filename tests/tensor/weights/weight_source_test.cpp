#include "c2c/tensor/weights/weight_source.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "c2c/base/error.h"
#include "c2c/io/formats/gguf.h"
#include "c2c/io/formats/safetensors.h"
#include "c2c/io/formats/torch_archive.h"

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

TEST_F(WeightSourceTest, GgufBlocksBecomeEveryFloatType) {
  const fs::path path = fs::path(C2C_SOURCE_DIR) / "tests/io/formats/data/blocks.gguf";
  auto file = std::make_shared<const GgufFile>(GgufFile::open(map_file(path)));
  for (const auto& weights : {open_weights(path), weights_from_gguf("blocks", file)}) {
    for (const char* name : {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K", "F16"}) {
      const TensorInfo* info = weights->find(name);
      ASSERT_NE(info, nullptr) << name;
      const auto load = [&](const std::string& tensor, at::ScalarType type) {
        return weights->load(*weights->find(tensor), type);
      };
      const at::Tensor expected = load(std::string(name) + ".float", at::kFloat);
      EXPECT_EQ(expected.sizes().vec(), info->shape);
      EXPECT_TRUE(at::equal(load(name, at::kFloat), expected)) << name;
      EXPECT_TRUE(at::equal(load(name, at::kBFloat16), load(std::string(name) + ".bf16", at::kBFloat16))) << name;
      EXPECT_TRUE(at::equal(load(name, at::kDouble), expected.to(at::kDouble))) << name;
      EXPECT_TRUE(at::equal(load(name, at::kHalf), expected.to(at::kHalf))) << name;
    }
    EXPECT_THROW(weights->load(*weights->find("Q8_0"), at::kLong), Error);
  }
}

TEST_F(WeightSourceTest, ReadsPyTorchFilesAndFolders) {
  const at::Tensor a = at::randn({7, 3});
  write_torch_archive(folder_ / "pytorch_model.bin", {describe("a", a)});
  write_torch_archive(folder_ / "x.pt", {describe("a", a)});
  for (const fs::path& path : {folder_, folder_ / "x.pt"}) {
    const auto weights = open_weights(path);
    EXPECT_TRUE(at::equal(weights->load(*weights->find("a"), at::kFloat), a));
  }
  save("model.safetensors", {{"b", a}});  // comes first in a folder that has both
  EXPECT_NE(open_weights(folder_)->find("b"), nullptr);
  write_file_atomically(folder_ / "old.pt", "\x80\x02}.");
  try {
    open_weights(folder_ / "old.pt");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.info().hint.find("torch.save"), std::string::npos);
  }
}

// Bytes of a line of /proc/self/status, such as VmRSS or VmHWM.
std::int64_t status_bytes(const std::string& key) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key + ":")) return std::stoll(line.substr(key.size() + 1)) * 1024;
  return 0;
}

TEST_F(WeightSourceTest, LoadingTakesLittleMoreMemoryThanItsResult) {
  const std::int64_t count = std::int64_t{32} << 20;
  {
    save("model.safetensors", {{"w", at::ones({count})}});
  }
  const auto weights = open_weights(folder_);
  std::ofstream("/proc/self/clear_refs") << "5";  // starts VmHWM anew
  const std::int64_t before = status_bytes("VmRSS");
  if (status_bytes("VmHWM") > before + (16 << 20)) GTEST_SKIP() << "this kernel cannot reset VmHWM";
  const at::Tensor loaded = weights->load(*weights->find("w"), at::kBFloat16);
  const std::int64_t grown = status_bytes("VmHWM") - before;
  EXPECT_LT(grown, count * 2 + (24 << 20)) << "the mapped file (" << count * 4 << " bytes) was not given back";
  EXPECT_GE(grown, count * 2);
  EXPECT_EQ(loaded.sum().item<double>(), static_cast<double>(count));
}

TEST_F(WeightSourceTest, TypesMapBothWays) {
  for (const DType type : {DType::kF64, DType::kF32, DType::kF16, DType::kBF16, DType::kI64, DType::kBool})
    EXPECT_EQ(dtype_of(scalar_type_of(type)), type);
  EXPECT_EQ(scalar_type_of(DType::kQ4_K), at::kFloat);
  EXPECT_THROW(dtype_of(at::kComplexFloat), Error);
}

}  // namespace
}  // namespace c2c
