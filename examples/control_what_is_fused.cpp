// Decides token by token what a sharer may say: control_what_is_fused RUN_FILE QUESTION
// The same prompt is prefilled four times, with other parts of it fused, and each time decoded greedily.
#include <cstdio>
#include <exception>
#include <functional>
#include <string>

#include "c2c/infer/pipelines/session.h"
#include "c2c/io/config/assign.h"

namespace {

// Which sharers a receiver token hears: bit i - 1 is sharer i, 0 is none.
using Listen = std::function<c2c::SharerMask(std::int64_t token)>;

c2c::SectionPlan refused(c2c::SectionPlan plan, const Listen& listen) {
  const auto tokens = static_cast<std::int64_t>(plan.ids.size());
  plan.sections.clear();
  for (std::int64_t i = 0; i + 1 < tokens; ++i) {
    const c2c::SharerMask mask = listen(i);
    if (plan.sections.empty() || plan.sections.back().mask != mask) plan.sections.push_back({0, mask});
    ++plan.sections.back().length;
  }
  plan.sections.push_back({1, 0});  // the last token is never fused: its logits start the answer
  return plan;
}

std::string answer(const c2c::Rosetta& rosetta, const c2c::Tokenizer& tokenizer, const c2c::SectionPlan& plan) {
  constexpr std::int64_t kNewTokens = 16;
  c2c::RosettaState state;
  const at::Tensor first = rosetta.prefill({plan}, state, kNewTokens);
  c2c::GenerateOptions options;
  options.max_new_tokens = kNewTokens;
  const c2c::Step step = [&](const at::Tensor& ids) { return rosetta.decode(ids, state); };
  const auto rows = c2c::generate(first, {{plan.ids.begin(), plan.ids.end()}}, step, options);
  return tokenizer.decode({rows[0].ids.begin(), rows[0].ids.end()}, true);
}

void compare(const char* run_file, const char* question) {
  c2c::RunConfig config;
  c2c::assign_file(c2c::fields_of(config), run_file);
  c2c::Session session(config);
  const c2c::SectionPlan plan = session.plan({.messages = {{"user", question}}});
  const auto half = static_cast<std::int64_t>(plan.ids.size()) / 2;
  const c2c::SharerMask all = c2c::mask_of_all(plan.sharers.size());

  const auto show = [&](const char* what, const c2c::SectionPlan& plan) {
    std::printf("%-14s %s\n", what, answer(session.rosetta(), *session.receiver().text.tokenizer, plan).c_str());
  };
  show("as planned:", plan);
  show("nothing:", refused(plan, [](std::int64_t) { return 0; }));
  show("first half:", refused(plan, [=](std::int64_t token) { return token < half ? all : 0; }));
  show("second half:", refused(plan, [=](std::int64_t token) { return token < half ? 0 : all; }));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: %s RUN_FILE QUESTION\n", argv[0]), 2;
  try {
    compare(argv[1], argv[2]);
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "%s\n", error.what()), 1;
  }
  return 0;
}
