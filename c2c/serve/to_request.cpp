#include "c2c/serve/to_request.h"

#include <algorithm>
#include <utility>

#include "c2c/infer/pipelines/mask.h"

namespace c2c {
namespace {

using api::fail_field;

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string mode_for(const ServedModel& model, const api::C2cFields& c2c) {
  const std::string mode = c2c.mode.value_or(model.mode);
  if (std::find(model.modes.begin(), model.modes.end(), mode) == model.modes.end())
    fail_field("c2c.mode", mode, joined(model.modes) + ": what " + model.id + " can do");
  if (c2c.control && mode != "control") fail_field("c2c.control", "mode " + mode, "mode control beside it");
  return mode;
}

std::size_t sharer_index(const ServedModel& model, const std::variant<std::string, std::int64_t>& one,
                         const std::string& path) {
  const auto& names = model.sharers;
  if (const auto* number = std::get_if<std::int64_t>(&one)) {
    if (static_cast<std::size_t>(*number) <= names.size()) return static_cast<std::size_t>(*number) - 1;
    fail_field(path, std::to_string(*number), "a number up to " + std::to_string(names.size()));
  }
  const std::string& name = std::get<std::string>(one);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) fail_field(path, name, names.empty() ? "none" : "one of " + joined(names));
  return static_cast<std::size_t>(found - names.begin());
}

// Which sharers are heard; in modes with one speaker, which one speaks.
void choose_sharers(const ServedModel& model, const api::C2cFields& c2c, Request& request) {
  request.sharer = model.sharer;
  if (c2c.mask) {
    try {
      parse_mask(*c2c.mask, model.sharers.size());
    } catch (const Error& error) {
      throw api::ApiError({.status = 400, .message = error.what(), .param = "c2c.mask"});
    }
    request.overrides.mask = *c2c.mask;
  }
  if (!c2c.sharers) return;
  SharerMask mask = 0;
  std::size_t last = request.sharer;
  for (std::size_t i = 0; i < c2c.sharers->size(); ++i) {
    last = sharer_index(model, (*c2c.sharers)[i], "c2c.sharers[" + std::to_string(i) + "]");
    mask |= SharerMask{1} << last;
  }
  request.overrides.mask = mask == 0 ? "none" : std::to_string(mask);
  if (request.mode != "sharer" && request.mode != "t2t") return;
  if (c2c.sharers->size() != 1)
    fail_field("c2c.sharers", std::to_string(c2c.sharers->size()) + " sharers", "one: mode " + request.mode);
  request.sharer = last;
}

Request begin_request(const ServedModel& model, const api::C2cFields& c2c, const RequestTerms& terms) {
  Request request;
  request.mode = mode_for(model, c2c);
  choose_sharers(model, c2c, request);
  request.overrides.fusion = c2c.fusion;
  request.overrides.context_tokens = c2c.context_tokens;
  if (c2c.control) request.control = {{"user", *c2c.control}};
  request.reuse = true;
  request.tenant = terms.tenant;
  request.cancellation = terms.cancellation;
  return request;
}

SamplingOptions sampling_of(const RunConfig& run, const api::GenerationFields& fields) {
  SamplingOptions sampling = run.sampling;
  const auto take = [](const auto& from, auto& to) {
    if (from) to = *from;
  };
  take(fields.temperature, sampling.temperature);
  take(fields.top_p, sampling.top_p);
  take(fields.top_k, sampling.top_k);
  take(fields.min_p, sampling.min_p);
  take(fields.presence_penalty, sampling.presence_penalty);
  take(fields.frequency_penalty, sampling.frequency_penalty);
  take(fields.repetition_penalty, sampling.repetition_penalty);
  if (fields.seed) sampling.seed = static_cast<std::uint64_t>(*fields.seed);
  sampling.logit_bias = fields.logit_bias;
  return sampling;
}

void set_generation(const ServedModel& model, const api::GenerationFields& fields, const RequestTerms& terms,
                    Request& request) {
  const RunConfig& run = std::as_const(*model.session).config();
  const std::int64_t limit = terms.max_tokens_limit;
  if (limit > 0 && fields.max_tokens.value_or(0) > limit)
    fail_field("max_tokens", std::to_string(*fields.max_tokens), "at most " + std::to_string(limit));
  const std::int64_t context = context_length(model, request.mode, request.sharer);
  if (context > 0 && fields.max_tokens.value_or(0) >= context)
    fail_field("max_tokens", std::to_string(*fields.max_tokens),
               "less than the model's context of " + std::to_string(context) + " tokens", "context_length_exceeded");
  std::int64_t tokens = fields.max_tokens.value_or(run.max_new_tokens);
  if (limit > 0) tokens = std::min(tokens, limit);
  request.overrides.max_new_tokens = tokens;
  request.overrides.sampling = sampling_of(run, fields);
  if (fields.stop) request.overrides.stop = *fields.stop;
  if (fields.ignore_eos) request.overrides.ignore_eos = *fields.ignore_eos;
  if (limit > 0)
    request.overrides.context_tokens =
        std::min(limit, request.overrides.context_tokens.value_or(run.t2t.context_tokens));
}

}  // namespace

Request to_request(const ServedModel& model, const api::ChatRequest& asked, const RequestTerms& terms) {
  Request request = begin_request(model, asked.c2c, terms);
  request.messages = asked.messages;
  request.overrides.thinking = asked.enable_thinking;
  request.logprobs = asked.logprobs;
  set_generation(model, asked.generation, terms, request);
  return request;
}

Request to_request(const ServedModel& model, const api::CompletionRequest& asked, const api::Prompt& prompt,
                   const RequestTerms& terms) {
  Request request = begin_request(model, asked.c2c, terms);
  if (request.mode == "t2t")
    fail_field("c2c.mode", "t2t", "another: text-to-text needs messages (/v1/chat/completions)");
  if (const auto* text = std::get_if<std::string>(&prompt)) {
    if (text->empty()) fail_field("prompt", "an empty string", "a text");
    request.raw = *text;
  } else {
    request.ids = std::get<api::TokenIds>(prompt);
  }
  request.logprobs = asked.logprobs;
  if (asked.echo) request.prompt_alternatives = asked.logprobs;
  set_generation(model, asked.generation, terms, request);
  return request;
}

Request to_request(const ServedModel& model, const api::PromptRequest& asked, const RequestTerms& terms) {
  Request request = begin_request(model, asked.c2c, terms);
  request.messages = asked.messages;
  request.overrides.thinking = asked.enable_thinking;
  return request;
}

Request next_choice(const Request& first, std::int64_t choice) {
  Request next = first;
  auto& sampling = next.overrides.sampling;
  if (sampling && sampling->seed) *sampling->seed += static_cast<std::uint64_t>(choice);
  return next;
}

}  // namespace c2c
