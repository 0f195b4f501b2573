// Typed fields of a row. What is missing or of another type ends the row, not the run: FieldProblem says what was
// found.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "c2c/io/tables/row_source.h"

namespace c2c {

struct FieldProblem {
  std::string field, found, expected;
};

class RowFields {
 public:
  explicit RowFields(const Row& row) : row_(row) {}

  bool has(const std::string& field) const;  // there and not null
  // Numbers and booleans as Python's str() writes them. Throws FieldProblem for null, lists and objects.
  std::string text(const std::string& field) const;
  std::string text_or(const std::string& field, const std::string& fallback) const;  // missing or null
  // A whole number, or its digits.
  std::int64_t integer(const std::string& field) const;
  // A list of texts; one text is a list of one.
  std::vector<std::string> texts(const std::string& field) const;
  // Options in the forms of the hub: a list of texts, a list of {text, label}, or {text: [...], label: [...]}.
  struct Choices {
    std::vector<std::string> texts, labels;  // labels: empty where there are none
  };
  Choices choices(const std::string& field) const;
  const Row& row() const { return row_; }
  // The value, short, for a message.
  std::string show(const std::string& field) const;

 private:
  const Row& at(const std::string& field, const char* expected) const;
  const Row& row_;
};

// `text`, short, for a message.
std::string show_text(std::string_view text);

}  // namespace c2c
