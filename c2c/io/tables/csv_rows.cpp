// RFC 4180, read as Python's csv module does by default: quotes only at the start of a field, "" for a quote, newlines
// inside quotes, blank lines skipped. The first record is the header; every value is a string.
#include <algorithm>
#include <unordered_set>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/io/tables/byte_set.h"
#include "c2c/io/tables/text_rows.h"

namespace c2c {
namespace {

// One record: index and parser must agree where it ends, so both run this.
class CsvRecord {
 public:
  CsvRecord(std::string_view text, std::size_t position, char delimiter)
      : text_(text), position_(position), delimiter_(delimiter), ends_(std::string("\r\n") + delimiter) {}

  // `fields` may be null; more than `most` are not kept.
  void read(std::vector<std::string>* fields, std::size_t most) {
    fields_ = fields;
    most_ = most;
    do {
      ++count_;
      read_field();
    } while (position_ < text_.size() && text_[position_] == delimiter_ && ++position_);
    if (position_ < text_.size() && text_[position_] == '\r') ++position_;
    if (position_ < text_.size() && text_[position_] == '\n') ++position_;
  }
  std::size_t end() const { return position_; }
  std::size_t count() const { return count_; }
  bool unclosed() const { return unclosed_; }

 private:
  void keep(std::size_t begin, std::size_t end) {
    if (current_ != nullptr) current_->append(text_.substr(begin, end - begin));
  }
  void read_field() {
    current_ = nullptr;
    if (fields_ != nullptr && fields_->size() < most_) current_ = &fields_->emplace_back();
    if (position_ < text_.size() && text_[position_] == '"') read_quoted();
    const std::size_t end = ends_.find(text_, position_);
    keep(position_, end);
    position_ = end;
  }
  void read_quoted() {
    for (++position_;;) {
      const std::size_t quote = text_.find('"', position_);
      if (quote == text_.npos) {
        unclosed_ = true;
        position_ = text_.size();
        return;
      }
      const bool doubled = quote + 1 < text_.size() && text_[quote + 1] == '"';
      keep(position_, quote + (doubled ? 1 : 0));
      position_ = quote + (doubled ? 2 : 1);
      if (!doubled) return;
    }
  }

  std::string_view text_;
  std::size_t position_;
  char delimiter_;
  ByteSet ends_;
  std::vector<std::string>* fields_ = nullptr;
  std::string* current_ = nullptr;
  std::size_t most_ = 0, count_ = 0;
  bool unclosed_ = false;
};

class CsvRows final : public TextRows {
 public:
  CsvRows(std::shared_ptr<const ByteSource> source, char delimiter)
      : TextRows(std::move(source)), delimiter_(delimiter) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    std::size_t position = skip_blank(text().starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
    if (position == text().size())
      fail_input({.where = name(), .found = "an empty file", .expected = "CSV with a header"});
    position = read_header(position);
    while ((position = skip_blank(position)) < text().size()) {
      add_row(position);
      CsvRecord record(text(), position, delimiter_);
      record.read(nullptr, 0);
      position = record.end();
    }
  }

 private:
  std::size_t skip_blank(std::size_t position) const {
    return std::min(text().find_first_not_of("\r\n", position), text().size());
  }

  std::size_t read_header(std::size_t position) {
    constexpr std::size_t kMaxColumns = 10'000;
    CsvRecord record(text(), position, delimiter_);
    record.read(&header_, kMaxColumns);
    std::unordered_set<std::string> seen;
    for (const std::string& column : header_)
      if (!is_valid_utf8(column) || !seen.insert(column).second)
        fail_input({.where = name(),
                    .key = "header",
                    .found = is_valid_utf8(column) ? "the column '" + column + "' twice" : "bytes that are not UTF-8",
                    .expected = "a first line that names every column once"});
    if (record.count() > kMaxColumns || record.unclosed())
      fail_input({.where = name(),
                  .key = "header",
                  .found = record.unclosed() ? "a quote that is never closed" : "more than 10000 columns"});
    return record.end();
  }

  Row parse(std::size_t start, const std::string& where, std::size_t& end) const override {
    std::vector<std::string> fields;
    CsvRecord record(text(), start, delimiter_);
    record.read(&fields, header_.size());
    end = record.end();
    if (record.unclosed()) fail_input({.where = where, .found = "a quote that is never closed"});
    if (record.count() != header_.size())
      fail_input({.where = where,
                  .found = std::to_string(record.count()) + " fields",
                  .expected = std::to_string(header_.size()) + ", as in the header"});
    Row row = Row::object();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (!is_valid_utf8(fields[i]))
        fail_input({.where = where, .key = header_[i], .found = "bytes that are not UTF-8"});
      // The header has no duplicates: no look-up.
      row.get_ref<Row::object_t&>().push_back({header_[i], std::move(fields[i])});
    }
    return row;
  }

  char delimiter_;
  std::vector<std::string> header_;
};

}  // namespace

std::shared_ptr<const RowSource> csv_rows(std::shared_ptr<const ByteSource> source, char delimiter) {
  return std::make_shared<CsvRows>(std::move(source), delimiter);
}

}  // namespace c2c
