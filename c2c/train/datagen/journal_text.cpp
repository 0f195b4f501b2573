#include "c2c/train/datagen/journal_text.h"

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/io/formats/json.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "c2c-datagen-journal 1";
constexpr JsonLimits kLineLimits = {.max_bytes = std::size_t{64} << 20, .max_depth = 16, .unique_keys = true};

// Bytes that are no UTF-8 become U+FFFD: a line is always JSON.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json parse_object(std::string_view line, const std::string& where) {
  Json json = parse_json<Json>(line, where, kLineLimits);
  if (!json.is_object()) fail_input({.where = where, .found = json.type_name(), .expected = "a JSON object"});
  return json;
}

std::string text_of(const Json& json, const char* key, const std::string& where, bool required) {
  const auto found = json.find(key);
  if (found != json.end() && found->is_string()) return found->get<std::string>();
  if (found == json.end() && !required) return {};
  fail_input({.where = where,
              .key = key,
              .found = found == json.end() ? "nothing" : found->type_name(),
              .expected = "a text"});
}

Json read_head(std::string_view line, const std::string& where) {
  const Json head = parse_object(line, where);
  const std::string format = text_of(head, "format", where, true);
  if (format != kFormat) fail_input({.where = where, .key = "format", .found = format, .expected = kFormat});
  const auto fingerprint = head.find("fingerprint");
  if (fingerprint == head.end() || !fingerprint->is_object())
    fail_input({.where = where, .key = "fingerprint", .expected = "an object"});
  return *fingerprint;
}

}  // namespace

std::string journal_head(const Json& fingerprint) {
  return dump({{"format", kFormat}, {"fingerprint", fingerprint}});
}

std::string journal_line(const JournalEntry& entry) {
  Json json = {{"row", entry.row}, {"key", entry.key}};
  if (!entry.error.empty()) {
    json["error"] = entry.error;
    return dump(json);
  }
  json["finish"] = entry.reply.finish;
  if (!entry.reply.reasoning.empty()) json["reasoning"] = entry.reply.reasoning;
  json["text"] = entry.reply.text;
  return dump(json);
}

JournalEntry parse_journal_line(std::string_view line, const std::string& where) {
  const Json json = parse_object(line, where);
  const auto row = json.find("row");
  if (row == json.end() || !row->is_number_unsigned() ||
      row->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    fail_input({.where = where,
                .key = "row",
                .found = row == json.end() ? "nothing" : row->dump(),
                .expected = "the number of a row"});
  JournalEntry entry{.row = row->get<std::int64_t>(), .key = text_of(json, "key", where, true)};
  entry.error = text_of(json, "error", where, false);
  if (json.contains("error")) {
    if (entry.error.empty()) fail_input({.where = where, .key = "error", .found = "an empty text"});
    return entry;
  }
  entry.reply = {.text = text_of(json, "text", where, true),
                 .reasoning = text_of(json, "reasoning", where, false),
                 .finish = text_of(json, "finish", where, true)};
  return entry;
}

JournalText read_journal(std::string_view text, const std::string& where) {
  JournalText journal;
  const std::string start = "{\"format\":\"" + std::string(kFormat) + "\"";
  const std::size_t known = std::min(start.size(), text.size());
  if (text.substr(0, known) != std::string_view(start).substr(0, known))
    fail_input({.where = where,
                .found = "a file that is no journal of this program",
                .expected = start,
                .hint = "name another output folder"});
  for (std::size_t number = 1;; ++number) {
    const std::size_t end = text.find('\n', journal.size);
    if (end == text.npos) return journal;
    const std::string_view line = text.substr(journal.size, end - journal.size);
    const std::string place = where + ":" + std::to_string(number);
    if (number == 1) {
      journal.fingerprint = read_head(line, place);
    } else {
      const JournalEntry entry = parse_journal_line(line, place);
      journal.places[entry.row] = {journal.size, line.size(), !entry.error.empty()};
    }
    journal.size = end + 1;
  }
}

}  // namespace c2c
