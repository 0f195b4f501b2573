// What the reference has no word for: bad rows, missing things, the hub's cache, our own classes.
#include "c2c/train/data/dataset.h"

#include <gtest/gtest.h>

#include "c2c/io/tables/arrow_module.h"
#include "c2c/train/data/dataset_card.h"
#include "tests/train/data/dataset_testing.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

using testing::byte_context;
using testing::error_of;
using testing::fixture;
using testing::TemporaryFolder;
using testing::write;
using Json = nlohmann::ordered_json;

void expect_error(const std::function<void()>& action, const std::vector<std::string>& parts, int code) {
  try {
    action();
    ADD_FAILURE() << "no error; expected " << parts.front();
  } catch (const Error& error) {
    for (const std::string& part : parts)
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what() << " lacks " << part;
    EXPECT_EQ(error.exit_code(), code) << error.what();
  }
}

TEST(Registry, NamesAndArgumentsAreChecked) {
  const Json hermes = {{"data_path", fixture("openhermes.json").string()}};
  EXPECT_EQ(make_dataset("openHERMESchatDataset", hermes, {})->type(), "OpenHermesChatDataset");
  EXPECT_EQ(dataset_types().size(), 9U);
  DatasetContext context;
  context.where = "recipe.json: data";
  expect_error([&] { make_dataset("OpenHermsChatDataset", {}, context); },
               {"recipe.json: data", "did you mean OpenHermesChatDataset?"}, 2);
  expect_error([&] { make_dataset("MMLUChatDataset", {{"max_word_counts", 5}}, context); },
               {"recipe.json: data: max_word_counts", "did you mean max_word_count?"}, 2);
  expect_error([&] { make_dataset("MMLUCotChatDataset", {{"max_word_count", 5}}, context); }, {"max_word_count"}, 2);
  expect_error([&] { make_dataset("OpenBookChatDataset", {{"num_samples", "all"}}, context); }, {"num_samples"}, 2);
  expect_error([&] { make_dataset("OpenBookChatDataset", {{"num_samples", -1}}, context); }, {"num_samples"}, 2);
  expect_error([&] { make_dataset("OpenBookChatDataset", Json::array(), context); }, {"a map of keys"}, 2);
  expect_error([&] { make_dataset("LongBenchChatDataset", {{"dataset_name", "narativeqa"}}, byte_context()); },
               {"LongBench-E"}, 2);
  expect_error([&] { make_dataset("LongBenchChatDataset", {{"dataset_name", "qaspr"}}, byte_context()); },
               {"did you mean qasper?"}, 2);
  expect_error([&] { make_dataset("ChatJsonlDataset", {}, context); }, {"data_path"}, 2);
  Json counted = hermes;
  counted["max_word_count"] = 10;
  expect_error([&] { make_dataset("OpenHermesChatDataset", counted, {}); }, {"count_tokenizer"}, 2);
  Json null_kwargs = hermes;
  null_kwargs["num_samples"] = nullptr;
  null_kwargs["max_word_count"] = nullptr;
  EXPECT_EQ(make_dataset("OpenHermesChatDataset", null_kwargs, {})->size(), 6);
}

TEST(Datasets, WhatIsMissingIsNamed) {
  const TemporaryFolder folder;
  expect_error([&] { make_dataset("MMLUChatDataset", {{"data_path", (folder / "no.jsonl").string()}}, {}); },
               {"no.jsonl"}, 1);
  expect_error([&] { make_dataset("MMLUChatDataset", {{"data_path", fixture("cot.jsonl").string()}}, {}); },
               {"cot.jsonl", "column choices", "chain_of_thoughts"}, 1);
  const auto empty = write(folder / "empty.jsonl", "\n");
  expect_error([&] { make_dataset("ChatJsonlDataset", {{"data_path", empty.string()}}, {}); },
               {"empty.jsonl", "no sample: 0 rows"}, 1);
  expect_error(
      [&] {
        make_dataset("OpenHermesChatDataset",
                     {{"data_path", fixture("openhermes.json").string()}, {"max_word_count", 1}}, byte_context());
      },
      {"no sample: 6 rows, 6 dropped"}, 1);
}

