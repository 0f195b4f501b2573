#include "c2c/io/tables/arrow_stream.h"

#include <gtest/gtest.h>

#include "c2c/base/error.h"
#include "c2c/io/formats/sha256.h"
#include "c2c/io/tables/arrow_module.h"
#include "tests/io/formats/format_testing.h"

namespace c2c {
namespace {

using Type = ArrowStreamWriter::Type;

std::string text_of(std::int64_t row) {
  return row % 7 == 0 ? "" : std::string(static_cast<std::size_t>(row % 50), 'x') + "\xC3\xA9 " + std::to_string(row);
}

// Past two batches, the last of them short.
std::string stream(std::int64_t rows) {
  std::string bytes;
  ArrowStreamWriter writer({{"id", Type::kText}, {"good", Type::kBool}, {"text", Type::kText}},
                           [&](std::string_view piece) { bytes += piece; });
  for (std::int64_t i = 0; i < rows; ++i) writer.add({std::to_string(i), text_of(i)}, {i % 3 == 1});
  writer.finish();
  EXPECT_EQ(writer.rows(), rows);
  return bytes;
}

// Exactly these bytes pyarrow 26 read back as what had been written, when this was noted.
TEST(ArrowStream, BytesAreThoseThatPyarrowRead) {
  EXPECT_EQ(sha256_of(stream(0)), "0d595d37029273679e5f05f4352410bc9dc925eb71b944868c4fe187d195b343");
  EXPECT_EQ(sha256_of(stream(2500)), "78656f6e81d9d80e2d270e3191109f641b35016c51353ae27b63157c93ff813c");
}

TEST(ArrowStream, OurOwnReaderReadsItBack) {
  if (const std::string problem = arrow_problem(); !problem.empty()) GTEST_SKIP() << problem;
  for (const std::int64_t size : {0, 1, 999, 1000, 1001, 2500}) {
    const auto rows = arrow_rows(memory_source("stream", testing::to_bytes(stream(size))), false);
    ASSERT_EQ(rows->size(), size);
    for (std::int64_t i = 0; i < size; ++i)
      ASSERT_EQ(rows->row(i), (Row{{"id", std::to_string(i)}, {"good", i % 3 == 1}, {"text", text_of(i)}}));
  }
}

TEST(ArrowStream, PyarrowReadsItBack) {
  const std::string python = testing::python_with("pyarrow");
  if (python.empty()) GTEST_SKIP() << "no Python with pyarrow: name one with C2C_PYTHON";
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "s.arrow", std::ios::binary) << stream(2500);
  const std::string script =
      "import pyarrow as pa\n"
      "t = pa.ipc.open_stream('" +
      (folder / "s.arrow").string() +
      "').read_all()\n"
      "t.validate(full=True)\n"
      "assert [str(f.type) for f in t.schema] == ['string', 'bool', 'string'], t.schema\n"
      "assert t.column_names == ['id', 'good', 'text']\n"
      "assert t['id'].to_pylist() == [str(i) for i in range(2500)]\n"
      "assert t['good'].to_pylist() == [i % 3 == 1 for i in range(2500)]\n"
      "assert t['text'].to_pylist() == ['' if i % 7 == 0 else 'x' * (i % 50) + '\\u00e9 ' + str(i)"
      " for i in range(2500)]\n"
      "print('good')\n";
  std::ofstream(folder / "check.py") << script;
  EXPECT_EQ(std::system((python + " " + (folder / "check.py").string() + " >/dev/null").c_str()), 0);
}

}  // namespace
}  // namespace c2c
