// A prompt as one system hears it, with or without the reply that is to be scored behind it.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "c2c/infer/pipelines/session.h"
#include "c2c/text/align/section_plan.h"

namespace c2c {

struct Prompt {
  Messages messages;
  bool plain_text = false;  // the last message's text as it is, without a chat template
};

// Which part of a prompt the sharers are heard in.
struct FusedPart {
  double proportion = 1.0;  // of the prompt's tokens
  bool from_back = false;   // its last tokens; else its first
  // The last token too, where tokens are paired by place: the reference's logits method. Else the last is left out, as
  // in training.
  bool whole = false;
};

struct PlannedPrompt {
  SectionPlan plan;
  std::string text;          // as the model that answers reads it
  std::vector<TokenId> ids;  // of text
  std::shared_ptr<const Tokenizer> tokenizer;
  bool special_tokens = false;  // added by the tokenizer

  // Tokens of a part of `text`; empty where it is not there.
  std::pair<std::int64_t, std::int64_t> tokens_of(const std::string& part) const;
};

// `mode`: receiver, sharer, c2c or control; `other` is the prompt that the sharers read in mode control.
PlannedPrompt plan_prompt(Session& session, const std::string& mode, const Prompt& prompt, const Prompt* other,
                          const FusedPart& part);

struct PlannedReply {
  SectionPlan plan;
  std::int64_t scored = 0;  // last tokens: those of the reply
};

// `lead` and `reply` behind the prompt, tokenized together with it. What belongs to the reply is what the prompt and
// lead alone do not have, as lm-eval counts it. Neither is fused. Throws kUsage for an empty reply.
// `takes_space`: white space that ends the context counts as the reply's, as lm-eval moves it.
PlannedReply with_reply(const PlannedPrompt& prompt, const std::string& lead, const std::string& reply,
                        bool takes_space);
// The same without anything to score: the prompt goes on with `lead`.
SectionPlan with_lead(const PlannedPrompt& prompt, const std::string& lead);

}  // namespace c2c
