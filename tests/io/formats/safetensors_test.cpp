#include "c2c/io/formats/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>

#include "c2c/base/error.h"
#include "c2c/io/formats/shard_index.h"
#include "tests/io/formats/format_testing.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

using testing::TemporaryFolder;
using testing::to_bytes;

std::string file_text(const std::string& header, const std::string& payload) {
  const std::uint64_t size = header.size();
  std::string text(reinterpret_cast<const char*>(&size), 8);
  return text + header + payload;
}

SafetensorsFile open_text(const std::string& text) {
  return SafetensorsFile::open(memory_source("test.safetensors", to_bytes(text)));
}

std::string message_of(const std::string& text) {
  try {
    open_text(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 1);
    return error.what();
  }
  return "no error";
}

TEST(Safetensors, ReadsTensorsInFileOrderWithMetadata) {
  const auto file = open_text(file_text(
      R"({"__metadata__":{"format":"pt"},"z":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
      R"("a":{"dtype":"BF16","shape":[],"data_offsets":[8,10]},"e":{"dtype":"I64","shape":[3,0],"data_offsets":[10,10]}})",
      "abcdefghij"));
  ASSERT_EQ(file.tensors().size(), 3U);
  EXPECT_EQ(file.tensors()[0].name, "z");
  EXPECT_EQ(file.tensors()[1].dtype, DType::kBF16);
  EXPECT_EQ(file.tensors()[1].numel(), 1);
  EXPECT_EQ(static_cast<char>(file.find("a")->data[0]), 'i');
  EXPECT_EQ(file.find("e")->numel(), 0);
  EXPECT_EQ(file.find("nothing"), nullptr);
  EXPECT_EQ(file.metadata().at("format"), "pt");
}

TEST(Safetensors, RefusesWhatDoesNotAddUp) {
  const auto with = [](const std::string& entries) { return message_of(file_text("{" + entries + "}", "01234567")); };
  const std::string good = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  EXPECT_EQ(with(good), "no error");
  EXPECT_NE(with(R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,12]})").find("truncated"), std::string::npos);
  EXPECT_NE(with(R"("a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]})").find("12 for F32[3]"), std::string::npos);
  EXPECT_NE(with(R"("a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]})").find("whole number"), std::string::npos);
  EXPECT_NE(with(R"("a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]})").find("F8_E4M3"), std::string::npos);
  EXPECT_NE(with(R"("a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]})").find("predecessor"), std::string::npos);
  EXPECT_NE(with(R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]})").find("no tensor"), std::string::npos);
  EXPECT_NE(with(good + "," + good).find("twice"), std::string::npos);
  EXPECT_NE(with(good + R"(,"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]})").find("predecessor"),
            std::string::npos);
  EXPECT_NE(with(R"("a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]})").find("63 bits"),
            std::string::npos);
  EXPECT_NE(with(R"("a":{"dtype":"F32","data_offsets":[0,8]})").find("shape is missing"), std::string::npos);
  EXPECT_NE(with(R"("__metadata__":{"x":1})").find("__metadata__.x"), std::string::npos);
  EXPECT_NE(with(R"("a":[)").find("broken JSON"), std::string::npos);
}

TEST(Safetensors, RefusesTruncatedAndHostileHeaders) {
  EXPECT_NE(message_of("").find("end of the file"), std::string::npos);
  EXPECT_NE(message_of("12345678").find("at most 100 MB"), std::string::npos);
  EXPECT_NE(message_of(file_text(std::string(5000, '['), "")).find("deeper"), std::string::npos);
  const std::string whole = file_text(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "01234567");
  for (std::size_t cut = 0; cut < whole.size(); ++cut) EXPECT_NE(message_of(whole.substr(0, cut)), "no error");
}

TEST(Safetensors, WritesWhatItReads) {
  const TemporaryFolder folder;
  const std::string values = "abcdefghijklmnop";
  const auto bytes = to_bytes(values);
  const std::vector<TensorInfo> tensors = {
      {"small", DType::kU8, {3}, Bytes(bytes).first(3)},
      {"large", DType::kF64, {2}, Bytes(bytes).first(16)},
      {"also small", DType::kU8, {2}, Bytes(bytes).first(2)},
      {"schöne \"Namen\"", DType::kF32, {}, Bytes(bytes).first(4)},
  };
  write_safetensors(folder / "sub/x.safetensors", tensors, {{"who", "test"}});
  const auto file = SafetensorsFile::open(map_file(folder / "sub/x.safetensors"));
  ASSERT_EQ(file.tensors().size(), 4U);
  EXPECT_EQ(file.tensors()[0].name, "large");
  EXPECT_EQ(file.tensors()[2].name, "small");
  EXPECT_EQ(file.tensors()[3].name, "also small");
  EXPECT_EQ(file.metadata().at("who"), "test");
  for (const TensorInfo& info : tensors) {
    const TensorInfo* found = file.find(info.name);
    ASSERT_NE(found, nullptr) << info.name;
    EXPECT_EQ(found->shape, info.shape);
    EXPECT_EQ(std::memcmp(found->data.data(), info.data.data(), info.data.size()), 0);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(found->data.data()) % dtype_block_bytes(info.dtype), 0U);
  }
}

TEST(Safetensors, AFailedWriteLeavesTheOldFile) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "x.safetensors", "old");
  const auto bytes = to_bytes("abcd");
  const TensorInfo info{"a", DType::kF32, {1}, bytes};
  EXPECT_THROW(write_safetensors(folder / "x.safetensors", {info, info}), Error);
  EXPECT_EQ(read_text_file(folder / "x.safetensors"), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(ShardIndex, NamesTheMissingShard) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a.safetensors", "x");
  write_file_atomically(folder / "i.json", R"({"weight_map":{"t":"a.safetensors","u":"b.safetensors"}})");
  try {
    read_shard_index(folder / "i.json");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.info().key, "b.safetensors");
  }
  write_file_atomically(folder / "b.safetensors", "x");
  EXPECT_EQ(read_shard_index(folder / "i.json").at("u"), "b.safetensors");
}

TEST(ShardIndex, RefusesOtherFolders) {
  for (const std::string name : {"../x", "/etc/passwd", "..", "", "a\\b", "a/b"})
    EXPECT_THROW(parse_shard_index(R"({"weight_map":{"t":")" + (name == "a\\b" ? "a\\\\b" : name) + "\"}}", "i"), Error)
        << name;
  EXPECT_THROW(parse_shard_index(R"({"weight_map":{}})", "i"), Error);
  EXPECT_THROW(parse_shard_index(R"({"weight_map":{"t":3}})", "i"), Error);
  EXPECT_THROW(parse_shard_index("[]", "i"), Error);
}

}  // namespace
}  // namespace c2c
