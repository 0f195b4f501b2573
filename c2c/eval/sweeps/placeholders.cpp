#include "c2c/eval/sweeps/placeholders.h"

#include <vector>

#include "c2c/base/error.h"
#include "c2c/eval/sweeps/scalar.h"
#include "c2c/io/config/assign.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLongest = std::size_t{64} << 10;

// Calls literal(text) and word(name) in order; false: a brace that nothing closes.
bool parts(const std::string& text, const std::function<void(const std::string&)>& literal,
           const std::function<void(const std::string&)>& word) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = text.find('{', at);
    literal(text.substr(at, open - at));
    if (open == text.npos) return true;
    if (open + 1 < text.size() && text[open + 1] == '{') {
      literal("{");
      at = open + 2;
      continue;
    }
    const std::size_t close = text.find('}', open);
    if (close == text.npos) return false;
    word(text.substr(open + 1, close - open - 1));
    at = close + 1;
  }
  return true;
}

const Json& word_of(const std::string& name, const SweepWords& words, const SweepPlace& place) {
  if (const auto found = words.find(name); found != words.end()) return found->second;
  std::vector<std::string> known;
  std::string all;
  for (const auto& [word, value] : words) {
    known.push_back(word);
    all += (all.empty() ? "one of {" : ", {") + word + "}";
  }
  const std::string near = nearest_name(name, known);
  fail_usage({.where = place.file,
              .key = place.key,
              .found = shown("{" + name + "}"),
              .expected = all + "; {{ is a brace",
              .hint = near.empty() ? "" : "did you mean {" + near + "}?"});
}

Json fill_text(const std::string& text, const SweepWords& words, const SweepPlace& place) {
  std::string filled;
  std::vector<std::string> used;
  bool only = true;
  const bool closed = parts(
      text,
      [&](const std::string& literal) {
        only = only && literal.empty();
        filled += literal;
      },
      [&](const std::string& name) {
        used.push_back(name);
        filled += scalar_text(word_of(name, words, place));
        if (filled.size() > kLongest)
          fail_usage({.where = place.file, .key = place.key, .found = "a text beyond 64 KiB", .expected = "less"});
      });
  if (!closed)
    fail_usage({.where = place.file, .key = place.key, .found = shown(text), .expected = "a } for every {, or {{"});
  return only && used.size() == 1 ? words.at(used[0]) : Json(filled);
}

}  // namespace

Json fill(const Json& value, const SweepWords& words, const SweepPlace& place) {
  if (value.is_string()) return fill_text(value.get_ref<const std::string&>(), words, place);
  if (!value.is_structured()) return value;
  Json filled = value;
  for (auto item = filled.begin(); item != filled.end(); ++item) *item = fill(*item, words, place);
  return filled;
}

bool mentions(const Json& value, std::string_view name) {
  if (value.is_string()) {
    bool found = false;
    parts(
        value.get_ref<const std::string&>(), [](const std::string&) {},
        [&](const std::string& word) { found = found || word == name; });
    return found;
  }
  if (value.is_structured())
    for (const Json& item : value)
      if (mentions(item, name)) return true;
  return false;
}

}  // namespace c2c
