#include "c2c/text/tokenizers/split_pattern.h"

#include <algorithm>

#include "c2c/text/tokenizers/char_classes.h"
#include "c2c/text/tokenizers/utf8_walk.h"

namespace c2c::tok {

SplitPattern SplitPattern::literal(std::string text) {
  SplitPattern pattern;
  pattern.literal_ = std::move(text);
  // An empty regex matches between all characters, as an escaped empty string does in Hugging Face's.
  if (pattern.literal_.empty()) pattern.regex_ = std::make_shared<Regex>("empty pattern", "");
  return pattern;
}

SplitPattern SplitPattern::regex(const std::string& where, std::string_view text, bool allow_known) {
  SplitPattern pattern;
  if (allow_known) pattern.known_ = recognise_pattern(text);
  if (!pattern.known_) pattern.regex_ = std::make_shared<Regex>(where, text);
  return pattern;
}

SplitPattern SplitPattern::characters(std::uint8_t char_classes) {
  SplitPattern pattern;
  pattern.classes_ = char_classes;
  return pattern;
}

SplitPattern SplitPattern::words() {
  SplitPattern pattern;
  pattern.words_ = true;
  return pattern;
}

void SplitPattern::find_characters(std::string_view text, std::vector<Match>& out) const {
  const auto& classes = CharClasses::get();
  const auto kind = [&](char32_t c) { return classes.is(c, kWord) ? 1 : classes.is(c, kSpace) ? 0 : 2; };
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t begin = i;
    const char32_t c = char_at(text, i);
    i += char_size(text[i]);
    if (words_) {
      if (kind(c) == 0) continue;
      while (i < text.size() && kind(char_at(text, i)) == kind(c)) i += char_size(text[i]);
      out.push_back({begin, i});
    } else if (classes.is(c, classes_)) {
      out.push_back({begin, i});
    }
  }
}

void SplitPattern::find_matches(std::string_view text, std::vector<Match>& out) const {
  out.clear();
  if (known_) {
    for (std::size_t i = 0; i < text.size(); i = out.back().end) out.push_back({i, match_end(*known_, text, i)});
  } else if (regex_) {
    regex_->find_all(text, out);
  } else if (!literal_.empty()) {
    for (std::size_t i = 0; (i = text.find(literal_, i)) != text.npos; i += literal_.size())
      out.push_back({i, i + literal_.size()});
  } else {
    find_characters(text, out);
  }
}

void SplitPattern::find(std::string_view text, std::vector<Stretch>& out) const {
  out.clear();
  std::vector<Match> matches;
  find_matches(text, matches);
  std::size_t last = 0;
  for (const Match& match : matches) {
    if (match.begin != last) out.push_back({last, match.begin, false});
    out.push_back({match.begin, match.end, true});
    last = match.end;
  }
  if (last != text.size()) out.push_back({last, text.size(), false});
}

namespace {

// Appends every match to the stretch before it in the order given, unless that was a match itself.
template <class Iterator, class Join>
std::vector<Stretch> merge_matches(const Iterator& begin, const Iterator& end, const Join& join) {
  std::vector<Stretch> out;
  bool after_match = false;
  for (auto at = begin; at != end; ++at) {
    if (at->is_match && !after_match && !out.empty())
      join(out.back(), *at);
    else
      out.push_back({at->begin, at->end, false});
    after_match = at->is_match;
  }
  return out;
}

}  // namespace

void apply_behavior(SplitBehavior behavior, std::vector<Stretch>& stretches) {
  if (behavior == SplitBehavior::kRemoved) return;
  if (behavior == SplitBehavior::kMergedWithPrevious) {
    stretches =
        merge_matches(stretches.begin(), stretches.end(), [](Stretch& to, const Stretch& from) { to.end = from.end; });
  } else if (behavior == SplitBehavior::kMergedWithNext) {
    stretches = merge_matches(stretches.rbegin(), stretches.rend(),
                              [](Stretch& to, const Stretch& from) { to.begin = from.begin; });
    std::reverse(stretches.begin(), stretches.end());
  } else if (behavior == SplitBehavior::kContiguous) {
    std::vector<Stretch> out;
    bool previous = false;
    for (const Stretch& stretch : stretches) {
      if (stretch.is_match == previous && !out.empty())
        out.back().end = stretch.end;
      else
        out.push_back(stretch);
      previous = stretch.is_match;
    }
    stretches = std::move(out);
  }
  for (auto& stretch : stretches) stretch.is_match = false;
}

}  // namespace c2c::tok
