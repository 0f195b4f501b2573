#include "c2c/eval/analysis/weights.h"

#include <ATen/ATen.h>

#include <map>

#include "c2c/base/error.h"
#include "c2c/rosetta/rosetta.h"
#include "tests/eval/analysis/tiny_run.h"

namespace c2c::testing {
namespace {

const std::vector<Question> kQuestions = {{"a", user("What does the word lamp mean?")}, {"b", user("And tide?")}};

// What the projectors say when they are asked by hand, with what the fused forward gave them.
std::map<std::int64_t, ProjectContext::Capture> by_hand(Session& session, const Question& question) {
  std::map<std::int64_t, ProjectContext::Capture> all;
  const Rosetta& rosetta = session.rosetta();
  const FuseObserver observer = [&](const FuseEvent& event) {
    const Fuser& fuser = *rosetta.sharers()[event.sharer].fuser;
    const std::int64_t number = fuser.layers.at(event.receiver_layer).front().projector;
    ProjectContext context;
    context.capture = &all[number];
    fuser.projectors[static_cast<std::size_t>(number)]->forward(event.sharer_kv, event.before, context);
  };
  RosettaState state;
  rosetta.prefill({session.plan({.messages = question.messages, .mode = "c2c"})}, state, 0, &observer);
  return all;
}

TEST(Weights, AreTheScalarsThatTheProjectorsGave) {
  Session session(tiny_run());
  const WeightAnalysis found = weight_analysis(session, kQuestions, {});
  ASSERT_FALSE(found.per_prompt.rows.empty());
  EXPECT_EQ(to_csv(found.per_prompt).substr(0, 93),
            "sample_index,projector_index,norm_key_scalar,norm_value_scalar,key_gate_logit,value_gate_logi");
  std::size_t compared = 0;
  for (std::size_t q = 0; q < kQuestions.size(); ++q) {
    const auto wanted = by_hand(session, kQuestions[q]);
    for (const auto& row : found.per_prompt.rows) {
      if (row[0].get<std::size_t>() != q) continue;
      const ProjectContext::Capture& own = wanted.at(row[1].get<std::int64_t>());
      const auto key = row[2].get<std::vector<std::vector<std::vector<std::vector<double>>>>>();
      ASSERT_EQ(own.key_scalar.sizes(), (std::vector<std::int64_t>{1, std::ssize(key[0]), std::ssize(key[0][0]), 1}));
      for (std::size_t h = 0; h < key[0].size(); ++h)
        for (std::size_t n = 0; n < key[0][h].size(); ++n, ++compared)
          EXPECT_NEAR(key[0][h][n][0],
                      own.key_scalar[0][static_cast<std::int64_t>(h)][static_cast<std::int64_t>(n)][0].item<double>(),
                      1e-6);
      EXPECT_EQ(number(row[4]), own.key_gate_logit);
      EXPECT_EQ(number(row[5]), own.value_gate_logit);
    }
  }
  EXPECT_GT(compared, 50U);
}

TEST(Weights, AreSummedUpByHead) {
  Session session(tiny_run());
  const WeightAnalysis found = weight_analysis(session, kQuestions, {.bins = 5});
  for (const auto& row : found.analysis.table.rows) {
    const std::int64_t projector = row[0].get<std::int64_t>(), head = row[4].get<std::int64_t>();
    double sum = 0, tokens = 0;
    for (const auto& one : found.per_prompt.rows)
      if (one[1].get<std::int64_t>() == projector)
        for (const auto& value : one[3][0][static_cast<std::size_t>(head)]) sum += number(value[0]), ++tokens;
    EXPECT_EQ(number(row[5]), tokens);
    EXPECT_NEAR(number(row[8]), sum / tokens, 2e-6) << "value_mean of projector " << projector;
    EXPECT_GT(number(row[7]), 0) << "spread";
  }
  // The picture over layers, and a histogram for every open gate.
  std::size_t open = 0;
  for (const auto& row : found.analysis.table.rows)
    if (row[4].get<std::int64_t>() == 0) open += row[12].get<bool>() + row[13].get<bool>();
  EXPECT_EQ(found.analysis.pictures.size(), 1 + open);
}

TEST(Weights, NeedAQuestionAndScalars) {
  Session session(tiny_run());
  EXPECT_THROW(weight_analysis(session, {}, {}), Error);
  RunConfig deaf = tiny_run();
  deaf.mask = "none";
  Session silent(deaf);
  EXPECT_THROW(weight_analysis(silent, kQuestions, {}), Error);
}

}  // namespace
}  // namespace c2c::testing