TEST(Datasets, OneBadRowCostsItselfOnly) {
  const TemporaryFolder folder;
  const auto path =
      write(folder / "h.jsonl", R"({"conversations":[{"from":"human","value":"one"},{"from":"gpt","value":"two"}]})"
                                "\n{broken\n"
                                R"({"conversations":[{"from":"system","value":"only"}]})"
                                "\n"
                                R"({"conversations":null})"
                                "\n"
                                R"({"conversations":[{"from":"human","value":null},{"from":"gpt","value":3.5}]})"
                                "\n");
  const Json kwargs = {{"data_path", path.string()}};
  const auto dataset = make_dataset("OpenHermesChatDataset", kwargs, {});
  ASSERT_EQ(dataset->size(), 5);
  EXPECT_EQ(dataset->messages(0), (Messages{{"user", "one"}, {"assistant", "two"}}));
  std::string why;
  for (const auto& [row, reason] : std::vector<std::pair<int, std::string>>{
           {1, "h.jsonl:2"}, {2, "row 2: no message is left"}, {3, "conversations"}}) {
    EXPECT_FALSE(dataset->messages(row, &why)) << row;
    EXPECT_NE(why.find(reason), std::string::npos) << why;
  }
  EXPECT_EQ(dataset->messages(4), (Messages{{"user", ""}, {"assistant", "3.5"}}));
  // A filter decides row by row: the reference would lose all five.
  Json counted = kwargs;
  counted["max_word_count"] = 5;
  const auto filtered = make_dataset("OpenHermesChatDataset", counted, byte_context());
  ASSERT_EQ(filtered->size(), 1);
  EXPECT_EQ(filtered->messages(0), (Messages{{"user", ""}, {"assistant", "3.5"}}));
  EXPECT_EQ(filtered->counts().unreadable, 3);
  EXPECT_EQ(filtered->counts().filtered, 1);
  EXPECT_EQ(filtered->counts().rows, 5);
}

TEST(Datasets, MmluAnswersMustNameAChoice) {
  const TemporaryFolder folder;
  std::string text;
  for (const char* answer : {"0", "\"1\"", "2", "-1", "\"B\"", "null", "1.0"})
    text += std::string(R"({"question":"q","choices":["a","b"],"answer":)") + answer + "}\n";
  const auto dataset = make_dataset("MMLUChatDataset", {{"data_path", write(folder / "m.jsonl", text).string()}}, {});
  std::vector<bool> good;
  for (std::int64_t i = 0; i < dataset->size(); ++i) good.push_back(dataset->messages(i).has_value());
  EXPECT_EQ(good, (std::vector<bool>{true, true, false, false, false, false, false}));
}

TEST(Datasets, ChatJsonlTakesBothForms) {
  const TemporaryFolder folder;
  const auto path =
      write(folder / "c.jsonl", R"({"messages":[{"role":"system","content":" s "},{"role":"user","content":" u "}]})"
                                "\n"
                                R"({"conversations":[{"from":"system","value":"s"},{"from":"human","value":" u "},)"
                                R"({"from":"gpt","value":"a"}]})"
                                "\n"
                                R"({"messages":[{"role":"user","content":[{"type":"text","text":"x"}],"name":"n"}]})"
                                "\n"
                                R"({"messages":[{"role":"user"}]})"
                                "\n"
                                R"({"conversations":[{"from":"observation","value":"s"}]})"
                                "\n"
                                R"({"text":"no chat"})"
                                "\n");
  const auto dataset = make_dataset("ChatJsonlDataset", {{"data_path", path.string()}}, {});
  EXPECT_EQ(dataset->messages(0), (Messages{{"system", " s "}, {"user", " u "}}));
  EXPECT_EQ(dataset->messages(1), (Messages{{"system", "s"}, {"user", " u "}, {"assistant", "a"}}));
  EXPECT_EQ(dataset->messages(2), (Messages{{"user", "x"}}));
  for (const int i : {3, 4, 5}) EXPECT_FALSE(dataset->messages(i)) << i;
  const auto counted =
      make_dataset("ChatJsonlDataset", {{"data_path", path.string()}, {"max_word_count", 5}}, byte_context());
  EXPECT_EQ(counted->size(), 2);  // 6, 5 and 1 bytes of text
}

