// Bodies of API requests: the first byte says of which route. What is refused is refused with a status and a message;
// what passes is in range.
#include <string>
#include <string_view>

#include "c2c/serve/api/access_log.h"
#include "c2c/serve/api/api_keys.h"
#include "c2c/serve/api/chat_request.h"
#include "c2c/serve/api/completion_request.h"
#include "c2c/serve/api/replies.h"
#include "fuzz/format_fuzz.h"

namespace {

namespace api = c2c::api;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_generation(const api::GenerationFields& fields) {
  require(fields.choices >= 1 && fields.choices <= api::kMostChoices);
  require(!fields.max_tokens || *fields.max_tokens >= 0);
  require(!fields.temperature || (*fields.temperature >= 0 && *fields.temperature <= 100));
  require(!fields.top_p || (*fields.top_p > 0 && *fields.top_p <= 1));
  require(!fields.stop || fields.stop->size() <= static_cast<std::size_t>(api::kMostStops));
  for (const auto& [id, bias] : fields.logit_bias) require(id >= 0 && bias >= -100 && bias <= 100);
}

void parse(int route, std::string_view body) {
  if (route == 0) {
    const api::ChatRequest request = api::parse_chat_request(body);
    require(!request.messages.empty() && request.logprobs <= api::kMostAlternatives);
    check_generation(request.generation);
  } else if (route == 1) {
    const api::CompletionRequest request = api::parse_completion_request(body);
    require(!request.prompts.empty() && request.prompts.size() <= api::kMostPrompts);
    check_generation(request.generation);
  } else if (route == 2) {
    api::parse_tokenize_request(body);
  } else if (route == 3) {
    api::parse_detokenize_request(body);
  } else if (route == 4) {
    api::parse_prompt_request(body);
  } else {
    const api::ApiKeys keys({"alpha", "beta"});
    const auto found = keys.find(body);
    require(!found || body.ends_with(*found == 0 ? "alpha" : "beta"));
    api::access_line({.id = std::string(body), .route = "/", .model = std::string(body)}, 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  return c2c::fuzz::check([&] {
    try {
      parse(data[0] % 6, body);
    } catch (const api::ApiError& error) {
      require(error.fault().status == 400 && !error.fault().message.empty());
      require(api::Json::parse(api::error_body(error.fault())).contains("error"));
    }
  });
}
