#include "c2c/text/tokenizers/unicode_forms.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <optional>

#include "c2c/text/tokenizers/utf8_walk.h"

namespace c2c::tok {
namespace {

using Change = AlignedText::Change;

constexpr char32_t kEnd = 0x110000, kLastDecomposing = 0x2FA1F;
constexpr int kLongest = 32;  // of a full decomposition; the longest in Unicode is 18

int combining_class(char32_t c) {
  if (is_newer_than_unicode9(c)) return 0;
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class;
}

int decompose(char32_t c, bool compatible, std::array<utf8proc_int32_t, kLongest>& out) {
  const int options = UTF8PROC_DECOMPOSE | UTF8PROC_STABLE | (compatible ? UTF8PROC_COMPAT : 0);
  int boundary = 0;
  out[0] = static_cast<utf8proc_int32_t>(c);
  if (is_newer_than_unicode9(c)) return 1;
  const auto size = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), out.data(), kLongest,
                                            static_cast<utf8proc_option_t>(options), &boundary);
  if (size >= 1 && size <= kLongest) return static_cast<int>(size);
  out[0] = static_cast<utf8proc_int32_t>(c);
  return 1;
}

std::optional<char32_t> compose(char32_t first, char32_t second) {
  if (is_newer_than_unicode9(first) || is_newer_than_unicode9(second)) return std::nullopt;
  utf8proc_int32_t pair[3] = {static_cast<utf8proc_int32_t>(first), static_cast<utf8proc_int32_t>(second), 0};
  const auto size =
      utf8proc_normalize_utf32(pair, 2, static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  if (size != 1) return std::nullopt;
  return static_cast<char32_t>(pair[0]);
}

// Characters that NFC leaves alone whatever stands next to them: no combining class, equal to their own composed
// decomposition, and never the second half of a composition.
class StableChars {
 public:
  static const StableChars& get() {
    static const StableChars instance;
    return instance;
  }
  bool operator()(char32_t c) const { return !unstable_[c]; }

 private:
  StableChars() : unstable_(kEnd, false) {
    std::array<utf8proc_int32_t, kLongest> parts;
    for (char32_t c = 0; c < kEnd; ++c) {
      if (combining_class(c) != 0) unstable_[c] = true;
      if (c > kLastDecomposing) continue;
      const int size = decompose(c, false, parts);
      for (int i = 1; i < size; ++i) unstable_[static_cast<std::size_t>(parts[static_cast<std::size_t>(i)])] = true;
      if (size == 1 && parts[0] == static_cast<utf8proc_int32_t>(c)) continue;
      const auto composed = utf8proc_normalize_utf32(
          parts.data(), size, static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
      if (composed != 1 || parts[0] != static_cast<utf8proc_int32_t>(c)) unstable_[c] = true;
    }
  }
  std::vector<bool> unstable_;
};

// decompose.rs: characters of a run are sorted by combining class, each keeping its own change.
std::vector<Change> decomposed(std::u32string_view chars, bool compatible) {
  std::vector<Change> out;
  out.reserve(chars.size());
  std::array<utf8proc_int32_t, kLongest> parts;
  std::size_t sorted = 0;
  const auto sort_run = [&] {
    std::stable_sort(out.begin() + static_cast<std::ptrdiff_t>(sorted), out.end(),
                     [](const Change& a, const Change& b) { return combining_class(a.c) < combining_class(b.c); });
    sorted = out.size();
  };
  for (const char32_t c : chars) {
    const int size = decompose(c, compatible, parts);
    for (int i = 0; i < size; ++i) {
      const auto part = static_cast<char32_t>(parts[static_cast<std::size_t>(i)]);
      if (combining_class(part) == 0) sort_run();
      out.push_back({part, i == 0 ? 0 : 1});
    }
  }
  sort_run();
  return out;
}

// recompose.rs. `marks` waits behind the starter that may still absorb what follows.
std::vector<Change> recomposed(const std::vector<Change>& in) {
  std::vector<Change> out, marks;
  out.reserve(in.size());
  std::optional<Change> starter;
  int last_class = -1;  // of the last mark that was not absorbed; -1: none
  const auto flush = [&] {
    if (starter) out.push_back(*starter);
    out.insert(out.end(), marks.begin(), marks.end());
    marks.clear();
    last_class = -1;
  };
  for (const Change& next : in) {
    const int next_class = combining_class(next.c);
    if (!starter) {
      if (next_class != 0)
        out.push_back(next);
      else
        starter = next;
      continue;
    }
    const bool blocked = last_class >= next_class;
    if (!blocked)
      if (const auto composed = compose(starter->c, next.c)) {
        starter = Change{*composed, starter->change + next.change - 1};
        continue;
      }
    if (next_class == 0) {
      flush();
      starter = next;
    } else {
      marks.push_back(next);
      last_class = next_class;
    }
  }
  flush();
  return out;
}

}  // namespace

bool is_newer_than_unicode9(char32_t c) {
  struct Range {
    char32_t first, last;
  };
  static constexpr std::array kRanges = std::to_array<Range>({
      {0x7FD, 0x7FD},     {0x898, 0x89F},     {0x8CA, 0x8D3},     {0x9FE, 0x9FE},     {0xC3C, 0xC3C},
      {0xD3B, 0xD3C},     {0xEBA, 0xEBA},     {0x1715, 0x1715},   {0x1ABF, 0x1ACE},   {0x1DF6, 0x1DFA},
      {0x32FF, 0x32FF},   {0xA7F2, 0xA7F4},   {0xA82C, 0xA82C},   {0xAB69, 0xAB69},   {0x10781, 0x107BA},
      {0x10D24, 0x10D27}, {0x10EAB, 0x10EAC}, {0x10EFD, 0x10EFF}, {0x10F46, 0x10F50}, {0x10F82, 0x10F85},
      {0x11070, 0x11070}, {0x1133B, 0x1133B}, {0x1145E, 0x1145E}, {0x11839, 0x1183A}, {0x11938, 0x11938},
      {0x1193D, 0x1193E}, {0x11943, 0x11943}, {0x119E0, 0x119E0}, {0x11A34, 0x11A34}, {0x11A47, 0x11A47},
      {0x11A99, 0x11A99}, {0x11D42, 0x11D42}, {0x11D44, 0x11D45}, {0x11D97, 0x11D97}, {0x11F41, 0x11F42},
      {0x16FF0, 0x16FF1}, {0x1E030, 0x1E06D}, {0x1E130, 0x1E136}, {0x1E2AE, 0x1E2AE}, {0x1E2EC, 0x1E2EF},
      {0x1E4EC, 0x1E4EF}, {0x1F16C, 0x1F16C}, {0x1FBF0, 0x1FBF9},
  });
  if (c < kRanges[0].first) return false;
  const auto after = std::upper_bound(kRanges.begin(), kRanges.end(), c,
                                      [](char32_t value, const Range& range) { return value < range.first; });
  return c <= std::prev(after)->last;
}

bool is_in_form(UnicodeForm form, std::string_view text) {
  std::size_t i = ascii_prefix(text);
  if (i == text.size()) return true;
  if (form != UnicodeForm::kNfc) return false;
  const auto& stable = StableChars::get();
  for (const char *p = text.data() + i, *end = text.data() + text.size(); p < end;)
    if (static_cast<unsigned char>(*p) < 0x80)
      ++p;
    else if (!stable(next_char(p)))
      return false;
  return true;
}

// NFC works on the stretches around unstable characters only: from the stable character before to the one after.
static std::vector<Change> to_nfc(std::u32string_view chars) {
  const auto& stable = StableChars::get();
  std::vector<Change> out;
  out.reserve(chars.size());
  for (std::size_t i = 0; i < chars.size();) {
    std::size_t end = i + 1;
    while (end < chars.size() && !stable(chars[end])) ++end;
    if (end == i + 1 && stable(chars[i])) {
      out.push_back({chars[i], 0});
    } else {
      const auto part = recomposed(decomposed(chars.substr(i, end - i), false));
      out.insert(out.end(), part.begin(), part.end());
    }
    i = end;
  }
  return out;
}

void to_form(UnicodeForm form, AlignedText& text) {
  const bool compatible = form == UnicodeForm::kNfkc || form == UnicodeForm::kNfkd;
  if (form == UnicodeForm::kNfc) return text.transform(to_nfc(text.chars()));
  auto changes = decomposed(text.chars(), compatible);
  if (form == UnicodeForm::kNfkc) changes = recomposed(changes);
  text.transform(changes);
}

}  // namespace c2c::tok
