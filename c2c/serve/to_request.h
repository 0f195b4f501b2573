// From what the API was asked to what a session is asked.
#pragma once
#include <cstdint>
#include <string>

#include "c2c/infer/pipelines/request.h"
#include "c2c/serve/api/chat_request.h"
#include "c2c/serve/api/completion_request.h"
#include "c2c/serve/models.h"

namespace c2c {

struct RequestTerms {
  std::string tenant;
  std::int64_t max_tokens_limit = 0;  // 0: none
  std::shared_ptr<Cancellation> cancellation;
};

// The mode is set, and for modes sharer and t2t the sharer. Throw ApiError naming the field for what this model cannot
// do. Of several answers this is the first: next_choice() makes the others.
Request to_request(const ServedModel& model, const api::ChatRequest& asked, const RequestTerms& terms);
Request to_request(const ServedModel& model, const api::CompletionRequest& asked, const api::Prompt& prompt,
                   const RequestTerms& terms);
Request to_request(const ServedModel& model, const api::PromptRequest& asked, const RequestTerms& terms);

// Answer number `choice` (from 0) to the same prompt: another random stream.
Request next_choice(const Request& first, std::int64_t choice);

}  // namespace c2c