TEST(Datasets, FilterResultsAreKept) {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 3000; ++i)
    text +=
        R"({"messages":[{"role":"user","content":")" + std::string(static_cast<std::size_t>(i % 10), 'x') + "\"}]}\n";
  const auto path = write(folder / "c.jsonl", text);
  DatasetContext context = byte_context();
  context.cache = folder / "cache";
  std::vector<std::string> lines;
  context.log = [&](const std::string& line) { lines.push_back(line); };
  const Json kwargs = {{"data_path", path.string()}, {"max_word_count", 4}, {"num_samples", 2500}};
  const auto make = [&](int threads) {
    context.threads = threads;
    return make_dataset("ChatJsonlDataset", kwargs, context);
  };
  const auto first = make(3);
  ASSERT_EQ(first->size(), 1250);
  EXPECT_EQ(first->counts().considered, 2500);
  EXPECT_EQ(first->messages(7)->front().content, "xx");  // 0 1 2 3 4, 10 11 12
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1], "ChatJsonlDataset: at most 4 tokens: 2500 -> 1250 samples");
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(context.cache)) files.push_back(entry.path());
  ASSERT_EQ(files.size(), 1U);

  // From the cache: the same, though a counter that would say otherwise cannot be asked any more.
  const auto again = make(1);
  EXPECT_EQ(again->fingerprint(), first->fingerprint());
  EXPECT_EQ(again->messages(1249), first->messages(1249));
  EXPECT_EQ(again->counts().filtered, 1250);
  // A damaged file is found anew; another file or limit has another key.
  write(files[0], testing::read_gz(files[0]).substr(0, 200));
  EXPECT_EQ(make(1)->size(), 1250);
  write(path, text + R"({"messages":[{"role":"user","content":""}]})" + "\n");
  const auto changed = make(1);
  EXPECT_NE(changed->fingerprint(), first->fingerprint());
  EXPECT_EQ(std::distance(fs::directory_iterator(context.cache), fs::directory_iterator()), 2);
}

TEST(Datasets, LongBenchSkipsTasksThatAreNotThere) {
  std::vector<std::string> lines;
  DatasetContext context = byte_context();
  context.log = [&](const std::string& line) { lines.push_back(line); };
  const auto dataset = make_dataset("LongBenchChatDataset",
                                    {{"data_path", fixture("longbench").string()}, {"filter_mod4", false}}, context);
  EXPECT_EQ(dataset->size(), 32);
  EXPECT_EQ(
      std::count_if(lines.begin(), lines.end(), [](const auto& line) { return line.find("warning") != line.npos; }), 9);
  const TemporaryFolder folder;
  expect_error([&] { make_dataset("LongBenchChatDataset", {{"data_path", folder.path().string()}}, context); },
               {"none of 13 tasks"}, 1);
  // One file: its rows say their task; an unknown one gets the first template.
  const auto path =
      write(folder / "one.jsonl", R"({"_id":"1","dataset":"trec","context":"{input}","input":"I","answers":["a"]})"
                                  "\n"
                                  R"({"_id":"2","dataset":"new","context":"C","input":"I","answers":[]})"
                                  "\n");
  const auto one = make_dataset("LongBenchChatDataset",
                                {{"data_path", path.string()}, {"filter_mod4", false}, {"max_length", nullptr}}, {});
  EXPECT_TRUE(one->messages(0)->front().content.ends_with("of questions.\n\n{input}\nI"));
  EXPECT_TRUE(one->messages(1)->front().content.starts_with("You are given a story"));
  EXPECT_EQ(one->messages(1)->back().content, "No answer provided");
}

// The layout that `hf download --repo-type dataset` leaves.
class HubTest : public ::testing::Test {
 protected:
  fs::path snapshot(const std::string& repo) {
    const std::string commit(40, 'c');
    const fs::path folder = cache_ / ("datasets--" + repo);
    write(folder / "refs/main", commit);
    return folder / "snapshots" / commit;
  }
  TemporaryFolder cache_;
  testing::ScopedVariable variable_{"HF_HUB_CACHE", cache_.path().string()};
};

