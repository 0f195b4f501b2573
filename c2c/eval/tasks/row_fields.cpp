#include "c2c/eval/tasks/row_fields.h"

#include <charconv>
#include <cmath>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/train/data/extract.h"

namespace c2c {
namespace {

std::string short_value(const Row& value) {
  return show_text(value.dump(-1, ' ', false, Row::error_handler_t::replace));
}

std::string scalar(const Row& value, const std::string& field, const char* expected) {
  if (value.is_null() || value.is_structured()) throw FieldProblem{field, short_value(value), expected};
  return text_of(value, field);
}

std::vector<std::string> scalars(const Row& list, const std::string& field, const char* expected) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < list.size(); ++i)
    texts.push_back(scalar(list[i], field + "[" + std::to_string(i) + "]", expected));
  return texts;
}

}  // namespace

std::string show_text(std::string_view text) {
  constexpr std::size_t kMost = 60;
  if (text.size() <= kMost) return std::string(text);
  std::size_t end = kMost - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

bool RowFields::has(const std::string& field) const {
  const auto found = row_.find(field);
  return found != row_.end() && !found->is_null();
}

const Row& RowFields::at(const std::string& field, const char* expected) const {
  const auto found = row_.find(field);
  if (found == row_.end()) throw FieldProblem{field, "no such field", expected};
  return *found;
}

std::string RowFields::text(const std::string& field) const {
  return scalar(at(field, "a text"), field, "a text");
}

std::string RowFields::text_or(const std::string& field, const std::string& fallback) const {
  return has(field) ? text(field) : fallback;
}

std::int64_t RowFields::integer(const std::string& field) const {
  constexpr const char* kExpected = "a whole number";
  const Row& value = at(field, kExpected);
  if (value.is_number_integer() && !(value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX))
    return value.get<std::int64_t>();
  if (value.is_number_float())
    if (const double number = value.get<double>(); std::trunc(number) == number && std::abs(number) < 1e15)
      return static_cast<std::int64_t>(number);
  if (value.is_string()) {
    const std::string digits = stripped(value.get<std::string>());
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc() && end == digits.data() + digits.size()) return number;
  }
  throw FieldProblem{field, short_value(value), kExpected};
}

std::vector<std::string> RowFields::texts(const std::string& field) const {
  constexpr const char* kExpected = "a list of texts";
  const Row& value = at(field, kExpected);
  if (value.is_array()) return scalars(value, field, kExpected);
  return {scalar(value, field, kExpected)};
}

RowFields::Choices RowFields::choices(const std::string& field) const {
  constexpr const char* kExpected = "a list of choices";
  const Row& value = at(field, kExpected);
  Choices choices;
  if (value.is_object()) {
    const RowFields inner(value);
    choices.texts = inner.texts("text");
    if (inner.has("label")) choices.labels = inner.texts("label");
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (!value[i].is_object()) {
        choices.texts.push_back(scalar(value[i], field + "[" + std::to_string(i) + "]", "a choice's text"));
        continue;
      }
      const RowFields inner(value[i]);
      choices.texts.push_back(inner.text("text"));
      if (inner.has("label")) choices.labels.push_back(inner.text("label"));
    }
  } else {
    throw FieldProblem{field, short_value(value), kExpected};
  }
  if (!choices.labels.empty() && choices.labels.size() != choices.texts.size())
    throw FieldProblem{field, std::to_string(choices.labels.size()) + " labels",
                       "one for each of the " + std::to_string(choices.texts.size()) + " texts"};
  return choices;
}

std::string RowFields::show(const std::string& field) const {
  const auto found = row_.find(field);
  return found == row_.end() ? "no such field" : short_value(*found);
}

}  // namespace c2c
