// Text tables. What a CSV must give where RFC 4180 is silent was taken from Python's csv.DictReader.
#include <gtest/gtest.h>

#include "c2c/io/tables/row_source.h"
#include "c2c/io/tables/text_rows.h"
#include "tests/io/formats/format_testing.h"

namespace c2c {
namespace {

using testing::error_of;
using testing::TemporaryFolder;
using testing::to_bytes;

std::shared_ptr<const RowSource> jsonl(const std::string& text) {
  return jsonl_rows(memory_source("t.jsonl", to_bytes(text)));
}
std::shared_ptr<const RowSource> json(const std::string& text) {
  return json_rows(memory_source("t.json", to_bytes(text)));
}
std::shared_ptr<const RowSource> csv(const std::string& text, char delimiter = ',') {
  return csv_rows(memory_source("t.csv", to_bytes(text)), delimiter);
}
std::vector<std::string> dumps(const RowSource& rows) {
  std::vector<std::string> texts;
  for (std::int64_t i = 0; i < rows.size(); ++i) texts.push_back(rows.row(i).dump());
  return texts;
}
using Texts = std::vector<std::string>;

std::filesystem::path write(const TemporaryFolder& folder, const std::string& name, const std::string& text) {
  std::filesystem::create_directories((folder / name).parent_path());
  std::ofstream(folder / name, std::ios::binary) << text;
  return folder / name;
}

TEST(Jsonl, ReadsLinesOfAnyEndingAndSkipsBlankOnes) {
  EXPECT_EQ(dumps(*jsonl("{\"b\":1,\"a\":2}\r\n\n  \t\r\n{\"c\":\"\\u00e9\\n\"}")),
            (Texts{R"({"b":1,"a":2})", R"({"c":"é\n"})"}));
  EXPECT_EQ(dumps(*jsonl("\xEF\xBB\xBF{\"a\":1}\n")), Texts{R"({"a":1})"});
  EXPECT_EQ(jsonl("")->size(), 0);
  EXPECT_EQ(jsonl("\n\n")->size(), 0);
}

TEST(Jsonl, ABadRowNamesItsLineAndCostsNoOther) {
  const auto rows = jsonl("{\"a\":1}\n\n{\"a\":\n[1]\n{\"a\":\"\xFF\"}\n{\"a\":2}\n");
  ASSERT_EQ(rows->size(), 5);
  EXPECT_NE(error_of([&] { rows->row(1); }).find("t.jsonl:3;"), std::string::npos) << error_of([&] { rows->row(1); });
  EXPECT_NE(error_of([&] { rows->row(2); }).find("t.jsonl:4; found a JSON array; expected an object"),
            std::string::npos);
  EXPECT_NE(error_of([&] { rows->row(3); }).find("t.jsonl:5"), std::string::npos);
  EXPECT_EQ(rows->row(4).dump(), R"({"a":2})");
}

TEST(Jsonl, LinesAreRightFarIntoTheFile) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += (i % 7 == 0 ? "\n" : "") + std::string("{\"i\":") + std::to_string(i) + "}\n";
  const auto rows = jsonl(text + "broken\n");
  ASSERT_EQ(rows->size(), 5001);
  for (const int i : {0, 1023, 1024, 4999}) EXPECT_EQ(rows->row(i)["i"], i);
  EXPECT_NE(error_of([&] { rows->row(5000); }).find("t.jsonl:5716;"), std::string::npos)
      << error_of([&] { rows->row(5000); });  // 5000 rows, 715 blank lines
}

TEST(Jsonl, HostileRowsAreRefusedQuickly) {
  EXPECT_NE(error_of([] { jsonl(std::string(100'000, '['))->row(0); }).find("nested deeper"), std::string::npos);
  std::string keys = "{\"k\":{";
  for (int i = 0; i < 200'000; ++i) keys += "\"" + std::to_string(i) + "\":0,";
  EXPECT_NE(error_of([&] { jsonl(keys + "\"z\":0}}")->row(0); }).find("more than 10000 keys"), std::string::npos);
  // Many colons in a text are no keys; many objects of few keys are fine.
  EXPECT_EQ(jsonl("{\"a\":\"" + std::string(50'000, ':') + "\"}")->row(0)["a"].get<std::string>().size(), 50'000U);
  std::string list = "{\"a\":[{\"k\":0}";
  for (int i = 0; i < 20'000; ++i) list += ",{\"k\":0}";
  EXPECT_EQ(jsonl(list + "]}")->row(0)["a"].size(), 20'001U);
}

TEST(Json, ReadsArraysDataAndLines) {
  const Texts expected = {R"({"a":"] , \" }"})", R"({"b":[{"c":[]}]})"};
  const std::string array = "[ {\"a\": \"] , \\\" }\"} ,\n {\"b\":[{\"c\":[]}]}]\n";
  EXPECT_EQ(dumps(*json(array)), expected);
  EXPECT_EQ(dumps(*json("\xEF\xBB\xBF" + array)), expected);
  EXPECT_EQ(dumps(*json("{\"version\": {\"data\": [1]}, \"data\": " + array + ", \"more\": \"x\"}")), expected);
  EXPECT_EQ(dumps(*json("{\"a\":1}\n{\"a\":2}\n")), (Texts{R"({"a":1})", R"({"a":2})"}));
  EXPECT_EQ(dumps(*json("{\n \"a\": 1\n}\n")), Texts{R"({"a":1})"});
  EXPECT_EQ(json("[]")->size(), 0);
  EXPECT_EQ(json("{\"data\": []}")->size(), 0);
}

TEST(Json, BadElementsCostThemselvesBrokenFramesTheFile) {
  const auto rows = json("[{\"a\":1},\n 7,\n {\"a\" 2},\n {\"a\":3}]");
  ASSERT_EQ(rows->size(), 4);
  EXPECT_NE(error_of([&] { rows->row(1); }).find("t.json:2; found a JSON number"), std::string::npos);
  EXPECT_NE(error_of([&] { rows->row(2); }).find("t.json:3; found broken JSON"), std::string::npos);
  EXPECT_EQ(rows->row(3)["a"], 3);
  for (const char* text : {"[{\"a\":1}, ", "[{\"a\":\"x", "[{\"a\":\"x\\", "[{\"a\":1} {\"a\":2}]", "[1] x", "7", "",
                           "{\"data\": [{}", "{\"data\": [{}], 3}", "[,]", "{\"a\"}"})
    EXPECT_NE(error_of([&] { json(text); }).find("t.json"), std::string::npos) << text;
  EXPECT_NE(error_of([] { json("[{\"a\":\"x"); }).find("truncated"), std::string::npos);
}

TEST(Csv, ReadsQuotesNewlinesAndEndings) {
  EXPECT_EQ(dumps(*csv("a,b,c\r\n1,\"x, \"\"y\"\"\nz\",\r\n\r\n\"\",  \"q\" ,\"p\"r\n")),
            (Texts{R"({"a":"1","b":"x, \"y\"\nz","c":""})", R"({"a":"","b":"  \"q\" ","c":"pr"})"}));
  EXPECT_EQ(dumps(*csv("\xEF\xBB\xBFx\ty\r7\t,8", '\t')), Texts{R"({"x":"7","y":",8"})"});
  EXPECT_EQ(csv("a,b\n")->size(), 0);
}

TEST(Csv, BadRowsNameTheirLine) {
  const auto rows = csv("a,b\n1,2\n\"x\ny\",2,3\n1\n\xFF,2\n5,6\n\"open,1\n");
  ASSERT_EQ(rows->size(), 6);
  EXPECT_NE(error_of([&] { rows->row(1); }).find("t.csv:3; found 3 fields; expected 2"), std::string::npos);
  EXPECT_NE(error_of([&] { rows->row(2); }).find("t.csv:5; found 1 fields"), std::string::npos);
  EXPECT_NE(error_of([&] { rows->row(3); }).find("t.csv:6: a; found bytes that are not UTF-8"), std::string::npos);
  EXPECT_EQ(rows->row(4).dump(), R"({"a":"5","b":"6"})");
  EXPECT_NE(error_of([&] { rows->row(5); }).find("t.csv:8; found a quote that is never closed"), std::string::npos);
  EXPECT_NE(error_of([] { csv("a,a\n"); }).find("the column 'a' twice"), std::string::npos);
  EXPECT_NE(error_of([] { csv(""); }).find("an empty file"), std::string::npos);
}

TEST(OpenRows, TakesTheReaderByTheExtensionAndJoinsFiles) {
  const TemporaryFolder folder;
  const auto lines = write(folder, "a.JSONL", "{\"x\":1}\n{\"x\":2}\n");
  const auto empty = write(folder, "b.ndjson", "");
  const auto table = write(folder, "c.csv", "x\n3\n");
  const auto rows = open_rows({lines, empty, table});
  EXPECT_EQ(dumps(*rows), (Texts{R"({"x":1})", R"({"x":2})", R"({"x":"3"})"}));
  EXPECT_EQ(dumps(*open_rows(write(folder, "d.tsv", "x\ty\n1\t2\n"))), Texts{R"({"x":"1","y":"2"})"});
  EXPECT_NE(error_of([&] { open_rows(write(folder, "e.txt", "x")); }).find("unknown kind"), std::string::npos);
  EXPECT_NE(error_of([&] { open_rows(folder / "none.jsonl"); }).find("none.jsonl"), std::string::npos);
  EXPECT_NE(error_of([&] { open_rows(folder.path()); }).find("without state.json"), std::string::npos);
}

TEST(OpenRows, StateFilesNameFilesOfTheirFolderOnly) {
  const TemporaryFolder folder;
  const auto problem = [&](const std::string& state) {
    write(folder, "state.json", state);
    return error_of([&] { open_rows(folder.path()); });
  };
  EXPECT_NE(problem("[]").find("_data_files"), std::string::npos);
  EXPECT_NE(problem("{\"_data_files\": [{\"filename\": \"../x.arrow\"}]}").find("a file of this folder"),
            std::string::npos);
  EXPECT_NE(
      problem("{\"_data_files\": [{\"filename\": \"x.arrow\"}], \"_indices_data_files\": [1]}").find("a selection"),
      std::string::npos);
  EXPECT_NE(problem("{\"_data_files\": [{\"filename\": \"x.arrow\"}]}").find("x.arrow"), std::string::npos);
}

}  // namespace
}  // namespace c2c
