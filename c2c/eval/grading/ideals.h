// Replies against the `ideal` of an OpenAI-evals sample, which may be several texts: as PyPI `evals` 3.0.1.post1
// judges.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace c2c::grading {

enum class IdealMatch {
  kStartsWith,  // evals.elsuite.basic.match:Match: the reply begins with an ideal
  kIncludes,    // basic.includes:Includes: an ideal is somewhere in the reply
  kFuzzy,       // basic.fuzzy_match:FuzzyMatch: normalised, one of the two contains the other
  kEquals,      // the whole reply is an ideal, white space around both aside (lm-eval's exact_match, stripped)
};

// "match", "includes", "fuzzy_match" and "exact"; also evals' class names. Nothing for another name.
std::optional<IdealMatch> ideal_match_named(std::string_view name);

struct IdealOptions {
  bool ignore_case = false;  // as Includes' argument; kFuzzy always ignores case
  bool strip = false;        // white space before and after the reply first (chat models start with it; evals does not)
};

struct IdealVerdict {
  bool correct = false;
  std::string picked;  // the first ideal that matched; empty when none did
  double f1 = 0;       // kFuzzy only: best token F1, as FuzzyMatch records it
};

// Throws kInput for no ideals.
IdealVerdict judge_ideals(std::string_view reply, std::span<const std::string> ideals, IdealMatch match,
                          IdealOptions options = {});

}  // namespace c2c::grading
