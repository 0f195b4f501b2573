// Every tensor file of the golden set: checkpoints that PyTorch wrote, models and cases that safetensors wrote.
#include <gtest/gtest.h>

#include "c2c/io/formats/safetensors.h"
#include "c2c/io/formats/torch_archive.h"
#include "tests/testing/golden.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

template <class Check>
int for_each_file(const std::string& extension, Check check) {
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(testing::golden_dir()))
    if (entry.path().extension() == extension) {
      ++files;
      SCOPED_TRACE(entry.path().string());
      check(entry.path());
    }
  return files;
}

template <class File>
void check_tensors(const fs::path& path) {
  const File file = File::open(map_file(path));
  EXPECT_FALSE(file.tensors().empty());
  for (const TensorInfo& info : file.tensors()) {
    EXPECT_EQ(info.data.size(), tensor_bytes(info.dtype, info.numel()));
    EXPECT_EQ(file.find(info.name), &info);
  }
}

TEST(FormatsGolden, EveryTorchArchiveReads) {
  EXPECT_GT(for_each_file(".pt", check_tensors<TorchArchive>), 0);
}

TEST(FormatsGolden, EverySafetensorsFileReads) {
  EXPECT_GT(for_each_file(".safetensors", check_tensors<SafetensorsFile>), 0);
}

}  // namespace
}  // namespace c2c
