// POST /tokenize, /detokenize, /apply-template: what models read, without asking them.
#include "c2c/base/utf8.h"
#include "c2c/infer/pipelines/single_plan.h"
#include "c2c/serve/api/completion_request.h"
#include "c2c/serve/routes.h"
#include "c2c/serve/to_request.h"

namespace c2c {
namespace {

using api::Json;

Request plain_request(const ServedModel& model) {
  Request request;
  request.mode = model.mode == "sharer" ? "sharer" : "receiver";
  request.sharer = model.sharer;
  return request;
}

}  // namespace

void tokenize(Call& call, const ServeContext& context) {
  const api::TokenizeRequest asked = api::parse_tokenize_request(call.request().body);
  const ServedModel& model = context.models.find(asked.model);
  call.record().model = model.id;
  Request request = plain_request(model);
  std::string content = asked.content;
  if (!asked.messages.empty()) {
    request.messages = asked.messages;
    content = model.session->rendered(request);
  }
  const Tokenizer& tokenizer = *speaking_text(model, request).tokenizer;
  const std::vector<TokenId> ids = tokenizer.encode_ids(content, asked.add_special);
  Json tokens = Json::array();
  for (const TokenId id : ids) {
    if (asked.with_pieces)
      tokens.push_back({{"id", id}, {"piece", tokenizer.decode({id})}});
    else
      tokens.push_back(id);
  }
  call.reply({{"tokens", std::move(tokens)}, {"count", ids.size()}});
}

void detokenize(Call& call, const ServeContext& context) {
  const api::DetokenizeRequest asked = api::parse_detokenize_request(call.request().body);
  const ServedModel& model = context.models.find(asked.model);
  call.record().model = model.id;
  const Tokenizer& tokenizer = *speaking_text(model, plain_request(model)).tokenizer;
  for (std::size_t i = 0; i < asked.tokens.size(); ++i)
    if (asked.tokens[i] >= tokenizer.vocab_size())
      api::fail_field("tokens[" + std::to_string(i) + "]", std::to_string(asked.tokens[i]),
                      "an id below " + std::to_string(tokenizer.vocab_size()));
  call.reply({{"content", tokenizer.decode(asked.tokens)}});
}

void apply_template(Call& call, const ServeContext& context) {
  const api::PromptRequest asked = api::parse_prompt_request(call.request().body);
  const ServedModel& model = context.models.find(asked.model);
  call.record().model = model.id;
  const Request request = to_request(model, asked, {});
  call.record().mode = request.mode;
  call.reply({{"prompt", model.session->rendered(request, asked.add_generation_prompt)}});
}

}  // namespace c2c
