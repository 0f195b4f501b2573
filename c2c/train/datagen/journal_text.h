// The journal's lines: JSON Lines, a head that says what is generated, then one line for each row that was asked.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>

#include "c2c/train/datagen/teacher.h"

namespace c2c {

struct JournalEntry {
  std::int64_t row = 0;  // in the source
  std::string key;       // question_key() of what was asked
  Reply reply;
  std::string error;  // not empty: there is no reply
  bool operator==(const JournalEntry&) const = default;
};

std::string journal_head(const nlohmann::ordered_json& fingerprint);
std::string journal_line(const JournalEntry& entry);
// A line without its end. Throws kInput naming `where` and the key.
JournalEntry parse_journal_line(std::string_view line, const std::string& where);

struct JournalPlace {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;  // without the line's end
  bool is_error = false;
};
struct JournalText {
  nlohmann::ordered_json fingerprint;                     // null: not even the head is whole
  std::unordered_map<std::int64_t, JournalPlace> places;  // the last line of each row
  std::size_t size = 0;  // bytes of whole lines; what follows was being written when the process ended
};
// Throws kInput naming `where` and the line for text that is no journal or is damaged before its last line.
JournalText read_journal(std::string_view text, const std::string& where);

}  // namespace c2c