TEST_F(HubTest, FindsRepositoriesOfDatasets) {
  expect_error([] { make_dataset("OpenHermesChatDataset", {}, {}); },
               {"teknium/OpenHermes-2.5", "hf download teknium/OpenHermes-2.5 --repo-type dataset"}, 1);
  fs::create_directories(snapshot("teknium--OpenHermes-2.5"));
  fs::copy_file(fixture("openhermes.json"), snapshot("teknium--OpenHermes-2.5") / "openhermes2_5.json");
  EXPECT_EQ(make_dataset("OpenHermesChatDataset", {}, {})->size(), 6);
  expect_error([] { make_dataset("OpenHermesChatDataset", {{"split", "test"}}, {}); },
               {"split test", "openhermes2_5.json"}, 1);

  fs::create_directories(snapshot("cais--mmlu") / "all");
  fs::copy_file(fixture("mmlu.jsonl"), snapshot("cais--mmlu") / "all/test-00000-of-00001.jsonl");
  EXPECT_EQ(make_dataset("MMLUChatDataset", {{"split", "test"}}, {})->size(), 4);
  expect_error([] { make_dataset("MMLUChatDataset", {}, {}); },
               {"split train of configuration all", "all/test-00000-of-00001.jsonl", "--repo-type dataset"}, 1);
}

TEST_F(HubTest, TheCardOfTheRepositorySaysWhichFiles) {
  const fs::path folder = snapshot("openai--MMMLU");
  write(folder / "README.md",
        "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: test\n    path: test/*.csv\n"
        "- config_name: SW_KE\n  data_files:\n  - split: test\n    path: test/mmlu_SW-KE.csv\n---\n# MMMLU\n");
  fs::create_directories(folder / "test");
  fs::copy_file(fixture("mmmlu.csv"), folder / "test/mmlu_SW-KE.csv");
  write(folder / "test/mmlu_AR-XY.csv", "x\n1\n");
  EXPECT_EQ(make_dataset("MMMLUChatDataset", {}, {})->size(), 2);
  expect_error([] { make_dataset("MMMLUChatDataset", {{"language", "FR_FR"}}, {}); }, {"configuration FR_FR"}, 1);
  write(snapshot("THUDM--LongBench") / "data.zip", "PK");
  expect_error([] { make_dataset("LongBenchChatDataset", {}, byte_context()); }, {"unpack data.zip"}, 1);
}

TEST(DatasetCard, ReadsEveryForm) {
  const auto splits = dataset_card_splits(
      "---\nlicense: mit\nconfigs:\n- config_name: a\n  data_files: x.csv\n- data_files:\n    train: [p, q]\n    test: "
      "r\n"
      "- config_name: b\n  data_files:\n  - split: dev\n    path:\n    - s\n    - t\n- config_name: none\n---\ntext");
  std::string text;
  for (const CardSplit& split : splits) {
    text += split.config + "/" + split.split + ":";
    for (const std::string& pattern : split.patterns) text += pattern + ",";
  }
  EXPECT_EQ(text, "a/train:x.csv,default/train:p,q,default/test:r,b/dev:s,t,");
  for (const char* readme : {"", "---", "no card", "---\n- [\n---\n", "---\nconfigs: 3\n---\n", "---\n\n---\n"})
    EXPECT_TRUE(dataset_card_splits(readme).empty()) << readme;
}

TEST(Datasets, SavedFoldersAreRead) {
  if (const std::string problem = arrow_problem(); !problem.empty())
    GTEST_SKIP() << problem << "; C2C_ARROW=1 ./run setup, then build again";
  const fs::path tables = fs::path(C2C_SOURCE_DIR) / "tests/io/tables/data";
  for (const char* name : {"saved", "saved_dict", "saved_dict/train", "one_group.parquet"}) {
    const auto dataset = make_dataset("OpenHermesChatDataset", {{"data_path", (tables / name).string()}}, {});
    ASSERT_EQ(dataset->size(), 7) << name;
    EXPECT_EQ(dataset->messages(2), (Messages{{"user", "question 2"}, {"assistant", ""}})) << name;
  }
}

}  // namespace
}  // namespace c2c
