#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <sstream>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/io/config/parse_text.h"
#include "c2c/io/config/tree_builder.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

std::string place_of(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return "line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1);
}

template <class T, class... Base>
bool parse_all(std::string_view text, T& out, Base... base) {
  const auto end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, out, base...);
  return result.ec == std::errc() && result.ptr == end && !text.empty();
}

// Whether it looks like [-+]? (digits with at most one '.') ([eE][-+]?digits)?; from_chars would also take "nan",
// "inf".
bool is_decimal_number(std::string_view text) {
  bool digit = false, dot = false, exponent = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      digit = true;
    } else if (c == '.' && !dot && !exponent) {
      dot = true;
    } else if ((c == 'e' || c == 'E') && digit && !exponent) {
      exponent = true, digit = false;
      if (i + 1 < text.size() && (text[i + 1] == '+' || text[i + 1] == '-')) ++i;
    } else {
      return false;
    }
  }
  return digit;
}

// The 1.2 core schema for plain scalars.
Json resolve_plain(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  std::string_view number = text;
  const bool negative = number.front() == '-';
  if (negative || number.front() == '+') number.remove_prefix(1);
  if (number == ".inf" || number == ".Inf" || number == ".INF")
    return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return std::numeric_limits<double>::quiet_NaN();
  std::uint64_t whole = 0;
  if (number.starts_with("0x") && parse_all(number.substr(2), whole, 16)) {
  } else if (number.starts_with("0o") && parse_all(number.substr(2), whole, 8)) {
  } else if (!parse_all(number, whole)) {
    double real = 0;
    if (!is_decimal_number(number) || !parse_all(number, real)) return text;
    return negative ? -real : real;
  }
  if (!negative) return whole;
  if (whole <= std::uint64_t{1} << 63) return static_cast<std::int64_t>(~whole + 1);
  return -static_cast<double>(whole);
}

class Events final : public YAML::EventHandler {
 public:
  explicit Events(TreeBuilder& builder) : builder_(builder) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { put(mark, nullptr, anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.set_place(place_of(mark));
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) builder_.fail("an alias inside its own anchor", "an alias of a finished value");
    if (builder_.wants_key()) builder_.fail("an alias as a key", "a plain key");
    builder_.copy(found->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    builder_.set_place(place_of(mark));
    if (!is_valid_utf8(value)) builder_.fail("invalid UTF-8", "UTF-8 text");
    if (builder_.wants_key()) {
      if (value == "<<" && tag == "?") builder_.fail("a merge key <<", "the keys themselves");
      if (anchor != 0) builder_.fail("an anchored key", "a plain key");
      return builder_.key(value);
    }
    // "?" is a plain scalar, "!" a quoted one.
    if (tag == "?" || tag.empty()) return put(mark, resolve_plain(value), anchor);
    if (tag == "!" || tag == "tag:yaml.org,2002:str") return put(mark, value, anchor);
    builder_.fail("the tag " + tag, "no tags");
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(mark, anchor, false);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(mark, anchor, true);
  }
  void OnMapEnd() override { end(); }

 private:
  void put(const YAML::Mark& mark, Json value, YAML::anchor_t anchor) {
    builder_.set_place(place_of(mark));
    if (builder_.wants_key()) return builder_.key("null");
    if (anchor != 0) anchors_[anchor] = value;
    builder_.scalar(std::move(value));
  }
  void begin(const YAML::Mark& mark, YAML::anchor_t anchor, bool is_map) {
    builder_.set_place(place_of(mark));
    builder_.begin(is_map);
    open_.push_back(anchor);
  }
  void end() {
    const YAML::anchor_t anchor = open_.back();
    open_.pop_back();
    if (anchor == 0) return builder_.end();
    Json value;
    builder_.end(&value);
    anchors_[anchor] = std::move(value);
  }

  TreeBuilder& builder_;
  std::vector<YAML::anchor_t> open_;
  std::map<YAML::anchor_t, Json> anchors_;
};

}  // namespace

Json parse_yaml_text(const std::string& name, std::string_view text, const ParseLimits& limits) {
  if (text.size() > limits.bytes)
    fail_input({.where = name,
                .found = std::to_string(text.size()) + " bytes",
                .expected = "at most " + std::to_string(limits.bytes)});
  TreeBuilder builder(name, limits, text.size());
  Events events(builder);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(events);
    if (!builder.is_done()) return Json::object();  // an empty file says nothing
    if (parser.HandleNextDocument(events)) builder.fail("a second document", "one document");
  } catch (const YAML::Exception& error) {
    fail_input({.where = name, .key = place_of(error.mark), .found = error.msg, .expected = "valid YAML"});
  }
  return builder.take();
}

}  // namespace c2c
