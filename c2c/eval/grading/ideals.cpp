#include "c2c/eval/grading/ideals.h"

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/eval/grading/characters.h"
#include "c2c/eval/grading/normal_text.h"

namespace c2c::grading {
namespace {

using View = std::u32string_view;

bool fuzzy(const std::u32string& reply, const std::u32string& ideal) {
  if (reply.empty() || ideal.empty()) return reply == ideal;
  return reply.find(ideal) != View::npos || ideal.find(reply) != View::npos;
}

bool matches(View reply, View ideal, IdealMatch match) {
  switch (match) {
    case IdealMatch::kStartsWith:
      return reply.starts_with(ideal);
    case IdealMatch::kIncludes:
      return reply.find(ideal) != View::npos;
    case IdealMatch::kFuzzy:
      return fuzzy(normal_answer(reply), normal_answer(ideal));
    case IdealMatch::kEquals:
      return strip(reply) == strip(ideal);
  }
  return false;
}

}  // namespace

std::optional<IdealMatch> ideal_match_named(std::string_view name) {
  if (name == "match" || name == "Match") return IdealMatch::kStartsWith;
  if (name == "includes" || name == "Includes") return IdealMatch::kIncludes;
  if (name == "fuzzy_match" || name == "FuzzyMatch") return IdealMatch::kFuzzy;
  if (name == "exact") return IdealMatch::kEquals;
  return std::nullopt;
}

IdealVerdict judge_ideals(std::string_view reply, std::span<const std::string> ideals, IdealMatch match,
                          IdealOptions options) {
  if (ideals.empty())
    fail_input({.where = "sample", .key = "ideal", .found = "nothing", .expected = "a text or several", .hint = {}});
  std::u32string text = to_utf32(reply);
  if (options.ignore_case) text = lower(text);
  const View subject = options.strip ? strip(text) : View(text);
  IdealVerdict out;
  for (const std::string& ideal : ideals) {
    std::u32string wanted = to_utf32(ideal);
    if (options.ignore_case) wanted = lower(wanted);
    if (!out.correct && matches(subject, wanted, match)) {
      out.correct = true;
      out.picked = ideal;
    }
    if (match == IdealMatch::kFuzzy)
      out.f1 = std::max(out.f1, token_f1(split(normal_answer(subject)), split(normal_answer(wanted))));
  }
  return out;
}

}  // namespace c2c::grading
