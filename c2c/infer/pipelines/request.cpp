#include "c2c/infer/pipelines/request.h"

#include "c2c/base/error.h"

namespace c2c {
namespace {

void check_at_least(const char* key, std::int64_t found, std::int64_t least) {
  if (found < least)
    fail_usage({.where = key, .found = std::to_string(found), .expected = std::to_string(least) + " or more"});
}

}  // namespace

void apply(const RequestOverrides& overrides, RunConfig& config) {
  if (overrides.fusion && *overrides.fusion != "sequential" && *overrides.fusion != "parallel")
    fail_usage({.where = "fusion", .found = *overrides.fusion, .expected = "sequential or parallel"});
  if (overrides.max_new_tokens) check_at_least("max_new_tokens", *overrides.max_new_tokens, 0);
  if (overrides.context_tokens) check_at_least("context_tokens", *overrides.context_tokens, 1);
  if (overrides.sampling) validate(*overrides.sampling);
  const auto take = [](const auto& from, auto& to) {
    if (from) to = *from;
  };
  take(overrides.mask, config.mask);
  take(overrides.fusion, config.fusion);
  take(overrides.system, config.system);
  take(overrides.thinking, config.thinking);
  take(overrides.ignore_eos, config.ignore_eos);
  take(overrides.max_new_tokens, config.max_new_tokens);
  take(overrides.context_tokens, config.t2t.context_tokens);
  take(overrides.stop, config.stop);
  if (overrides.sampling) static_cast<SamplingOptions&>(config.sampling) = *overrides.sampling;
}

}  // namespace c2c
