#include "c2c/io/tables/text_rows.h"

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/io/formats/json.h"

namespace c2c {
namespace {

constexpr std::size_t kMarkEvery = 1024;
// Mapped pages count as the process's memory: they are given back in steps of this many bytes.
constexpr std::size_t kReleaseEvery = std::size_t{32} << 20;
// ordered_json looks a key up by comparing it with all before: an object of a million keys would take hours.
constexpr std::size_t kMaxKeys = 10'000;

std::uint64_t count_lines(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

void check_key_count(std::string_view text, const std::string& where) {
  if (static_cast<std::size_t>(std::count(text.begin(), text.end(), ':')) <= kMaxKeys) return;
  std::vector<std::size_t> keys;
  // Keeps nothing of what it sees, so there is nothing to look up.
  const auto watch = [&](int, nlohmann::json::parse_event_t event, nlohmann::json&) {
    using Event = nlohmann::json::parse_event_t;
    if (event == Event::object_start) keys.push_back(0);
    if (event == Event::object_end && !keys.empty()) keys.pop_back();
    if (event == Event::key && !keys.empty() && ++keys.back() > kMaxKeys)
      fail_input({.where = where,
                  .found = "an object of more than " + std::to_string(kMaxKeys) + " keys",
                  .expected = "a row of a table"});
    return event != Event::value && event != Event::array_end && event != Event::object_end;
  };
  try {
    [[maybe_unused]] const nlohmann::json nothing = nlohmann::json::parse(text, watch);
  } catch (const nlohmann::json::exception& error) {
    fail_input({.where = where, .found = "broken JSON: " + std::string(error.what())});
  }
}

}  // namespace

Row parse_row(std::string_view text, const std::string& where) {
  check_json_bounds(text, where, {});
  check_key_count(text, where);
  Row row = parse_json<Row>(text, where);
  if (!row.is_object())
    fail_input({.where = where, .found = std::string("a JSON ") + row.type_name(), .expected = "an object"});
  return row;
}

TextRows::TextRows(std::shared_ptr<const ByteSource> source) : source_(std::move(source)) {
  const Bytes bytes = source_->bytes();
  text_ = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void TextRows::add_row(std::size_t start) {
  if (starts_.size() % kMarkEvery == 0) {
    line_ += count_lines(text_.substr(marked_, start - marked_));
    marked_ = start;
    line_marks_.push_back(line_);
  }
  starts_.push_back(start);
  if (start - released_ > kReleaseEvery) {
    source_->release(source_->bytes().subspan(released_, start - released_));
    released_ = start;
  }
}

std::string TextRows::place(std::size_t i) const {
  const std::size_t mark = i / kMarkEvery;
  const std::size_t from = starts_[mark * kMarkEvery];
  const std::uint64_t line = line_marks_[mark] + count_lines(text_.substr(from, starts_[i] - from));
  return name() + ":" + std::to_string(line + 1);
}

void TextRows::release_later(std::size_t bytes) const {
  constexpr std::size_t kPage = 4096;  // what a short row costs at least
  if (touched_.fetch_add(std::max(bytes, kPage)) < kReleaseEvery) return;
  touched_ = 0;
  source_->release(source_->bytes());
}

Row TextRows::row(std::int64_t i) const {
  C2C_CHECK(i >= 0 && i < size(), "row out of range");
  const auto index = static_cast<std::size_t>(i);
  std::size_t end = starts_[index];
  try {
    Row row = parse(starts_[index], name(), end);
    release_later(end - starts_[index]);
    return row;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInternal) throw;
    release_later(std::max(end, starts_[index]) - starts_[index]);
    // The line is looked up only here: counting lines for every row would be wasted on good ones.
    ErrorInfo info = error.info();
    info.where = place(index);
    fail_input(std::move(info));
  }
}

}  // namespace c2c
