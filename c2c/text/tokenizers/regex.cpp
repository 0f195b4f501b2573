#include "c2c/text/tokenizers/regex.h"

#include <oniguruma.h>

#include <mutex>

#include "c2c/base/error.h"
#include "c2c/text/tokenizers/utf8_walk.h"

namespace c2c::tok {
namespace {

constexpr std::size_t kLongestPattern = 16 << 10;
constexpr unsigned long kRetries = 10'000'000;  // backtracking steps of one search, plus a share of its text
constexpr unsigned kStackEntries = 4'000'000;   // about 200 MB at worst

std::string message(int code, OnigErrorInfo* info = nullptr) {
  OnigUChar text[ONIG_MAX_ERROR_MESSAGE_LEN];
  const int size = onig_error_code_to_str(text, code, info);
  return std::string(reinterpret_cast<char*>(text), static_cast<std::size_t>(size > 0 ? size : 0));
}

const OnigUChar* bytes(const char* p) {
  return reinterpret_cast<const OnigUChar*>(p);
}

// Everything a search needs besides the pattern; one per find_all, so that a Regex is const.
struct Search {
  explicit Search(std::size_t text_size) : region(onig_region_new()), limits(onig_new_match_param()) {
    onig_initialize_match_param(limits);
    onig_set_match_stack_limit_size_of_match_param(limits, kStackEntries);
    onig_set_retry_limit_in_match_of_match_param(limits, kRetries + 64 * text_size);
    onig_set_retry_limit_in_search_of_match_param(limits, kRetries + 64 * text_size);
  }
  ~Search() {
    onig_region_free(region, 1);
    onig_free_match_param(limits);
  }
  Search(const Search&) = delete;
  OnigRegion* region;
  OnigMatchParam* limits;
};

}  // namespace

void initialize_oniguruma() {
  static std::once_flag once;
  std::call_once(once, [] {
    OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
    onig_initialize(encodings, 1);
  });
}

Regex::Regex(std::string where, std::string_view pattern) : where_(std::move(where)) {
  initialize_oniguruma();
  if (pattern.size() > kLongestPattern)
    fail_input({.where = where_,
                .found = "a regex of " + std::to_string(pattern.size()) + " bytes",
                .expected = "at most 16384"});
  regex_t* compiled = nullptr;
  OnigErrorInfo info;
  const int code = onig_new(&compiled, bytes(pattern.data()), bytes(pattern.data() + pattern.size()), ONIG_OPTION_NONE,
                            ONIG_ENCODING_UTF8, ONIG_SYNTAX_DEFAULT, &info);
  if (code != ONIG_NORMAL)
    fail_input({.where = where_, .key = "regex " + std::string(pattern.substr(0, 200)), .found = message(code, &info)});
  regex_ = std::shared_ptr<void>(compiled, [](void* p) { onig_free(static_cast<regex_t*>(p)); });
}

void Regex::find_all(std::string_view text, std::vector<Match>& out) const {
  out.clear();
  Search search(text.size());
  const OnigUChar* const begin = bytes(text.data());
  const OnigUChar* const end = begin + text.size();
  std::size_t from = 0, last_end = text.size() + 1;
  while (from <= text.size()) {
    const int found = onig_search_with_param(static_cast<regex_t*>(regex_.get()), begin, end, begin + from, end,
                                             search.region, ONIG_OPTION_NONE, search.limits);
    if (found == ONIG_MISMATCH) return;
    if (found < 0)
      fail_input({.where = where_,
                  .key = "regex",
                  .found = message(found) + " in a text of " + std::to_string(text.size()) + " bytes"});
    const Match match{static_cast<std::size_t>(search.region->beg[0]), static_cast<std::size_t>(search.region->end[0])};
    for (const std::size_t edge : {match.begin, match.end})
      if (edge < text.size() && is_continuation(text[edge]))
        fail_input({.where = where_, .key = "regex", .found = "a match that ends inside a character"});
    // \K and look-behind can put a match before the place where the last one ended; the crate would panic there.
    if (match.begin < (out.empty() ? 0 : out.back().end) || match.end < match.begin)
      fail_input({.where = where_, .key = "regex", .found = "overlapping matches"});
    if (match.begin == match.end && match.end == last_end) {
      from += from < text.size() ? char_size(text[from]) : 1;
      continue;
    }
    out.push_back(match);
    from = last_end = match.end;
  }
}

}  // namespace c2c::tok
