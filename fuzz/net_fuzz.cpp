// What services send to our client, and the addresses that users give. First byte: 0 an address, 1 a stream of events,
// 2 a chat completion, 3 one event of a streamed one, 4 a list of models, 5 Retry-After.
#include <cstdlib>
#include <string>
#include <vector>

#include "c2c/io/net/http_client.h"
#include "c2c/io/net/openai_reply.h"
#include "c2c/io/net/sse.h"
#include "c2c/io/net/url.h"
#include "fuzz/format_fuzz.h"

namespace {

void address(const std::string& text) {
  const c2c::Url url = c2c::parse_url(text);
  if (c2c::parse_url(c2c::to_string(url)) != url) std::abort();
}

std::vector<std::string> events_of(const std::string& stream, std::size_t step) {
  std::vector<std::string> events;
  c2c::SseParser parser(4096);
  for (std::size_t i = 0; i < stream.size(); i += step)
    parser.feed(std::string_view(stream).substr(i, step), [&](const c2c::SseEvent& event) {
      if (event.data.size() > 4096) std::abort();
      events.push_back(event.type + "\n" + event.id + "\n" + event.data);
    });
  return events;
}

// However a stream is cut, its events are the same; what is written for them reads back.
void stream(const std::string& text) {
  const auto events = events_of(text, 1 << 20);
  if (events_of(text, 1) != events || events_of(text, 7) != events) std::abort();
  c2c::SseParser parser;
  int seen = 0;
  parser.feed(c2c::format_sse_comment(text) + c2c::format_sse(text), [&](const c2c::SseEvent&) { ++seen; });
  if (seen != 1) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  return c2c::fuzz::check([&] {
    c2c::OpenAiReply reply;
    switch (data[0] % 6) {
      case 0:
        return address(text);
      case 1:
        return stream(text);
      case 2:
        c2c::parse_openai_reply(text, "fuzz");
        return;
      case 3:
        c2c::add_openai_chunk(text, "fuzz", reply);
        return;
      case 4:
        c2c::parse_openai_models(text, "fuzz");
        return;
      default:
        c2c::parse_retry_after(text, {});
    }
  });
}
