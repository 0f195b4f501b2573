#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/io/config/parse_text.h"
#include "c2c/io/config/tree_builder.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

std::string line_and_column(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const std::size_t line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t newline = before.rfind('\n');
  const std::size_t column = 1 + (newline == std::string_view::npos ? offset : offset - newline - 1);
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

class Sax final : public nlohmann::json_sax<Json> {
 public:
  Sax(TreeBuilder& builder, std::string_view text) : builder_(builder), text_(text) {}

  bool null() override { return value(nullptr); }
  bool boolean(bool v) override { return value(v); }
  bool number_integer(number_integer_t v) override { return value(v); }
  bool number_unsigned(number_unsigned_t v) override { return value(v); }
  bool number_float(number_float_t v, const string_t&) override { return value(v); }
  bool string(string_t& v) override { return value(std::move(v)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return builder_.begin(true), true; }
  bool key(string_t& v) override { return builder_.key(std::move(v)), true; }
  bool end_object() override { return builder_.end(), true; }
  bool start_array(std::size_t) override { return builder_.begin(false), true; }
  bool end_array() override { return builder_.end(), true; }
  bool parse_error(std::size_t position, const std::string& last_token, const nlohmann::detail::exception&) override {
    builder_.set_place(line_and_column(text_, position > 0 ? position - 1 : 0));
    builder_.fail("\"" + sanitize_utf8(last_token.substr(0, 40)) + "\"", "valid JSON");
  }

 private:
  template <class T>
  bool value(T&& v) {
    builder_.scalar(Json(std::forward<T>(v)));
    return true;
  }

  TreeBuilder& builder_;
  std::string_view text_;
};

}  // namespace

Json parse_json_text(const std::string& name, std::string_view text, const ParseLimits& limits) {
  if (text.size() > limits.bytes)
    fail_input({.where = name,
                .found = std::to_string(text.size()) + " bytes",
                .expected = "at most " + std::to_string(limits.bytes)});
  TreeBuilder builder(name, limits, text.size());
  Sax sax(builder, text);
  Json::sax_parse(text.begin(), text.end(), &sax);
  if (!builder.is_done()) builder.fail("nothing", "a JSON value");
  return builder.take();
}

}  // namespace c2c
