// Layouts of repositories as they lie on the hub (names taken from the repositories' file lists).
#include "c2c/io/tables/data_files.h"

#include <gtest/gtest.h>

#include "tests/io/formats/format_testing.h"

namespace c2c {
namespace {

using Names = std::vector<std::string>;

TEST(DataFiles, ChoosesConfigurationAndSplit) {
  const Names mmlu = {"all/auxiliary_train-00000-of-00001.parquet",
                      "all/dev-00000-of-00001.parquet",
                      "all/test-00000-of-00001.parquet",
                      "all/validation-00000-of-00001.parquet",
                      "anatomy/test-00000-of-00001.parquet",
                      "auxiliary_train/train-00000-of-00001.parquet"};
  EXPECT_EQ(choose_split_files(mmlu, {"all", "test"}), Names{mmlu[2]});
  EXPECT_EQ(choose_split_files(mmlu, {"all", "auxiliary_train"}), Names{mmlu[0]});
  EXPECT_EQ(choose_split_files(mmlu, {"all", "validation"}), Names{mmlu[3]});
  EXPECT_EQ(choose_split_files(mmlu, {"all", "train"}), Names{}) << "an error in the reference too";
  EXPECT_EQ(choose_split_files(mmlu, {"none", "test", true}), Names{});

  const Names shards = {"data/test-00000-of-00001.parquet", "data/train-00000-of-00002.parquet",
                        "data/train-00001-of-00002.parquet"};
  EXPECT_EQ(choose_split_files(shards, {"", "train"}), (Names{shards[1], shards[2]}));
  EXPECT_EQ(choose_split_files({"openhermes2_5.json"}, {"", "train"}), Names{"openhermes2_5.json"});
  EXPECT_EQ(choose_split_files({"openhermes2_5.json"}, {"", "test"}), Names{});
  EXPECT_EQ(choose_split_files({"data/qasper_e.jsonl", "data/qasper.jsonl", "data/trec_e.jsonl"}, {"qasper_e", "test"}),
            Names{"data/qasper_e.jsonl"});
  EXPECT_EQ(choose_split_files({"a/my_train.csv", "a/my-dev.csv"}, {"", "validation"}), Names{"a/my-dev.csv"});
  EXPECT_EQ(choose_split_files({"test.csv", "test.jsonl", "train.csv"}, {"", "test"}), Names{"test.jsonl"});
  EXPECT_EQ(choose_split_files({"test/x.csv", "train/x.csv"}, {"", "test"}), Names{"test/x.csv"});
}

TEST(DataFiles, ListsTablesBelowAFolder) {
  const testing::TemporaryFolder folder;
  for (const char* name : {"b/x.parquet", "a.jsonl", "README.md", ".cache/h.json", "state.json", "dataset_info.json",
                           "__pycache__/y.json", "b/c/z.csv"}) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name) << "x";
  }
  EXPECT_EQ(list_table_files(folder.path()), (Names{"a.jsonl", "b/c/z.csv", "b/x.parquet"}));
  EXPECT_EQ(list_table_files(folder / "none"), Names{});
}

TEST(DataFiles, MatchesShellPatterns) {
  for (const auto& [pattern, path, fits] :
       std::vector<std::tuple<std::string, std::string, bool>>{{"all/test-*", "all/test-00000-of-00001.parquet", true},
                                                               {"*.csv", "a/b.csv", false},
                                                               {"**/*.csv", "a/b/c.csv", true},
                                                               {"**/*.csv", "c.csv", true},
                                                               {"**", "a/b", true},
                                                               {"a/**/d*e.js?n", "a/b/c/dxxe.json", true},
                                                               {"a/**/d", "a/b/c/e", false},
                                                               {"d[ab]ta", "data", true},
                                                               {"d[ab]ta", "dcta", false},
                                                               {"x", "xy", false},
                                                               {"xy", "x", false},
                                                               {"", "", true}})
    EXPECT_EQ(matches_pattern(pattern, path), fits) << pattern << " " << path;
  EXPECT_FALSE(matches_pattern("*a*a*a*a*a*b", std::string(20'000, 'a')));
}

}  // namespace
}  // namespace c2c
