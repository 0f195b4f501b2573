// One answer of one speaker, a Rosetta with or without sharers, through the engine, and its ids as text. Text comes out
// in whole characters, stop strings never do.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/infer/engine/engine.h"
#include "c2c/infer/generate/generate.h"
#include "c2c/infer/pipelines/loaded_model.h"
#include "c2c/infer/pipelines/request.h"
#include "c2c/rosetta/rosetta.h"

namespace c2c {

// Gets text pieces as they become final, on the engine's thread; false ends the answer.
using OnPiece = std::function<bool(std::string_view piece)>;

struct DecodeSettings {
  SamplingOptions sampling;
  std::int64_t max_new_tokens = 256;
  std::vector<std::string> stop;
  bool reuse = false;       // EngineRequest::reuse
  std::string tenant = {};  // EngineRequest::tenant
  bool ignore_eos = false;  // go on behind the tokens that end an answer; they still have no text
  std::int64_t logprobs = -1, prompt_alternatives = -1;  // as in Request
  std::function<void()> on_submitted = {};
  std::function<void(const TokenEvent&)> on_token = {};
  Cancellation* cancellation = nullptr;
};

struct DecodedText {
  std::string text;
  std::vector<std::int64_t> ids;          // new tokens, the stop token included
  std::string finish;                     // stop, length, cancelled
  std::vector<TokenLogprob> logprobs;     // settings.logprobs
  std::vector<TokenScore> prompt_scores;  // settings.prompt_alternatives: of all tokens of the prompt but the first
  PrefillTiming prefill;
  double queue_seconds = 0;
  double first_token_seconds = 0;  // from the call to the first token
  double decode_seconds = 0;
  std::int64_t decode_steps = 0;  // steps after the first token
  std::int64_t cache_bytes = 0;
  std::int64_t reused_tokens = 0;  // of the receiver's prompt, read before
};

// Throws kUsage where the prompt is empty or leaves no room for an answer in the speaker's context.
DecodedText decode_text(Engine& engine, const std::shared_ptr<const Rosetta>& rosetta, const LoadedModel& speaker,
                        const SectionPlan& plan, const DecodeSettings& settings, const OnPiece& on_piece);

// `prompt_tokens` against the model's context; `who` names the model. Returns how many new tokens fit, at most
// `wanted`, with a warning where that is fewer.
std::int64_t room_for_answer(const ModelConfig& config, const std::string& who, std::size_t prompt_tokens,
                             std::int64_t wanted);

}  // namespace c2c
