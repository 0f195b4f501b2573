#include "c2c/fuser/object_json.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "c2c/io/config/parse_text.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

// Python's words travel through the JSON library as strings with a first character no real value has.
constexpr char kWordMark = '\x01';
constexpr std::array<std::string_view, 3> kWords = {"-Infinity", "Infinity", "NaN"};

// Bare words become marked strings.
std::string mark_words(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      out += c;
      if (c == '\\' && i + 1 < text.size()) out += text[++i];
      in_string = c != '"';
      continue;
    }
    in_string = c == '"';
    std::string_view word;
    if (c == '-' || c == 'I' || c == 'N')
      for (const auto candidate : kWords)
        if (text.substr(i).starts_with(candidate)) word = candidate;
    if (word.empty()) {
      out += c;
    } else {
      out += "\"\\u0001" + std::string(word) + '"';
      i += word.size() - 1;
    }
  }
  return out;
}

void words_to_numbers(Json& value) {
  if (value.is_structured()) {
    for (auto& item : value) words_to_numbers(item);
    return;
  }
  if (!value.is_string()) return;
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() < 2 || text[0] != kWordMark) return;
  const std::string_view word = std::string_view(text).substr(1);
  const double infinity = std::numeric_limits<double>::infinity();
  if (word == "NaN")
    value = std::numeric_limits<double>::quiet_NaN();
  else if (word == "Infinity")
    value = infinity;
  else if (word == "-Infinity")
    value = -infinity;
}

void numbers_to_words(Json& value) {
  if (value.is_structured()) {
    for (auto& item : value) numbers_to_words(item);
    return;
  }
  if (!value.is_number_float()) return;
  const double number = value.get<double>();
  if (std::isfinite(number)) return;
  value = kWordMark + std::string(std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
}

// json.dumps without indent separates with ", " and ": ", which the library's compact form does not.
void dump_one_line(const Json& value, std::string& out) {
  const char* separator = "";
  if (value.is_object()) {
    out += '{';
    for (const auto& [key, item] : value.items()) {
      out += separator + Json(key).dump(-1, ' ', true) + ": ";
      dump_one_line(item, out);
      separator = ", ";
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (const auto& item : value) {
      out += separator;
      dump_one_line(item, out);
      separator = ", ";
    }
    out += ']';
  } else {
    out += value.dump(-1, ' ', true);
  }
}

}  // namespace

Json parse_python_json(std::string_view text, const std::string& where) {
  Json value = parse_json_text(where, mark_words(text), {.bytes = std::size_t{4} << 20});
  words_to_numbers(value);
  return value;
}

std::string dump_python_json(const Json& value, int indent) {
  Json marked = value;
  numbers_to_words(marked);
  std::string text;
  if (indent >= 0)
    text = marked.dump(indent, ' ', true);
  else
    dump_one_line(marked, text);
  for (const auto word : kWords) {
    const std::string quoted = "\"\\u0001" + std::string(word) + '"';
    for (std::size_t at = 0; (at = text.find(quoted, at)) != std::string::npos; at += word.size())
      text.replace(at, quoted.size(), word);
  }
  return text;
}

namespace {
constexpr std::array<std::pair<std::string_view, at::ScalarType>, 7> kDtypes = {{{"float32", at::kFloat},
                                                                                 {"bfloat16", at::kBFloat16},
                                                                                 {"float16", at::kHalf},
                                                                                 {"float64", at::kDouble},
                                                                                 {"float", at::kFloat},
                                                                                 {"half", at::kHalf},
                                                                                 {"double", at::kDouble}}};
}

std::string dtype_word(at::ScalarType type) {
  for (const auto& [word, value] : kDtypes)
    if (value == type) return std::string(word);
  return c10::toString(type);
}

std::optional<at::ScalarType> dtype_from_word(std::string_view word) {
  if (word.starts_with("torch.")) word.remove_prefix(6);
  for (const auto& [name, value] : kDtypes)
    if (name == word) return value;
  return std::nullopt;
}

Json encode_dtype(at::ScalarType type) {
  return Json{{"__type__", "torch.dtype"}, {"value", dtype_word(type)}};
}

std::string excerpt(const Json& value) {
  std::string text;
  try {
    text = dump_python_json(value, -1);
  } catch (const nlohmann::json::exception&) {
    text = "text that is not UTF-8";
  }
  return text.size() <= 80 ? text : text.substr(0, 77) + "...";
}

}  // namespace c2c
