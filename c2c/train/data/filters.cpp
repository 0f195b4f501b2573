#include "c2c/train/data/filters.h"

#include <algorithm>
#include <charconv>

#include "c2c/base/error.h"
#include "c2c/io/formats/sha256.h"
#include "c2c/text/chat/jinja_text.h"
#include "c2c/train/data/extract.h"

namespace c2c {
namespace {

Row value_of(const Row& row, const std::string& field) {
  const auto found = row.find(field);
  return found == row.end() ? Row() : *found;
}

// The last 16 hexadecimal digits of the SHA-256 of a text.
std::uint64_t stable_hash(const std::string& text) {
  const std::string hex = sha256_of(text);
  return std::stoull(hex.substr(hex.size() - 16), nullptr, 16);
}

std::int64_t count_words(const std::string& text) {
  return static_cast<std::int64_t>(jinja::split_spaces(text, -1).size());
}

// Python's int(): of a number, or of a text of digits with white space around.
std::optional<std::int64_t> as_integer(const Row& value) {
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX}) return std::nullopt;
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_string()) return std::nullopt;
  std::string text = stripped(value.get_ref<const std::string&>());
  if (text.starts_with('+')) text.erase(0, 1);
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::int64_t TokenCounter::count(const std::string& text) const {
  return static_cast<std::int64_t>(tokenizer->encode_ids(text, false).size());
}

std::int64_t TokenCounter::count(const Messages& messages) const {
  if (chat == nullptr) fail_usage({.where = "token count", .found = "no chat template"});
  return count(chat->render(messages, {.add_generation_prompt = false}));
}

RowPredicate token_count_filter(std::int64_t limit, RowTextExtractor extractor, TokenCounter counter) {
  if (counter.tokenizer == nullptr)
    fail_usage({.where = "token count filter", .found = "no tokenizer", .expected = "one to count with"});
  return [limit, extractor = std::move(extractor), counter = std::move(counter)](const Row& row) {
    return std::visit([&](const auto& text) { return counter.count(text) <= limit; }, extractor(row));
  };
}

RowPredicate word_count_filter(std::int64_t limit, RowTextExtractor extractor) {
  return [limit, extractor = std::move(extractor)](const Row& row) {
    const RowText text = extractor(row);
    if (const auto* plain = std::get_if<std::string>(&text)) return count_words(*plain) <= limit;
    std::int64_t words = 0;
    for (const Message& message : std::get<Messages>(text)) words += count_words(message.content);
    return words <= limit;
  };
}

RowPredicate field_value_filter(nlohmann::json target, const std::string& field, const std::string& comparison) {
  const bool wants_list = comparison == "in" || comparison == "not_in";
  if (!wants_list && comparison != "equal" && comparison != "not_equal")
    fail_usage({.where = "field value filter",
                .key = "comparison",
                .found = comparison,
                .expected = "equal, not_equal, in or not_in"});
  if (wants_list && !target.is_array())
    fail_usage({.where = "field value filter", .key = comparison, .found = target.dump(), .expected = "a list"});
  const bool keep = comparison == "equal" || comparison == "in";
  return [=, wanted = std::move(target)](const Row& row) {
    const nlohmann::json value = value_of(row, field);
    const bool found = wants_list ? std::find(wanted.begin(), wanted.end(), value) != wanted.end() : value == wanted;
    return found == keep;
  };
}

RowPredicate modulo_filter(std::int64_t base, std::vector<std::int64_t> excluded, const std::string& field) {
  if (base <= 0) fail_usage({.where = "modulo filter", .found = std::to_string(base), .expected = "a positive base"});
  return [base, excluded = std::move(excluded), field](const Row& row) {
    const Row value = value_of(row, field);
    std::int64_t remainder = 0;
    if (const auto id = as_integer(value))
      remainder = (*id % base + base) % base;  // Python's %
    else
      remainder = static_cast<std::int64_t>(stable_hash(text_of(value, field)) % static_cast<std::uint64_t>(base));
    return std::find(excluded.begin(), excluded.end(), remainder) == excluded.end();
  };
}

RowPredicate conversation_length_filter(std::int64_t minimum, const std::string& field) {
  return [=](const Row& row) { return count_turns(row, field) > minimum; };
}

RowPredicate sha256_mod4_filter(const std::string& field) {
  return [=](const Row& row) { return stable_hash(optional_text_field(row, field)) % 4 != 1; };
}

RowPredicate all_of(std::vector<RowPredicate> predicates) {
  return [predicates = std::move(predicates)](const Row& row) {
    return std::all_of(predicates.begin(), predicates.end(), [&](const RowPredicate& keep) { return keep(row); });
  };
}

}  // namespace c2c
