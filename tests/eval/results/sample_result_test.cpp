#include "c2c/eval/results/sample_result.h"

#include <cmath>
#include <limits>

#include "c2c/eval/results/json_fields.h"
#include "tests/eval/results/results_testing.h"

namespace c2c {
namespace {

using testing::error_of;

SampleResult full() {
  SampleResult r = testing::make_result("C2C", 7, 1);
  r.method = "loglikelihood";
  r.context = "Some background";
  r.score_norm = 0.0;
  r.option_scores = {-1.5, -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN(), 1e-300};
  r.option_bytes = {3, 3, 5, 4};
  r.sharer_tokens = 51;
  r.context_tokens = 12;
  r.fuse_ms = 0.1;
  r.cot = true;
  r.error = "out of memory";
  r.extra = {{"answers", {"x", "y"}}, {"length", 9}};
  return r;
}

TEST(SampleResult, EveryFieldComesBack) {
  const SampleResult before = full();
  const nlohmann::json json = nlohmann::json::parse(results::dump(to_json(before)));
  const SampleResult after = sample_result_from_json(json);
  EXPECT_EQ(to_json(after), to_json(before));
  EXPECT_EQ(after.predicted, before.predicted);
  EXPECT_EQ(after.score_norm, 0.0);
  EXPECT_EQ(after.option_scores[1], -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(after.option_scores[2]));
  EXPECT_EQ(after.option_scores[3], 1e-300);
  EXPECT_EQ(after.extra["answers"][1], "y");
  // Nothing was forgotten in to_json: each of its keys has another value in an empty result.
  const nlohmann::json empty = to_json(SampleResult{});
  for (const auto& [key, value] : empty.items()) EXPECT_NE(value, json[key]) << key;
}

TEST(SampleResult, NoAnswerIsNotAnEmptyAnswer) {
  SampleResult none = full(), empty = full();
  none.predicted.reset();
  empty.predicted = "";
  EXPECT_FALSE(sample_result_from_json(to_json(none)).predicted.has_value());
  EXPECT_EQ(sample_result_from_json(to_json(empty)).predicted, "");
}

TEST(SampleResult, BytesThatAreNotUtf8BecomeReplacementCharacters) {
  SampleResult r = full();
  r.reply = "caf\xe9 \xf0\x9f";
  const SampleResult after = sample_result_from_json(nlohmann::json::parse(results::dump(to_json(r))));
  EXPECT_EQ(after.reply, "caf\xef\xbf\xbd \xef\xbf\xbd");
}

TEST(SampleResult, ErrorsNameTheField) {
  nlohmann::json json = to_json(full());
  json.erase("id");
  EXPECT_EQ(error_of([&] { sample_result_from_json(json); }).info().key, "id");
  json = to_json(full());
  json["new_tokens"] = "many";
  const Error error = error_of([&] { sample_result_from_json(json); });
  EXPECT_EQ(error.info().key, "new_tokens");
  EXPECT_EQ(error.info().found, "\"many\"");
  EXPECT_EQ(error.kind(), ErrorKind::kInput);
  json = to_json(full());
  json["option_scores"] = {1.0, "one"};
  EXPECT_EQ(error_of([&] { sample_result_from_json(json); }).info().key, "option_scores");
  EXPECT_EQ(error_of([&] { sample_result_from_json(nlohmann::json::array()); }).kind(), ErrorKind::kInput);
}

}  // namespace
}  // namespace c2c
