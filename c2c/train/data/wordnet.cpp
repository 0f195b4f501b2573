#include "c2c/train/data/wordnet.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/io/formats/atomic_file.h"
#include "c2c/io/formats/source.h"
#include "c2c/text/chat/jinja_text.h"
#include "c2c/train/data/python_random.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kChoices = 4;

std::string_view strip(std::string_view text) {
  return jinja::strip(text, std::nullopt, true, true);
}

// Adjectives carry where they may stand: "galore(ip)".
std::string_view without_marker(std::string_view word) {
  for (const char* marker : {"(a)", "(p)", "(ip)"})
    if (word.ends_with(marker)) word.remove_suffix(std::string_view(marker).size());
  return word;
}

// One line of data.PART: "00001740 03 n 01 entity 0 003 ... | gloss; "an example"". Empty: no pair for us.
std::optional<WordGloss> read_synset(std::string_view line, const std::string& where) {
  const std::size_t bar = line.find(" | ");
  const auto head = jinja::split_spaces(line.substr(0, bar), 5);
  if (bar == line.npos || head.size() < 5 || !is_valid_utf8(line))
    fail_input({.where = where, .found = "no synset", .expected = "a line of WordNet's data files"});
  const std::string word = jinja::replace(without_marker(head[4]), "_", " ", -1);
  const std::string_view whole = strip(line.substr(bar + 3));
  const std::string_view gloss = strip(whole.substr(0, whole.find("; \"")));
  const std::size_t letters = count_code_points(word), words = jinja::split_spaces(gloss, -1).size();
  if (letters <= 3 || letters >= 22 || words < 4 || words > 18) return std::nullopt;
  return WordGloss{word, std::string(gloss)};
}

std::string chat_line(const WordGloss& pair) {
  Json chat;
  chat["messages"] = Json::array({Json{{"role", "user"}, {"content", wordnet_question(pair.first)}},
                                  Json{{"role", "assistant"}, {"content", pair.second}}});
  return chat.dump() + "\n";
}

void write_chats(const std::filesystem::path& path, std::span<const WordGloss> pairs) {
  AtomicFile file(path);
  for (const WordGloss& pair : pairs) file.write(chat_line(pair));
  file.commit();
}

// Questions whose wrong answers are glosses of other words in `pairs`, none of them right for this word too.
class QuestionMaker {
 public:
  QuestionMaker(std::span<const WordGloss> pairs, const std::vector<WordGloss>& all, std::uint64_t seed)
      : pairs_(pairs), all_(all), random_(seed) {}

  WordNetQuestion question(std::size_t i) {
    const auto& [word, gloss] = pairs_[i];
    std::vector<std::string> choices = {gloss};
    // Each draw may meet a gloss that is taken or also right; a bound instead of a proof that there are enough.
    for (std::size_t tries = 0; choices.size() < kChoices; ++tries) {
      if (tries > 100 * pairs_.size())
        fail_usage({.where = "--held-out",
                    .found = std::to_string(pairs_.size()) + " pairs",
                    .expected = "enough for four different glosses"});
      const std::string& other = pairs_[random_.below(static_cast<std::uint32_t>(pairs_.size()))].second;
      const bool right_too = std::binary_search(all_.begin(), all_.end(), WordGloss{word, other});
      if (!right_too && std::find(choices.begin(), choices.end(), other) == choices.end()) choices.push_back(other);
    }
    random_.shuffle(choices);
    const auto answer = std::find(choices.begin(), choices.end(), gloss) - choices.begin();
    return {.text = wordnet_question(word), .choices = std::move(choices), .answer = answer};
  }

 private:
  std::span<const WordGloss> pairs_;
  const std::vector<WordGloss>& all_;  // sorted
  PythonRandom random_;
};

}  // namespace

std::string wordnet_question(const std::string& word) {
  return "What does the word \"" + word + "\" mean?";
}

std::vector<WordGloss> read_wordnet(const std::filesystem::path& folder, const std::string& part) {
  const std::filesystem::path path = folder / ("data." + part);
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    fail_input({.where = path.string(),
                .found = "no such file",
                .expected = "WordNet's data files",
                .hint = "on Debian: apt-get install wordnet-base; elsewhere name the folder with --wordnet"});
  const auto source = map_file(path);
  const std::string_view text(reinterpret_cast<const char*>(source->bytes().data()), source->bytes().size());
  std::set<WordGloss> pairs;
  std::size_t number = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, end - start);
    start = end + 1;
    ++number;
    if (line.starts_with("  ") || line.empty()) continue;  // the licence
    if (auto pair = read_synset(line, path.string() + ":" + std::to_string(number))) pairs.insert(*std::move(pair));
  }
  return {pairs.begin(), pairs.end()};
}

WordNetSplit split_wordnet(const WordNetOptions& options) {
  const std::vector<WordGloss> sorted = read_wordnet(options.folder, options.part);
  std::vector<WordGloss> pairs = sorted;
  PythonRandom(options.seed).shuffle(pairs);
  const auto size = static_cast<std::int64_t>(pairs.size());
  if (options.held_out < 0 || options.train.value_or(0) < 0 || options.held_out > size ||
      options.train.value_or(0) > size - options.held_out)
    fail_usage({.where = "--held-out, --train",
                .found = std::to_string(options.held_out) + " and " + std::to_string(options.train.value_or(0)),
                .expected = "together at most the " + std::to_string(size) + " pairs of " + options.part});
  const std::int64_t questions = options.questions.value_or(options.held_out);
  if (questions < 0 || questions > options.held_out)
    fail_usage({.where = "--questions",
                .found = std::to_string(questions),
                .expected = "at most one for each of the " + std::to_string(options.held_out) + " held-out pairs"});
  const auto train_begin = pairs.begin() + options.held_out;
  WordNetSplit split{.pairs = size, .held_out = {pairs.begin(), train_begin}, .train = {}, .questions = {}};
  split.train.assign(train_begin, train_begin + options.train.value_or(size - options.held_out));
  QuestionMaker maker(split.held_out, sorted, options.seed);
  for (std::int64_t i = 0; i < questions; ++i) split.questions.push_back(maker.question(static_cast<std::size_t>(i)));
  return split;
}

WordNetCounts write_wordnet(const WordNetOptions& options) {
  // All that can go wrong with the questions does so before anything is written.
  const WordNetSplit split = split_wordnet(options);
  std::string questions;
  for (const WordNetQuestion& question : split.questions)
    questions += Json{{"question", question.text},
                      {"choices", question.choices},
                      {"answer", question.answer},
                      {"subject", options.part}}
                     .dump() +
                 "\n";
  write_chats(options.output / "heldout.jsonl", split.held_out);
  write_file_atomically(options.output / "questions.jsonl", questions);
  write_chats(options.output / "train.jsonl", split.train);
  const auto count = [](const auto& list) { return static_cast<std::int64_t>(list.size()); };
  return {.pairs = split.pairs,
          .train = count(split.train),
          .held_out = count(split.held_out),
          .questions = count(split.questions)};
}

}  // namespace c2c
