// Server-sent events (text/event-stream, WHATWG HTML 9.2): written by our server, read by our client.
#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace c2c {

struct SseEvent {
  std::string type;  // "message" where the stream names none
  std::string data;  // lines joined by '\n'
  std::string id;
};

// One event, ready to be sent: data of several lines becomes several `data:` lines.
std::string format_sse(std::string_view data, std::string_view type = {});
// A line that readers skip: keeps a connection alive, and tells a server that its client is still there.
std::string format_sse_comment(std::string_view text = {});

// Takes the bytes of a stream in pieces of any length. A last event without its empty line is dropped, as the standard
// says.
class SseParser {
 public:
  explicit SseParser(std::size_t max_event_bytes = std::size_t{4} << 20) : max_event_bytes_(max_event_bytes) {}
  // Calls `on_event` for each event that ends in this piece. Throws kInput for an event beyond the limit; then the
  // parser is spent.
  void feed(std::string_view piece, const std::function<void(const SseEvent&)>& on_event);

 private:
  void end_line(const std::function<void(const SseEvent&)>& on_event);
  void field(std::string_view name, std::string_view value);

  std::size_t max_event_bytes_;
  std::string line_;
  SseEvent event_;
  bool has_data_ = false, after_cr_ = false, first_line_ = true;
};

}  // namespace c2c
