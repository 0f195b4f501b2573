// Parquet and Arrow files that make_fixtures.py wrote with pyarrow and Hugging Face datasets, against the same rows as
// JSON Lines.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "c2c/io/tables/arrow_module.h"
#include "c2c/io/tables/row_source.h"
#include "tests/io/formats/format_testing.h"
#include "tests/testing/golden.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using testing::error_of;

fs::path fixture(const std::string& name) {
  return fs::path(C2C_SOURCE_DIR) / "tests/io/tables/data" / name;
}

class ArrowTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string problem = arrow_problem(); !problem.empty())
      GTEST_SKIP() << problem << "; C2C_ARROW=1 ./run setup, then build again";
  }
};

// Arrow's columns are there in every row; null and absent are the same.
Row without_nulls(Row row) {
  Row kept = Row::object();
  for (const auto& [key, value] : row.items())
    if (!value.is_null()) kept[key] = value;
  return kept;
}

void expect_rows(const RowSource& rows) {
  const auto expected = open_rows(fixture("rows.jsonl"));
  ASSERT_EQ(rows.size(), expected->size());
  // Backwards and forwards: pieces are decoded out of order and again.
  for (std::int64_t i = rows.size() - 1; i >= 0; --i)
    EXPECT_EQ(without_nulls(rows.row(i)), without_nulls(expected->row(i))) << rows.name() << " " << i;
  for (std::int64_t i = 0; i < rows.size(); ++i)
    EXPECT_EQ(without_nulls(rows.row(i)), without_nulls(expected->row(i))) << rows.name() << " " << i;
}

TEST_F(ArrowTest, EveryFormatGivesTheSameRows) {
  for (const char* name : {"rows.parquet", "one_group.parquet", "rows_file.arrow", "rows_stream.arrow", "rows.feather",
                           "saved", "saved_dict/train"})
    expect_rows(*open_rows(fixture(name)));
}

TEST_F(ArrowTest, LargeRowGroupsAreUnpackedAside) {
  setenv("C2C_ARROW_SPILL_BYTES", "0", 1);
  expect_rows(*open_rows(fixture("rows.parquet")));
  expect_rows(*open_rows(fixture("one_group.parquet")));
  const char* tmp = std::getenv("TMPDIR");
  const std::string saved = tmp == nullptr ? "" : tmp;
  const testing::TemporaryFolder folder;
  const auto rows = open_rows(fixture("rows.parquet"));
  setenv("TMPDIR", (folder / "not there").c_str(), 1);
  EXPECT_NE(error_of([&] { rows->row(0); }).find("row 0"), std::string::npos);
  saved.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", saved.c_str(), 1);
  unsetenv("C2C_ARROW_SPILL_BYTES");
}

TEST_F(ArrowTest, OtherTypes) {
  const auto rows = open_rows(fixture("types.arrow"));
  EXPECT_EQ(rows->row(0).dump(),
            R"({"kind":"u","large":"p","view":"short","fixed":[1,2],"map":[["k",1]],"day":"2024-02-29"})");
  EXPECT_EQ(rows->row(1).dump(),
            R"({"kind":"v","large":null,"view":"a text of more than twelve bytes","fixed":null,"map":[],"day":null})");
  EXPECT_EQ(open_rows(fixture("types.parquet"))->row(2).dump(),
            R"({"kind":"u","large":"q","fixed":[3,4],"map":null,"day":"1970-01-01"})");
}

TEST_F(ArrowTest, DictionariesOfSplitsAreNamed) {
  EXPECT_NE(error_of([] { open_rows(fixture("saved_dict")); }).find("dictionary of splits"), std::string::npos);
}

// Cut and flipped bytes: an error or other rows, never a crash (also under the sanitizers).
TEST_F(ArrowTest, DamagedFilesAreErrors) {
  std::mt19937 random(1);
  for (const char* name : {"rows.parquet", "rows_file.arrow", "rows_stream.arrow", "rows.feather", "types.arrow"}) {
    const std::string whole = testing::read_gz(fixture(name));
    for (int round = 0; round < 60; ++round) {
      std::string text = whole.substr(0, round % 3 == 0 ? random() % whole.size() : whole.size());
      for (int i = 0; i < 1 + round % 4 && !text.empty(); ++i)
        text[random() % text.size()] = static_cast<char>(random());
      const bool parquet = std::string(name).ends_with("parquet");
      error_of([&] {
        const auto rows = arrow_rows(memory_source(name, testing::to_bytes(text)), parquet);
        for (std::int64_t i = 0; i < std::min<std::int64_t>(rows->size(), 20); ++i) error_of([&] { rows->row(i); });
      });
    }
    EXPECT_NE(error_of([&] { arrow_rows(memory_source(name, {}), true); }), "");
  }
}

TEST(ArrowMissing, TheErrorSaysWhatToDo) {
  if (arrow_problem().empty()) return;  // with Arrow there is no such message; builds without it test it
  const std::string error = error_of([] { open_rows(fixture("rows.parquet")); });
  EXPECT_NE(error.find("rows.parquet"), std::string::npos) << error;
  EXPECT_NE(error.find("C2C_ARROW=1 ./run setup"), std::string::npos) << error;
}

}  // namespace
}  // namespace c2c
