#include "c2c/train/data/wordnet.h"

#include <gtest/gtest.h>

#include <set>

#include "c2c/io/tables/row_source.h"
#include "c2c/train/data/dataset.h"
#include "c2c/train/data/python_random.h"
#include "tests/train/data/dataset_testing.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

using testing::error_of;
using testing::TemporaryFolder;
using testing::write;

// Numbers from CPython 3.11: random.Random(seed).getrandbits(32), and shuffle(list(range(10))).
TEST(PythonRandom, DrawsAndShufflesAsCPythonDoes) {
  const auto shuffled = [](std::uint64_t seed) {
    std::vector<int> items = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    PythonRandom(seed).shuffle(items);
    return items;
  };
  PythonRandom forty_two(42), zero(0), large((std::uint64_t{1} << 40) + 5), seven(7);
  for (const std::uint32_t number : {2746317213U, 478163327U, 107420369U}) EXPECT_EQ(forty_two.next(), number);
  for (const std::uint32_t number : {3626764237U, 1654615998U, 3255389356U}) EXPECT_EQ(zero.next(), number);
  for (const std::uint32_t number : {2166296868U, 2220160828U, 1153647273U}) EXPECT_EQ(large.next(), number);
  std::vector<std::uint32_t> many;
  for (int i = 0; i < 2000; ++i) many.push_back(seven.next());
  EXPECT_EQ(many[623], 960836459U);
  EXPECT_EQ(many[624], 693491440U);
  EXPECT_EQ(many[1999], 2803521222U);
  EXPECT_EQ(shuffled(42), (std::vector<int>{7, 3, 2, 8, 5, 6, 9, 4, 0, 1}));
  EXPECT_EQ(shuffled(0), (std::vector<int>{7, 8, 1, 5, 3, 4, 2, 0, 9, 6}));
  EXPECT_EQ(shuffled((std::uint64_t{1} << 40) + 5), (std::vector<int>{1, 2, 3, 6, 7, 0, 5, 4, 9, 8}));
}

std::string synset(const std::string& word, const std::string& gloss) {
  return "00001740 03 n 01 " + word + " 0 001 @ 00001740 n 0000 | " + gloss + "  \n";
}

TEST(WordNet, TakesFirstWordsAndGlosses) {
  const TemporaryFolder folder;
  write(folder / "data.noun", "  1 This software\n" +
                                  synset("ice_cream", "a frozen dish of milk; \"an example\"; more") +
                                  synset("tea", "a hot drink of leaves") + synset("teapot", "too few words") +
                                  synset("zebra", "an animal that has stripes all over") +
                                  synset("abacus", "a thing to count; with beads; \"x\"") +
                                  synset("zebra", "an animal that has stripes all over") +
                                  synset(std::string(22, 'w'), "a word of far too many letters"));
  EXPECT_EQ(read_wordnet(folder.path()), (std::vector<WordGloss>{{"abacus", "a thing to count; with beads"},
                                                                 {"ice cream", "a frozen dish of milk"},
                                                                 {"zebra", "an animal that has stripes all over"}}));
  write(folder / "data.adj", "00001740 00 a 01 galore(ip) 0 000 | in great numbers of things\n");
  EXPECT_EQ(read_wordnet(folder.path(), "adj"), (std::vector<WordGloss>{{"galore", "in great numbers of things"}}));
  EXPECT_NE(error_of([&] { read_wordnet(folder.path(), "verb"); }).find("wordnet-base"), std::string::npos);
  write(folder / "data.adv", "  licence\nno synset\n");
  EXPECT_NE(error_of([&] { read_wordnet(folder.path(), "adv"); }).find("data.adv:2"), std::string::npos);
}

class WordNetFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string text;
    for (int i = 0; i < 40; ++i)
      text += synset("word" + std::to_string(i), "gloss number " + std::to_string(i) + " of many words");
    text += synset("word1", "gloss number 2 of many words");  // two meanings, one shared
    write(folder_ / "data.noun", text);
    options_.folder = folder_.path();
    options_.output = folder_ / "out";
    options_.held_out = 12;
  }
  TemporaryFolder folder_;
  WordNetOptions options_;
};

