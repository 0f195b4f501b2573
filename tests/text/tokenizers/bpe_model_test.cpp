// The merging itself against a definition that merges one pair at a time; words of every length, with and without cuts.
#include "c2c/text/tokenizers/bpe_model.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "c2c/base/error.h"

namespace c2c::tok {
namespace {

using Merges = std::vector<std::pair<TokenId, TokenId>>;

struct Toy {
  Vocabulary vocabulary;
  Merges merges;
};

// Single characters and random merges of what is there.
Toy make_toy(const std::vector<std::string>& alphabet, std::size_t merges, unsigned seed) {
  Toy toy;
  for (const auto& c : alphabet) toy.vocabulary.add(c, toy.vocabulary.end());
  std::mt19937 random(seed);
  while (toy.merges.size() < merges) {
    const auto left = static_cast<TokenId>(random() % static_cast<unsigned>(toy.vocabulary.end()));
    const auto right = static_cast<TokenId>(random() % static_cast<unsigned>(toy.vocabulary.end()));
    const std::string text = std::string(toy.vocabulary.text(left)) + std::string(toy.vocabulary.text(right));
    if (text.size() > 24) continue;
    if (toy.vocabulary.find(text) == kNoToken) toy.vocabulary.add(text, toy.vocabulary.end());
    const std::pair pair{left, right};
    if (std::find(toy.merges.begin(), toy.merges.end(), pair) == toy.merges.end()) toy.merges.push_back(pair);
  }
  return toy;
}

std::vector<TokenId> merge_one_by_one(const Toy& toy, const std::vector<TokenId>& start) {
  std::map<std::pair<TokenId, TokenId>, std::size_t> ranks;
  for (std::size_t i = 0; i < toy.merges.size(); ++i) ranks[toy.merges[i]] = i;
  std::vector<TokenId> ids = start;
  for (;;) {
    std::size_t best = toy.merges.size(), at = 0;
    for (std::size_t i = 0; i + 1 < ids.size(); ++i)
      if (const auto found = ranks.find({ids[i], ids[i + 1]}); found != ranks.end() && found->second < best)
        best = found->second, at = i;
    if (best == toy.merges.size()) return ids;
    ids[at] =
        toy.vocabulary.find(std::string(toy.vocabulary.text(ids[at])) + std::string(toy.vocabulary.text(ids[at + 1])));
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
}

std::vector<TokenId> encode(const BpeModel& model, BpeScratch& scratch, std::string_view text) {
  std::vector<SubToken> tokens;
  model.encode(text, BpeModel::Input::kText, scratch, tokens);
  std::vector<TokenId> ids;
  std::size_t bytes = 0;
  for (const auto& token : tokens) ids.push_back(token.id), bytes += token.length;
  EXPECT_EQ(bytes, text.size());
  return ids;
}

void expect_definition(const std::vector<std::string>& alphabet, std::size_t merges, bool ignore_merges) {
  for (unsigned seed = 0; seed < 12; ++seed) {
    const Toy toy = make_toy(alphabet, merges, seed);
    // ignore_merges switches the cuts off; the words here are never tokens as a whole, or the same either way.
    const BpeModel model(toy.vocabulary, toy.merges, {.ignore_merges = ignore_merges}, "toy");
    BpeScratch scratch;
    std::mt19937 random(seed + 100);
    for (int round = 0; round < 60; ++round) {
      std::string text;
      std::vector<TokenId> start;
      for (std::size_t length = 1 + random() % (round % 6 == 0 ? 400 : 60); length > 0; --length) {
        const auto pick = random() % alphabet.size();
        text += alphabet[pick];
        start.push_back(static_cast<TokenId>(pick));
      }
      if (ignore_merges && toy.vocabulary.find(text) != kNoToken) continue;
      ASSERT_EQ(encode(model, scratch, text), merge_one_by_one(toy, start)) << text;
    }
  }
}

TEST(BpeModel, MergesLowestRankThenLeftmost) {
  expect_definition({"a", "b", "c"}, 40, true);
  expect_definition({"a", "b", "c"}, 40, false);
}

TEST(BpeModel, CutsChangeNothing) {
  // Few merges over many characters: most borders can be cut.
  expect_definition({"a", "b", "c", "d", "e", "\u00e9", "\u4e2d", "\U0001F600", "\u2581"}, 25, false);
  expect_definition({"a", "b", "c", "d", "e", "\u00e9", "\u4e2d", "\U0001F600", "\u2581"}, 120, false);
}

TEST(BpeModel, LongWordsTakeNoQuadraticTime) {
  Vocabulary vocabulary;
  Merges merges;
  std::string run = "A";
  vocabulary.add(run, 0);
  for (TokenId id = 1; id < 7; ++id) {
    merges.push_back({id - 1, id - 1});
    run += run;
    vocabulary.add(run, id);
  }
  const BpeModel model(vocabulary, merges, {.ignore_merges = true}, "runs");
  BpeScratch scratch;
  const std::string text(2'000'003, 'A');
  const auto ids = encode(model, scratch, text);
  EXPECT_EQ(ids.size(), 2'000'003 / 64 + 2u);  // 2000003 = 31250 * 64 + 2 + 1
}

TEST(BpeModel, MergeThatMakesNoTokenIsNamed) {
  Vocabulary vocabulary;
  vocabulary.add("a", 0);
  vocabulary.add("b", 1);
  try {
    const BpeModel model(vocabulary, {{0, 1}}, {}, "file.json");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("file.json: model.merges[0]"), std::string::npos) << error.what();
  }
}

class WordCacheTest : public ::testing::Test {
 protected:
  static std::string word(int i) { return "word" + std::to_string(i); }
  std::span<const SubToken> find(int i) const { return cache_.find(word(i), hash_bytes(word(i))); }
  void insert(int i) {
    const std::vector<SubToken> tokens = {{i, 1}, {i + 1, static_cast<std::uint32_t>(i % 7)}};
    cache_.insert(word(i), hash_bytes(word(i)), tokens);
  }
  WordCache cache_;
};

TEST_F(WordCacheTest, KeepsWordsWhileItGrows) {
  constexpr int kWords = 60'000;  // from 1024 slots on: seven times
  for (int i = 0; i < kWords; ++i) {
    ASSERT_EQ(find(i).data(), nullptr);
    insert(i);
  }
  for (int i = 0; i < kWords; ++i) {
    ASSERT_EQ(find(i).size(), 2u);
    ASSERT_EQ(find(i)[0].id, i);
  }
}

TEST_F(WordCacheTest, StartsAfreshWhenFull) {
  int kept = 0;
  for (int i = 0; i < 200'000; ++i) insert(i);
  for (int i = 0; i < 200'000; ++i) {
    if (find(i).data() == nullptr) continue;
    ASSERT_EQ(find(i)[1].id, i + 1);
    ++kept;
  }
  EXPECT_GT(kept, 0);
  EXPECT_LE(kept, 65'536);
  EXPECT_EQ(find(200'000).data(), nullptr);
}

}  // namespace
}  // namespace c2c::tok
