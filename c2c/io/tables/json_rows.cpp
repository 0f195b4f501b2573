// A JSON document whose rows are the elements of an array: [...], or {"data": [...]}. Only where they start is kept.
#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/io/tables/byte_set.h"
#include "c2c/io/tables/text_rows.h"

namespace c2c {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr ByteSet kStringEnds("\"\\");
constexpr ByteSet kStructure("\"{}[],");
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Walks over JSON without building anything; what it passes over need not be valid, only balanced.
class JsonWalker {
 public:
  JsonWalker(std::string_view text, std::size_t position) : text_(text), position_(position) {}

  std::size_t position() const { return position_; }
  bool at_end() const { return position_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[position_]; }
  void skip_space() { position_ = std::min(text_.find_first_not_of(kSpace, position_), text_.size()); }
  bool skip(char c) {
    if (at_end() || text_[position_] != c) return false;
    ++position_;
    return true;
  }

  // False where the text ends before the value does.
  bool skip_string() {
    for (++position_; position_ < text_.size(); ++position_) {
      position_ = kStringEnds.find(text_, position_);
      if (at_end()) return false;
      if (text_[position_] == '"') return ++position_, true;
      ++position_;
    }
    position_ = text_.size();
    return false;
  }
  bool skip_value() {
    std::size_t depth = 0;
    do {
      position_ = kStructure.find(text_, position_);
      if (at_end()) return false;
      const char c = text_[position_];
      if (c == '"') {
        if (!skip_string()) return false;
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') {
        if (depth == 0) return true;  // the end of what the value is in
        --depth;
      }
      if (c == ',' && depth == 0) return true;
      ++position_;
      if (depth == 0 && (c == '}' || c == ']')) return true;
    } while (true);
  }

 private:
  std::string_view text_;
  std::size_t position_;
};

class JsonRows final : public TextRows {
 public:
  explicit JsonRows(std::shared_ptr<const ByteSource> source) : TextRows(std::move(source)) {
    JsonWalker walker(text(), text().starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
    walker.skip_space();
    if (walker.peek() == '[') {
      read_array(walker);
    } else if (walker.peek() == '{') {
      read_object(walker);
    } else {
      fail(walker, "an array of objects");
    }
    walker.skip_space();
    if (!walker.at_end()) fail(walker, "the end of the file");
  }

 private:
  [[noreturn]] void fail(const JsonWalker& walker, const std::string& expected) const {
    fail_input({.where = name(),
                .key = "byte " + std::to_string(walker.position()),
                .found = walker.at_end() ? "the end of the file" : "'" + std::string(1, printable(walker.peek())) + "'",
                .expected = expected,
                .hint = walker.at_end() ? "the file is truncated" : ""});
  }
  static char printable(char c) { return c >= ' ' && c < 127 ? c : '?'; }

  void read_array(JsonWalker& walker) {
    walker.skip('[');
    walker.skip_space();
    if (walker.skip(']')) return;
    while (true) {
      const std::size_t start = walker.position();
      if (!walker.skip_value() || walker.position() == start) fail(walker, "a value");
      add_row(start);
      walker.skip_space();
      if (walker.skip(']')) return;
      if (!walker.skip(',')) fail(walker, "',' or ']'");
      walker.skip_space();
    }
  }

  void read_object(JsonWalker& walker) {
    const std::size_t whole = walker.position();
    bool has_data = false;
    walker.skip('{');
    walker.skip_space();
    while (!walker.skip('}')) {
      const std::size_t start = walker.position();
      if (walker.peek() != '"' || !walker.skip_string()) fail(walker, "a key");
      const bool is_data = text().substr(start, walker.position() - start) == "\"data\"";
      walker.skip_space();
      if (!walker.skip(':')) fail(walker, "':'");
      walker.skip_space();
      if (is_data && walker.peek() == '[' && !has_data) {
        read_array(walker);
        has_data = true;
      } else if (!walker.skip_value()) {
        fail(walker, "a value");
      }
      walker.skip_space();
      if (walker.skip(',')) {
        walker.skip_space();
      } else if (walker.peek() != '}') {
        fail(walker, "',' or '}'");
      }
    }
    if (!has_data) add_row(whole);  // a table of one row
  }

  Row parse(std::size_t start, const std::string& where, std::size_t& end) const override {
    JsonWalker walker(text(), start);
    walker.skip_value();
    end = walker.position();
    return parse_row(text().substr(start, end - start), where);
  }
};

// Many .json files hold JSON Lines: a first line that is an object by itself, and more after it.
bool is_json_lines(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::size_t start = text.find_first_not_of(kSpace);
  if (start == text.npos || text[start] != '{') return false;
  const std::size_t end = std::min(text.find('\n', start), text.size());
  const std::string_view line = text.substr(start, end - start);
  JsonWalker walker(line, 0);
  if (!walker.skip_value()) return false;
  walker.skip_space();
  return walker.at_end() && text.find_first_not_of(kSpace, end) != text.npos;
}

}  // namespace

std::shared_ptr<const RowSource> json_rows(std::shared_ptr<const ByteSource> source) {
  const Bytes bytes = source->bytes();
  if (is_json_lines({reinterpret_cast<const char*>(bytes.data()), bytes.size()})) return jsonl_rows(std::move(source));
  return std::make_shared<JsonRows>(std::move(source));
}

}  // namespace c2c