TEST_F(WordNetFiles, TrainHeldOutAndQuestions) {
  options_.train = 20;
  options_.questions = 10;
  const WordNetCounts counts = write_wordnet(options_);
  EXPECT_EQ(counts.pairs, 41);
  const auto read = [&](const char* type, const char* name) {
    return make_dataset(type, {{"data_path", (options_.output / name).string()}}, {});
  };
  const auto train = read("ChatJsonlDataset", "train.jsonl"), held_out = read("ChatJsonlDataset", "heldout.jsonl");
  EXPECT_EQ(train->size(), 20);
  ASSERT_EQ(held_out->size(), 12);
  std::vector<std::string> glosses;
  for (std::int64_t i = 0; i < 12; ++i) glosses.push_back(held_out->messages(i)->back().content);
  for (std::int64_t i = 0; i < 20; ++i)
    EXPECT_FALSE(held_out->messages(i % 12) == train->messages(i)) << "held out pairs are not trained on";
  // Questions are MMLU's rows; the answer is this word's gloss, the others are not.
  const auto questions = open_rows(options_.output / "questions.jsonl");
  ASSERT_EQ(questions->size(), 10);
  std::vector<int> places(4);
  for (std::int64_t i = 0; i < 10; ++i) {
    const Row row = questions->row(i);
    EXPECT_EQ(row["subject"], "noun");
    EXPECT_EQ(row["question"], held_out->messages(i)->front().content);
    const auto choices = row["choices"].get<std::vector<std::string>>();
    EXPECT_EQ(std::set<std::string>(choices.begin(), choices.end()).size(), 4U);
    EXPECT_EQ(choices.at(row["answer"]), held_out->messages(i)->back().content);
    for (const std::string& choice : choices)
      EXPECT_NE(std::find(glosses.begin(), glosses.end(), choice), glosses.end());
    ++places[row["answer"]];
  }
  EXPECT_LT(*std::max_element(places.begin(), places.end()), 10) << "the right answer's place varies";
  EXPECT_EQ(read("MMLUChatDataset", "questions.jsonl")->size(), 10);
  EXPECT_EQ(std::distance(fs::directory_iterator(options_.output), fs::directory_iterator()), 3);

  const std::string before = testing::read_gz(options_.output / "train.jsonl");
  options_.seed = 43;
  write_wordnet(options_);
  EXPECT_NE(testing::read_gz(options_.output / "train.jsonl"), before);
}

TEST_F(WordNetFiles, ImpossibleCountsWriteNothing) {
  const auto problem = [&] { return error_of([&] { write_wordnet(options_); }); };
  options_.train = 30;
  EXPECT_NE(problem().find("at most the 41 pairs"), std::string::npos) << problem();
  options_.train = {};
  options_.questions = 13;
  EXPECT_NE(problem().find("--questions"), std::string::npos) << problem();
  options_.held_out = 3;
  options_.questions = 3;
  EXPECT_NE(problem().find("four different glosses"), std::string::npos) << problem();
  EXPECT_FALSE(fs::exists(options_.output));
}

// The pairs that the fuser in fusers/ was evaluated on (its heldout.json), from Debian's WordNet.
TEST(WordNet, HeldOutPairsAreThoseOfTheFirstFuser) {
  const WordNetOptions options;
  if (!fs::exists(options.folder / "data.noun")) GTEST_SKIP() << "no WordNet: apt-get install wordnet-base";
  std::vector<WordGloss> pairs = read_wordnet(options.folder);
  EXPECT_TRUE(std::is_sorted(pairs.begin(), pairs.end()));
  PythonRandom(options.seed).shuffle(pairs);
  const auto expected = testing::read_golden_json(testing::fixture("heldout_pairs.json"));
  ASSERT_EQ(expected.size(), 200U);
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(pairs[i], (WordGloss{expected[i][0], expected[i][1]})) << i;
}

}  // namespace
}  // namespace c2c
