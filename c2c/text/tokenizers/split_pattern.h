// What a pre-tokenizer splits at: a literal, a regex, or characters of a class; and what becomes of the delimiter.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/text/tokenizers/known_patterns.h"
#include "c2c/text/tokenizers/regex.h"

namespace c2c::tok {

enum class SplitBehavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

// One stretch of a text; stretches tile it.
struct Stretch {
  std::size_t begin, end;
  bool is_match;
};

class SplitPattern {
 public:
  static SplitPattern literal(std::string text);
  // A known regex (known_patterns.h) is matched by hand when `allow_known`.
  static SplitPattern regex(const std::string& where, std::string_view pattern, bool allow_known = true);
  static SplitPattern characters(std::uint8_t char_classes);
  // Runs of word characters and runs of what is neither word nor space (Rust's \w+|[^\w\s]+).
  static SplitPattern words();

  void find(std::string_view text, std::vector<Stretch>& out) const;  // `out` is cleared
  // Set when every match follows the last one without a gap: then stretches need not be listed.
  const std::optional<KnownPattern>& known() const { return known_; }

 private:
  SplitPattern() = default;
  void find_matches(std::string_view text, std::vector<Match>& out) const;
  void find_characters(std::string_view text, std::vector<Match>& out) const;
  std::string literal_;
  std::shared_ptr<const Regex> regex_;
  std::optional<KnownPattern> known_;
  std::uint8_t classes_ = 0;
  bool words_ = false;
};

// Joins or drops delimiters (normalizer.rs, split); every stretch that remains is one part, is_match set where it is to
// be dropped.
void apply_behavior(SplitBehavior behavior, std::vector<Stretch>& stretches);

}  // namespace c2c::tok
