#include "c2c/io/formats/gguf.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <sstream>

#include "c2c/base/error.h"
#include "c2c/io/formats/dequantize.h"
#include "tests/io/formats/format_testing.h"
#include "tests/testing/golden.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::to_bytes;

const TensorInfo* find(const GgufFile& file, const std::string& name) {
  for (const TensorInfo& info : file.tensors())
    if (info.name == name) return &info;
  return nullptr;
}

fs::path blocks_path() {
  return fs::path(C2C_SOURCE_DIR) / "tests/io/formats/data/blocks.gguf";
}

TEST(Gguf, DequantizesEveryTypeAsGgufPyDoes) {
  const auto file = GgufFile::open(map_file(blocks_path()));
  int checked = 0;
  for (const TensorInfo& info : file.tensors()) {
    const TensorInfo* expected_float = find(file, info.name + ".float");
    const TensorInfo* expected_bf16 = find(file, info.name + ".bf16");
    if (expected_bf16 == nullptr) continue;
    const auto count = static_cast<std::size_t>(info.numel());
    if (expected_float != nullptr) {
      ASSERT_EQ(expected_float->shape, info.shape);
      std::vector<float> floats(count);
      dequantize_to_float(info.dtype, info.data, floats.data(), info.numel());
      EXPECT_EQ(std::memcmp(floats.data(), expected_float->data.data(), count * 4), 0) << info.name;
    }
    std::vector<std::uint16_t> rounded(count);
    dequantize_to_bfloat16(info.dtype, info.data, rounded.data(), info.numel());
    EXPECT_EQ(std::memcmp(rounded.data(), expected_bf16->data.data(), count * 2), 0) << info.name;
    ++checked;
  }
  EXPECT_EQ(checked, 10);
}

TEST(Gguf, ReadsMetadataOfEveryType) {
  const auto file = GgufFile::open(map_file(blocks_path()));
  EXPECT_EQ(file.find_int("int.u8"), 255);
  EXPECT_EQ(file.find_int("int.i8"), -128);
  EXPECT_EQ(file.find_int("int.u16"), 65535);
  EXPECT_EQ(file.find_int("int.i16"), -32768);
  EXPECT_EQ(file.find_int("int.u32"), 4294967295);
  EXPECT_EQ(file.find_int("int.i32"), -2147483648LL);
  EXPECT_EQ(file.find_int("int.u64"), INT64_MAX);
  EXPECT_EQ(file.find_int("int.i64"), INT64_MIN);
  EXPECT_EQ(file.find_float("float.f32"), static_cast<double>(0.1F));
  EXPECT_EQ(file.find_float("float.f64"), 0.1);
  EXPECT_EQ(file.find_float("int.u8"), 255.0);
  EXPECT_EQ(file.find_bool("bool"), true);
  EXPECT_EQ(*file.find_string("string"), "h\u00e9llo");
  EXPECT_EQ(*file.find_strings("strings"), (std::vector<std::string>{"", "a", "\u2581b"}));
  EXPECT_EQ(*file.find_ints("ints"), (std::vector<std::int64_t>{3, -4, 5}));
  EXPECT_EQ(*file.find_floats("floats"), (std::vector<double>{0.5, -1.5}));
  EXPECT_EQ(std::get<std::vector<bool>>(file.metadata().at("bools")), (std::vector<bool>{true, false}));
  EXPECT_EQ(file.find_int("nothing"), std::nullopt);
  EXPECT_EQ(file.find_string("nothing"), nullptr);
  const std::string message = error_of([&] { file.find_string("ints"); });
  EXPECT_NE(message.find("ints; found an array of integers; expected a string"), std::string::npos) << message;
  EXPECT_THROW(file.find_int("float.f32"), Error);
}

TEST(Gguf, EveryTruncationIsAnError) {
  const auto source = map_file(blocks_path());
  const Bytes all = source->bytes();
  for (std::size_t size = 0; size < all.size(); size += size < 4000 ? 1 : 997) {
    const Bytes part = all.first(size);
    EXPECT_THROW(GgufFile::open(memory_source("cut", {part.begin(), part.end()})), Error) << size;
  }
}

// A little file in memory: metadata and tensor entries as raw text.
class Builder {
 public:
  template <class T>
  static std::string raw(T value) {
    return std::string(reinterpret_cast<const char*>(&value), sizeof(T));
  }
  static std::string string(const std::string& text) { return raw<std::uint64_t>(text.size()) + text; }
  static std::string u32_entry(const std::string& key, std::uint32_t value) {
    return string(key) + raw<std::uint32_t>(4) + raw(value);
  }
  static std::string tensor(const std::string& name, const std::vector<std::uint64_t>& dims, std::uint32_t type,
                            std::uint64_t offset) {
    std::string text = string(name) + raw<std::uint32_t>(static_cast<std::uint32_t>(dims.size()));
    for (const std::uint64_t size : dims) text += raw(size);
    return text + raw(type) + raw(offset);
  }
  std::string error() const {
    std::string text = "GGUF" + raw(version) + raw(tensor_count) + raw(entry_count) + body;
    text.resize((text.size() + 31) / 32 * 32);
    text += std::string(data, 'x');
    return error_of([&] { GgufFile::open(memory_source("test.gguf", to_bytes(text))); });
  }

