// JSON Lines: one object a line; lines end in \n or \r\n, blank ones do not count.
#include <algorithm>

#include "c2c/io/tables/text_rows.h"

namespace c2c {
namespace {

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == line.npos;
}

class JsonlRows final : public TextRows {
 public:
  explicit JsonlRows(std::shared_ptr<const ByteSource> source) : TextRows(std::move(source)) {
    for (std::size_t start = 0; start < text().size();) {
      const std::size_t end = std::min(text().find('\n', start), text().size());
      if (!is_blank(text().substr(start, end - start))) add_row(start);
      start = end + 1;
    }
  }

 private:
  Row parse(std::size_t start, const std::string& where, std::size_t& end) const override {
    end = std::min(text().find('\n', start), text().size());
    return parse_row(text().substr(start, end - start), where);
  }
};

}  // namespace

std::shared_ptr<const RowSource> jsonl_rows(std::shared_ptr<const ByteSource> source) {
  return std::make_shared<JsonlRows>(std::move(source));
}

}  // namespace c2c
