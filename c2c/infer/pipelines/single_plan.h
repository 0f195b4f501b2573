// A prompt for one model alone: text or messages to ids, no sharers.
#pragma once
#include <string>
#include <vector>

#include "c2c/infer/pipelines/loaded_model.h"
#include "c2c/text/align/section_plan.h"

namespace c2c {

// Rendered with a generation prompt and tokenized as it is (the template writes its own special tokens). Throws kUsage
// where a text is not UTF-8 or the prompt is empty.
SectionPlan single_plan(const TextSide& text, const Messages& messages, bool thinking);
// Text as it is, with the special tokens the tokenizer adds.
SectionPlan raw_plan(const TextSide& text, const std::string& prompt);
// Ids as they are. Throws kUsage for one that the tokenizer does not have.
SectionPlan ids_plan(const TextSide& text, std::vector<TokenId> ids);

// `system` as the first message, unless there is one or it is empty.
Messages with_system(const Messages& messages, const std::string& system);

void check_ids(const Tokenizer& tokenizer, const std::vector<TokenId>& ids);
void check_messages(const Messages& messages);
void check_text(const std::string& where, const std::string& text);

}  // namespace c2c
