#include "c2c/eval/judge/ask_judge.h"

#include <algorithm>
#include <chrono>

#include "c2c/base/error.h"
#include "c2c/eval/grading/judge_verdict.h"
#include "c2c/eval/judge/judge_run.h"
#include "c2c/io/net/openai_client.h"
#include "c2c/io/net/url.h"

namespace c2c {
namespace {

using Clock = std::chrono::steady_clock;

OpenAiClientOptions client_options(const EvalJudge& judge, const std::string& key) {
  const auto timeout = std::chrono::milliseconds(static_cast<std::int64_t>(judge.timeout * 1000));
  OpenAiClientOptions options;
  options.http.bearer_key = key;
  options.http.idle_timeout = timeout;
  options.http.total_timeout = timeout;
  options.http.connect_timeout = std::min(options.http.connect_timeout, timeout);
  options.http.limits.max_body_bytes = std::size_t{4} << 20;  // a word is expected, thoughts before it allowed
  options.retry.max_tries = static_cast<int>(judge.tries);
  return options;
}

// What identifies the sample, without what the system made of it.
SampleResult verdict_about(const SampleResult& generated) {
  SampleResult verdict;
  verdict.system = generated.system;
  verdict.task = generated.task;
  verdict.method = kJudgeMethod;
  verdict.id = generated.id;
  verdict.subject = generated.subject;
  verdict.subcategory = generated.subcategory;
  verdict.category = generated.category;
  verdict.row = generated.row;
  verdict.question = generated.question;
  verdict.options = generated.options;
  verdict.truth = generated.truth;
  verdict.cot = generated.cot;
  return verdict;
}

}  // namespace

std::string judge_host(const EvalJudge& judge) {
  const Url url = parse_url(judge.endpoint);
  return (url.tls ? "https://" : "http://") + authority(url);
}

struct Judge::State {
  State(const EvalJudge& config, nlohmann::json about)
      : judge(config),
        provenance(std::move(about)),
        key(read_api_key(judge.api_key_env, judge.api_key_file, /*required=*/false)),
        client(judge.endpoint, client_options(judge, key)) {}

  // Services repeat what they were sent.
  std::string without_key(std::string text) const {
    constexpr std::string_view kInstead = "[key]";
    if (key.empty()) return text;
    for (std::size_t at = text.find(key); at != text.npos; at = text.find(key, at + kInstead.size()))
      text.replace(at, key.size(), kInstead);
    return text;
  }

  void ask(SampleResult& verdict) {
    OpenAiRequest request{.model = judge.model, .messages = {{"user", verdict.prompt}}};
    request.max_tokens = judge.max_tokens;
    if (judge.temperature == judge.temperature) request.temperature = judge.temperature;
    const OpenAiReply reply = client.complete(request);
    verdict.reply = without_key(reply.text);
    verdict.prompt_tokens = reply.usage.prompt_tokens;
    verdict.new_tokens = reply.usage.completion_tokens;
    verdict.extra["judge"]["answered_as"] = without_key(reply.model);
    const auto right = grading::read_verdict(reply.text);
    if (right) {
      verdict.predicted = *right ? "YES" : "NO";
      verdict.score = *right ? 1 : 0;
      return;
    }
    const bool cut = reply.finish_reason == "length";
    verdict.error = "no verdict: neither YES nor NO in the judge's reply" +
                    std::string(cut ? ", which its limit of tokens ended (judge.max_tokens)" : "");
  }

  EvalJudge judge;
  nlohmann::json provenance;
  std::string key;
  OpenAiClient client;
};

Judge::Judge(const EvalJudge& judge, nlohmann::json provenance)
    : state_(std::make_unique<State>(judge, std::move(provenance))) {}
Judge::~Judge() = default;

SampleResult Judge::operator()(const JudgeCase& one) {
  SampleResult verdict = verdict_about(*one.generated);
  verdict.extra = {{"judge", state_->provenance}};
  if (!one.generated->error.empty()) {
    verdict.extra["no_reply"] = true;
    verdict.error = "no reply to judge: " + one.generated->error;
    return verdict;
  }
  if (is_cut_off(*one.generated)) verdict.extra["cut_off"] = true;
  verdict.prompt = judge_question(one.topic, *one.generated);
  const Clock::time_point started = Clock::now();
  try {
    state_->ask(verdict);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInternal) throw;
    verdict.error = state_->without_key(error.what());
  }
  verdict.total_ms = std::chrono::duration<double, std::milli>(Clock::now() - started).count();
  return verdict;
}

}  // namespace c2c
