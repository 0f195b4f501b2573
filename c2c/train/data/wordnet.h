// Debian's WordNet (package wordnet-base, wndb(5WN)) as training data: word -> gloss, as chats and as multiple-choice
// questions. With the defaults the pairs and their order are those of the fuser in fusers/.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace c2c {

using WordGloss = std::pair<std::string, std::string>;

// The first word of each synset of data.PART (`_` to space; 4 to 21 characters) with its gloss up to the first `; "`
// (4 to 18 words); sorted by code points, each pair once. Throws kInput for a missing file or a line that is no synset.
std::vector<WordGloss> read_wordnet(const std::filesystem::path& folder, const std::string& part = "noun");

struct WordNetOptions {
  std::filesystem::path folder = "/usr/share/wordnet";
  std::filesystem::path output;           // train.jsonl, heldout.jsonl, questions.jsonl are written there
  std::string part = "noun";              // noun, verb, adj, adv
  std::int64_t held_out = 200;            // the first pairs after shuffling
  std::optional<std::int64_t> train;      // how many of the rest; absent: all
  std::optional<std::int64_t> questions;  // absent: one for each held-out pair
  std::uint64_t seed = 42;                // of Python's random.Random
};

struct WordNetCounts {
  std::int64_t pairs = 0, train = 0, held_out = 0, questions = 0;
};

struct WordNetQuestion {
  std::string text;  // wordnet_question() of the word
  std::vector<std::string> choices;
  std::int64_t answer = 0;
};
struct WordNetSplit {
  std::int64_t pairs = 0;  // all that there are
  std::vector<WordGloss> held_out, train;
  std::vector<WordNetQuestion> questions;
};

// "What does the word "abacus" mean?"
std::string wordnet_question(const std::string& word);
// What write_wordnet() writes. Throws kUsage where there are too few pairs for what is asked.
WordNetSplit split_wordnet(const WordNetOptions& options);
// Throws kUsage where there are too few pairs for what is asked, kInput where nothing can be written. Each file is
// written aside, then renamed; lines are {"messages": [...]} and {"question", "choices", "answer", "subject"}.
WordNetCounts write_wordnet(const WordNetOptions& options);

}  // namespace c2c
