#include "c2c/text/tokenizers/tokenizer_file.h"

#include <optional>

namespace c2c::tok {
namespace {

constexpr std::size_t kLongestFile = std::size_t{256} << 20, kDeepest = 64;
// Vocabularies have few holes; an id beyond this many times the number of tokens is a broken or hostile file.
constexpr std::uint64_t kIdsPerToken = 8, kSpareIds = 1 << 16;

// Strings one after the other in one block.
class StringList {
 public:
  void add(std::string_view text) {
    bytes_ += text;
    ends_.push_back(bytes_.size());
  }
  std::size_t size() const { return ends_.size(); }
  std::size_t bytes() const { return bytes_.size(); }
  std::string_view operator[](std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + begin, ends_[i] - begin};
  }

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
};

class Reader final : public nlohmann::json_sax<Json> {
 public:
  explicit Reader(std::string name) : name_(std::move(name)) {}

  bool null() override { return value(nullptr); }
  bool boolean(bool v) override { return value(v); }
  bool number_float(double v, const std::string&) override { return value(v); }
  bool binary(binary_t&) override { return false; }
  bool number_integer(number_integer_t v) override { return value(v); }
  bool number_unsigned(number_unsigned_t v) override {
    if (mode_ != Mode::kVocabulary) return value(v);
    ids.push_back(v);
    return true;
  }
  bool string(string_t& v) override {
    if (mode_ == Mode::kMerges) {
      add_legacy_merge(v);
    } else if (mode_ == Mode::kPair) {
      merge_parts.add(v);
    } else {
      return value(std::move(v));
    }
    return true;
  }
  bool key(string_t& v) override {
    if (mode_ == Mode::kVocabulary)
      tokens.add(v);
    else
      key_ = std::move(v);
    return true;
  }
  bool start_object(std::size_t) override {
    if (at_model("vocab")) {
      tokens = {};
      ids.clear();
      mode_ = Mode::kVocabulary;
      return true;
    }
    return open(Json::object());
  }
  bool start_array(std::size_t) override {
    if (mode_ == Mode::kMerges) {
      mode_ = Mode::kPair;
      return true;
    }
    if (at_model("merges")) {
      merge_parts = {};
      pairs_ = 0;
      has_merges = true;
      mode_ = Mode::kMerges;
      return true;
    }
    return open(Json::array());
  }
  bool end_object() override {
    if (mode_ == Mode::kVocabulary)
      mode_ = Mode::kDocument;
    else
      stack_.pop_back();
    return true;
  }
  bool end_array() override {
    if (mode_ == Mode::kPair) {
      if (merge_parts.size() % 2 != 0 || merge_parts.size() != ++pairs_ * 2) fail_merge("a list that is not a pair");
      mode_ = Mode::kMerges;
    } else if (mode_ == Mode::kMerges) {
      mode_ = Mode::kDocument;
    } else {
      stack_.pop_back();
    }
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    fail_input({.where = name_,
                .key = "byte " + std::to_string(position),
                .found = "broken JSON: " + std::string(error.what())});
  }

  Json root;
  StringList tokens, merge_parts;  // merges: left, right, left, right, ...
  std::vector<std::uint64_t> ids;
  bool has_merges = false;

 private:
  enum class Mode { kDocument, kVocabulary, kMerges, kPair };

  bool at_model(std::string_view field) const {
    return mode_ == Mode::kDocument && stack_.size() == 2 && in_model_ && key_ == field;
  }
  [[noreturn]] void fail_merge(const std::string& found) const {
    fail_input({.where = name_, .key = "model.merges", .found = found, .expected = "[left, right] or \"left right\""});
  }
  void add_legacy_merge(std::string_view merge) {
    if (merge.starts_with("#version")) return;
    const std::size_t space = merge.find(' ');
    if (space == merge.npos || merge.find(' ', space + 1) != merge.npos)
      fail_merge("'" + std::string(merge.substr(0, 100)) + "'");
    merge_parts.add(merge.substr(0, space));
    merge_parts.add(merge.substr(space + 1));
    ++pairs_;
  }
  Json* place(Json json) {
    if (mode_ != Mode::kDocument)
      fail_input(
          {.where = name_, .key = mode_ == Mode::kVocabulary ? "model.vocab" : "model.merges", .found = show(json)});
    if (stack_.empty()) return &(root = std::move(json));
    if (stack_.back()->is_array()) {
      stack_.back()->push_back(std::move(json));
      return &stack_.back()->back();
    }
    return &((*stack_.back())[key_] = std::move(json));
  }
  bool value(Json json) {
    place(std::move(json));
    return true;
  }
  bool open(Json json) {
    if (stack_.size() >= kDeepest)
      fail_input({.where = name_, .found = "JSON nested deeper than " + std::to_string(kDeepest)});
    if (stack_.size() == 1) in_model_ = key_ == "model";
    stack_.push_back(place(std::move(json)));
    return true;
  }

  std::string name_, key_;
  std::vector<Json*> stack_;
  Mode mode_ = Mode::kDocument;
  bool in_model_ = false;
  std::size_t pairs_ = 0;
};

Vocabulary build_vocabulary(const std::string& name, const Reader& reader) {
  if (reader.tokens.size() != reader.ids.size())
    fail_input({.where = name, .key = "model.vocab", .found = "a token without an id", .expected = "token: id"});
  Vocabulary vocabulary;
  vocabulary.reserve(reader.tokens.size(), reader.tokens.bytes());
  const std::uint64_t limit = reader.ids.size() * kIdsPerToken + kSpareIds;
  for (std::size_t i = 0; i < reader.ids.size(); ++i) {
    if (reader.ids[i] >= limit)
      fail_input(
          {.where = name,
           .key = "model.vocab",
           .found = "id " + std::to_string(reader.ids[i]) + " among " + std::to_string(reader.ids.size()) + " tokens"});
    vocabulary.add(reader.tokens[i], static_cast<TokenId>(reader.ids[i]));
  }
  return vocabulary;
}

}  // namespace

TokenizerFile read_tokenizer_json(const std::string& name, std::string_view text) {
  if (text.size() > kLongestFile)
    fail_input({.where = name, .found = std::to_string(text.size()) + " bytes", .expected = "at most 256 MiB"});
  Reader reader(name);
  Json::sax_parse(text, &reader);
  TokenizerFile file{std::move(reader.root), {}, {}};
  const ConfigPart model = ConfigPart{file.rest, name, ""}.child("model");
  if (const std::string type = model.text_or("type", "BPE"); type != "BPE") model.fail("type", type, "BPE");
  file.vocabulary = build_vocabulary(name, reader);
  if (file.vocabulary.count() == 0) model.fail("vocab", "nothing", "tokens");
  if (!reader.has_merges)
    model.fail("merges", model.find("merges") == nullptr ? "nothing" : show(*model.find("merges")), "a list");
  file.merges.reserve(reader.merge_parts.size() / 2);
  for (std::size_t i = 0; i + 1 < reader.merge_parts.size(); i += 2) {
    const auto left = reader.merge_parts[i], right = reader.merge_parts[i + 1];
    const std::pair pair{file.vocabulary.find(left), file.vocabulary.find(right)};
    if (pair.first == kNoToken || pair.second == kNoToken)
      fail_input({.where = name,
                  .key = "model.merges[" + std::to_string(i / 2) + "]",
                  .found = "'" + std::string(left.substr(0, 100)) + "' + '" + std::string(right.substr(0, 100)) + "'",
                  .expected = "two tokens of model.vocab"});
    file.merges.push_back(pair);
  }
  return file;
}

}  // namespace c2c::tok
