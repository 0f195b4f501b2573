// Rows to keep: predicates on one row each. Where one throws a user's error, that row is dropped and no other (the
// reference drops its whole batch of 4096).
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "c2c/io/tables/row_source.h"
#include "c2c/text/chat/chat_template.h"
#include "c2c/text/tokenizers/tokenizer.h"

namespace c2c {

using RowPredicate = std::function<bool(const Row&)>;

// Tokens of texts and of rendered conversations (no generation prompt, thinking as the template has it by default), no
// special tokens added.
struct TokenCounter {
  std::shared_ptr<const Tokenizer> tokenizer;
  std::shared_ptr<const ChatTemplate> chat;
  std::int64_t count(const std::string& text) const;
  std::int64_t count(const Messages& messages) const;
};

// What is counted: a text, or a conversation.
using RowText = std::variant<std::string, Messages>;
using RowTextExtractor = std::function<RowText(const Row&)>;

// At most `limit` tokens. Throws kUsage where the counter has no tokenizer.
RowPredicate token_count_filter(std::int64_t limit, RowTextExtractor extractor, TokenCounter counter);
// At most `limit` words between white space; of a conversation: of all contents.
RowPredicate word_count_filter(std::int64_t limit, RowTextExtractor extractor);
// `comparison`: equal, not_equal, in, not_in (then `target` is a list); others are a kUsage error. A missing field is
// null.
RowPredicate field_value_filter(nlohmann::json target, const std::string& field,
                                const std::string& comparison = "equal");
// Keeps a row unless its id modulo `base` is among `excluded`; ids that are no numbers count by SHA-256 (the same on
// every machine and in every run). base > 0.
RowPredicate modulo_filter(std::int64_t base, std::vector<std::int64_t> excluded, const std::string& field = "_id");
// More than `minimum` messages of human, user, gpt or assistant.
RowPredicate conversation_length_filter(std::int64_t minimum, const std::string& field = "conversations");
// Keeps three quarters: SHA-256 of the field's text as a big-endian number is not 1 modulo 4.
RowPredicate sha256_mod4_filter(const std::string& field = "_id");

// All of them.
RowPredicate all_of(std::vector<RowPredicate> predicates);

}  // namespace c2c
