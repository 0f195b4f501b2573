#include "c2c/io/net/sse.h"

#include "c2c/base/error.h"

namespace c2c {
namespace {

// "NAME: LINE\n" for each line; CR, LF and CRLF end one, as a reader will see it.
void append_lines(std::string& out, std::string_view name, std::string_view text) {
  while (true) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    out.append(name).append(": ").append(text.substr(0, end)).append("\n");
    if (end == text.size()) return;
    text.remove_prefix(end + (text.substr(end, 2) == "\r\n" ? 2 : 1));
  }
}

}  // namespace

std::string format_sse(std::string_view data, std::string_view type) {
  C2C_CHECK(type.find_first_of("\r\n") == std::string_view::npos, "format_sse: a type of several lines");
  std::string out;
  if (!type.empty()) append_lines(out, "event", type);
  append_lines(out, "data", data);
  out += '\n';
  return out;
}

std::string format_sse_comment(std::string_view text) {
  std::string out;
  append_lines(out, "", text);
  out += '\n';
  return out;
}

void SseParser::field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (has_data_) event_.data += '\n';
    event_.data += value;
    has_data_ = true;
  } else if (name == "event") {
    event_.type = value;
  } else if (name == "id" && value.find('\0') == std::string_view::npos) {
    event_.id = value;
  }
}

void SseParser::end_line(const std::function<void(const SseEvent&)>& on_event) {
  std::string_view line = line_;
  if (first_line_ && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  first_line_ = false;
  if (!line.empty()) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    std::string_view value = line.substr(std::min(line.size(), colon + 1));
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (colon > 0) field(line.substr(0, colon), value);  // else a comment
    line_.clear();
    return;
  }
  line_.clear();
  if (has_data_) {
    if (event_.type.empty()) event_.type = "message";
    on_event(event_);
  }
  has_data_ = false;
  event_.data.clear();
  event_.type.clear();  // the id stays: it is the stream's last one
}

void SseParser::feed(std::string_view piece, const std::function<void(const SseEvent&)>& on_event) {
  while (!piece.empty()) {
    if (after_cr_ && piece.front() == '\n') piece.remove_prefix(1);
    after_cr_ = false;
    const std::size_t end = std::min(piece.find_first_of("\r\n"), piece.size());
    if (line_.size() + event_.data.size() + end > max_event_bytes_)
      fail_input(
          {.where = "event stream", .found = "an event of more than " + std::to_string(max_event_bytes_) + " bytes"});
    line_ += piece.substr(0, end);
    if (end == piece.size()) return;
    after_cr_ = piece[end] == '\r';
    piece.remove_prefix(end + 1);
    end_line(on_event);
  }
}

}  // namespace c2c
