#include "c2c/io/formats/source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "c2c/base/error.h"
#include "c2c/io/formats/atomic_file.h"
#include "c2c/io/formats/json.h"
#include "tests/io/formats/format_testing.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::TemporaryFolder;

std::string text_of(const ByteSource& source) {
  return {reinterpret_cast<const char*>(source.bytes().data()), source.bytes().size()};
}

TEST(Source, MapsFilesOfAnySize) {
  const TemporaryFolder folder;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100000}}) {
    const std::string text(size, 'x');
    write_file_atomically(folder / "file", text);
    const auto source = map_file(folder / "file");
    EXPECT_EQ(text_of(*source), text);
    source->release(source->bytes());  // given back, and there again when read
    source->release({});
    EXPECT_EQ(text_of(*source), text);
    EXPECT_EQ(source->name(), (folder / "file").string());
  }
}

TEST(Source, RefusesWhatIsNoFile) {
  const TemporaryFolder folder;
  EXPECT_NE(error_of([&] { map_file(folder / "none"); }).find("cannot open: No such file"), std::string::npos);
  EXPECT_NE(error_of([&] { map_file(folder.path()); }).find("a folder"), std::string::npos);
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_NE(error_of([&] { map_file(folder / "pipe"); }).find("not a regular file"), std::string::npos);
  write_file_atomically(folder / "file", "12345");
  EXPECT_EQ(read_text_file(folder / "file", 5), "12345");
  EXPECT_NE(error_of([&] { read_text_file(folder / "file", 4); }).find("at most 4"), std::string::npos);
}

TEST(AtomicFile, AppearsWholeOrNotAtAll) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "new/folder/file", "old");
  {
    AtomicFile file(folder / "new/folder/file");
    file.write("half");
    EXPECT_EQ(file.size(), 4U);
  }
  EXPECT_EQ(read_text_file(folder / "new/folder/file"), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "new/folder"), fs::directory_iterator()), 1);
  AtomicFile file(folder / "new/folder/file");
  file.write("ne");
  file.write("w");
  file.commit();
  EXPECT_EQ(read_text_file(folder / "new/folder/file"), "new");
  EXPECT_NE(error_of([&] { AtomicFile bad(folder.path()); }).find("a folder"), std::string::npos);
  EXPECT_NE(error_of([&] { AtomicFile bad(folder / "new/folder/file/below"); }), "");
}

TEST(Json, IsBoundedInDepthAndSize) {
  EXPECT_EQ(parse_json(R"({"a": ["[[[[", 1]})", "x", {.max_depth = 2})["a"][1], 1);
  EXPECT_NE(error_of([] { parse_json("[[[1]]]", "x", {.max_depth = 2}); }).find("deeper than 2"), std::string::npos);
  EXPECT_NE(error_of([] { parse_json("[1]", "x", {.max_bytes = 2}); }).find("3 bytes"), std::string::npos);
  EXPECT_NE(error_of([] { parse_json(R"({"a":1,"a":2})", "x", {.unique_keys = true}); }).find("twice"),
            std::string::npos);
  EXPECT_EQ(parse_json(R"({"a":1,"b":{"a":2}})", "x", {.unique_keys = true})["b"]["a"], 2);
  for (const char* text : {"", "{", "1e999", "\"\xff\"", "[1,]", "nul", "\"a\\"})
    EXPECT_NE(error_of([&] { parse_json(text, "x"); }).find("x; found broken JSON"), std::string::npos) << text;
}

}  // namespace
}  // namespace c2c