  std::uint32_t version = 3;
  std::uint64_t tensor_count = 1;
  std::uint64_t entry_count = 0;
  std::string body = tensor("w", {4, 2}, 0, 0);
  std::size_t data = 64;
};

TEST(Gguf, RefusesWhatDoesNotAddUp) {
  EXPECT_EQ(Builder{}.error(), "");
  EXPECT_EQ(Builder{.version = 2}.error(), "");
  const auto expect = [](const Builder& builder, const std::string& part) {
    EXPECT_NE(builder.error().find(part), std::string::npos) << builder.error() << " lacks " << part;
  };
  expect({.version = 1}, "GGUF version 1");
  expect({.version = 0x03000000}, "little endian");
  expect({.tensor_count = 1ULL << 60}, "tensor count");
  expect({.entry_count = 1ULL << 60}, "metadata count");
  expect({.body = Builder::tensor("w", {4, 2}, 10, 0)}, "Q2_K");
  expect({.body = Builder::tensor("w", {4, 2}, 77, 0)}, "ggml type 77");
  expect({.body = Builder::tensor("w", {16, 2}, 2, 0)}, "multiple of 32");
  expect({.body = Builder::tensor("w", {4, 2}, 0, 16)}, "multiple of 32");
  expect({.body = Builder::tensor("w", {4, 2}, 0, 64)}, "within the 64 bytes");
  expect({.body = Builder::tensor("w", {1ULL << 40, 1ULL << 40}, 0, 0)}, "63 bits");
  expect({.body = Builder::tensor("w", {1ULL << 63}, 0, 0)}, "2^63");
  expect({.body = Builder::tensor("w", std::vector<std::uint64_t>(9, 1), 0, 0)}, "9 dimensions");
  expect({.tensor_count = 2, .body = Builder::tensor("w", {4}, 0, 0) + Builder::tensor("w", {4}, 0, 32)}, "twice");
  expect({.tensor_count = 2, .body = Builder::tensor("v", {12}, 0, 0) + Builder::tensor("w", {4}, 0, 32)}, "overlap");
  const auto entry = [&](const std::string& text, std::uint64_t count = 1) {
    return Builder{.entry_count = count, .body = text + Builder::tensor("w", {4, 2}, 0, 0)};
  };
  EXPECT_EQ(entry(Builder::u32_entry("k", 1)).error(), "");
  expect(entry(Builder::u32_entry("k", 1) + Builder::u32_entry("k", 1), 2), "twice");
  expect(entry(Builder::u32_entry("general.alignment", 24)), "power of two");
  expect(entry(Builder::u32_entry("split.count", 2)), "--merge");
  expect(entry(Builder::string("k") + Builder::raw(13)), "value type 13");
  expect(entry(Builder::string("k") + Builder::raw(7) + "\2"), "a bool");
  expect(entry(Builder::string("k") + Builder::raw(9) + Builder::raw(9) + Builder::raw(1ULL)), "arrays in arrays");
  expect(entry(Builder::string("k") + Builder::raw(9) + Builder::raw(8) + Builder::raw(1ULL << 40)), "can hold");
  expect(entry(Builder::string("k") + Builder::raw(10) + Builder::raw(1ULL << 63)), "2^63");
}

// Live against gguf-py: a checksum of every dequantised tensor of the downloaded model.
TEST(GgufParity, ARealModelDequantizesAsGgufPyDoes) {
  const std::string python = testing::python_with("gguf");
  if (python.empty()) GTEST_SKIP() << "needs Python with gguf: set C2C_PYTHON";
  const fs::path folder = testing::deps_dir() / "models";
  const fs::path path = folder / "smollm2-135m-instruct.gguf";
  if (!fs::exists(path)) GTEST_SKIP() << "no " << path << ": ./run fetch";
  const std::string script = R"(
import sys, zlib
from gguf import GGUFReader
from gguf.quants import dequantize
for t in GGUFReader(sys.argv[1]).tensors[::12]:
    if t.n_elements < 2**21: print(t.name, zlib.crc32(dequantize(t.data, t.tensor_type).tobytes()), *t.shape[::-1])
)";
  std::istringstream lines(testing::run_python(python, script, "'" + path.string() + "'"));
  const auto file = GgufFile::open(map_file(path));
  int tensors = 0;
  for (std::string line; std::getline(lines, line); ++tensors) {
    std::istringstream words(line);
    std::string tensor;
    words >> tensor;
    const TensorInfo* info = find(file, tensor);
    ASSERT_NE(info, nullptr) << tensor;
    std::vector<float> floats(static_cast<std::size_t>(info->numel()));
    dequantize_to_float(info->dtype, info->data, floats.data(), info->numel());
    std::ostringstream ours;
    ours << tensor << ' '
         << crc32(0, reinterpret_cast<const Bytef*>(floats.data()), static_cast<uInt>(floats.size() * 4));
    for (const std::int64_t size : info->shape) ours << ' ' << size;
    EXPECT_EQ(ours.str(), line);
  }
  EXPECT_GT(tensors, 15);
}

}  // namespace
}  // namespace c2c
