#include "c2c/eval/results/sample_result.h"

#include "c2c/eval/results/json_fields.h"

namespace c2c {

nlohmann::json to_json(const SampleResult& r) {
  using results::number_json;
  nlohmann::json scores = nlohmann::json::array();
  for (const double score : r.option_scores) scores.push_back(number_json(score));
  nlohmann::json json = {{"system", r.system},
                         {"task", r.task},
                         {"method", r.method},
                         {"id", r.id},
                         {"subject", r.subject},
                         {"subcategory", r.subcategory},
                         {"category", r.category},
                         {"row", r.row},
                         {"question", r.question},
                         {"options", r.options},
                         {"prompt", r.prompt},
                         {"truth", r.truth},
                         {"reply", r.reply},
                         {"context", r.context},
                         {"predicted", nullptr},
                         {"score", number_json(r.score)},
                         {"score_norm", nullptr},
                         {"option_scores", std::move(scores)},
                         {"option_bytes", r.option_bytes},
                         {"prompt_tokens", r.prompt_tokens},
                         {"sharer_tokens", r.sharer_tokens},
                         {"new_tokens", r.new_tokens},
                         {"context_tokens", r.context_tokens},
                         {"prefill_ms", number_json(r.prefill_ms)},
                         {"fuse_ms", number_json(r.fuse_ms)},
                         {"decode_ms", number_json(r.decode_ms)},
                         {"total_ms", number_json(r.total_ms)},
                         {"cot", r.cot},
                         {"error", r.error},
                         {"extra", r.extra}};
  if (r.predicted) json["predicted"] = *r.predicted;
  if (r.score_norm) json["score_norm"] = number_json(*r.score_norm);
  return json;
}

namespace {

// The four that make a sample's key, and its score, must be there; the rest may come from an older version.
void read_texts(const results::FieldReader& read, SampleResult& r) {
  read.text("system", r.system, true);
  read.text("task", r.task, true);
  read.text("method", r.method, true);
  read.text("id", r.id, true);
  read.text("subject", r.subject);
  read.text("subcategory", r.subcategory);
  read.text("category", r.category);
  read.text("question", r.question);
  read.texts("options", r.options);
  read.text("prompt", r.prompt);
  read.text("truth", r.truth);
  read.text("reply", r.reply);
  read.text("context", r.context);
  read.text("error", r.error);
  if (read.find("predicted") != nullptr) read.text("predicted", r.predicted.emplace());
}

void read_numbers(const results::FieldReader& read, SampleResult& r) {
  read.integer("row", r.row);
  read.number("score", r.score, true);
  if (read.find("score_norm") != nullptr) read.number("score_norm", r.score_norm.emplace());
  read.integer("prompt_tokens", r.prompt_tokens);
  read.integer("sharer_tokens", r.sharer_tokens);
  read.integer("new_tokens", r.new_tokens);
  read.integer("context_tokens", r.context_tokens);
  read.number("prefill_ms", r.prefill_ms);
  read.number("fuse_ms", r.fuse_ms);
  read.number("decode_ms", r.decode_ms);
  read.number("total_ms", r.total_ms);
  read.boolean("cot", r.cot);
}

}  // namespace

SampleResult sample_result_from_json(const nlohmann::json& json) {
  const results::FieldReader read(json, "sample of an evaluation");
  SampleResult r;
  read_texts(read, r);
  read_numbers(read, r);
  if (const nlohmann::json* scores = read.find("option_scores")) {
    if (!scores->is_array()) read.fail("option_scores", *scores, "a list of numbers");
    for (const nlohmann::json& score : *scores) r.option_scores.push_back(read.to_number("option_scores", score));
  }
  if (const nlohmann::json* bytes = read.find("option_bytes")) {
    if (!bytes->is_array()) read.fail("option_bytes", *bytes, "a list of whole numbers");
    for (const nlohmann::json& count : *bytes) {
      if (!count.is_number_integer()) read.fail("option_bytes", count, "a whole number");
      r.option_bytes.push_back(count.get<std::int64_t>());
    }
  }
  read.json("extra", r.extra);
  return r;
}

}  // namespace c2c
