// What a session is asked: a prompt, and what one request wants otherwise than the run's configuration has it.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/infer/pipelines/cancellation.h"
#include "c2c/infer/pipelines/run_config.h"
#include "c2c/text/chat/chat_template.h"

namespace c2c {

// What is not set is the run's.
struct RequestOverrides {
  std::optional<std::string> mask;    // as RunConfig::mask
  std::optional<std::string> fusion;  // sequential, parallel
  std::optional<std::string> system;
  std::optional<bool> thinking, ignore_eos;
  std::optional<SamplingOptions> sampling;
  std::optional<std::int64_t> max_new_tokens;  // 0: the prompt is read, nothing is written
  std::optional<std::int64_t> context_tokens;
  std::optional<std::vector<std::string>> stop;
};
// Throws kUsage naming what cannot be.
void apply(const RequestOverrides& overrides, RunConfig& config);

// One new token of an answer and what is known about its place.
struct TokenEvent {
  std::int64_t id = 0;
  const TokenLogprob* logprob = nullptr;  // null: not asked for
  bool ends_answer = false;               // it has no text
};

struct Request {
  Messages messages;
  std::optional<std::string> raw;  // text as it is, no chat template; messages are not looked at
  std::vector<TokenId> ids;        // the prompt as ids; text and messages are not looked at
  std::string mode;                // empty: the run's
  std::size_t sharer = 0;          // modes sharer and t2t: which one, 0-based
  // Mode control: the conversation whose sharer cache is fused. Empty: the run's control_prompt.
  Messages control;
  // Takes over what earlier prompts that began alike have left, and leaves its own: for conversations, not for timings.
  bool reuse = false;
  std::string tenant;  // EngineRequest::tenant
  RequestOverrides overrides;
  std::int64_t logprobs = -1;             // >= 0: of every new token, and of so many likeliest ones
  std::int64_t prompt_alternatives = -1;  // >= 0: Answer::prompt_scores, and so many likeliest tokens in each place
  // Called once, on the asking thread, when the prompt has been planned and the engine has taken it: what is wrong with
  // a request is thrown before, nearly always.
  std::function<void()> on_submitted;
  // Called on the engine's thread for every token of the answer, before its text.
  std::function<void(const TokenEvent&)> on_token;
  std::shared_ptr<Cancellation> cancellation;  // may be null
};

enum class TextKind { kContext, kAnswer };
// Called on the engine's thread; false ends the answer.
using OnText = std::function<bool(TextKind kind, std::string_view piece)>;

}  // namespace c2c
