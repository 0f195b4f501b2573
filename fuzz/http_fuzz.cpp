// HTTP messages as server and client parse them, off the wire: the first byte says which kind, the second how the bytes
// are cut. However they are cut, the same messages come out, and no limit is passed.
#include <cstdlib>
#include <string>
#include <vector>

#include "c2c/io/net/http_parser.h"
#include "fuzz/format_fuzz.h"

namespace {

using c2c::HttpParser;

constexpr c2c::HttpLimits kLimits{.max_header_bytes = 1024, .max_headers = 10, .max_body_bytes = 2048};

std::string text_of(HttpParser& parser) {
  const c2c::HttpHead& head = parser.head();
  std::size_t header_bytes = head.method.size() + head.target.size();
  std::string text = head.method + " " + head.target + " " + std::to_string(head.status);
  for (const c2c::HttpHeader& header : head.headers) {
    header_bytes += header.name.size() + header.value.size();
    text += "\n" + header.name + ":" + header.value;
  }
  if (header_bytes > kLimits.max_header_bytes || head.headers.size() > kLimits.max_headers ||
      parser.body().size() > kLimits.max_body_bytes)
    std::abort();
  return text + "\n\n" + parser.body() + (parser.keep_alive() ? "k" : "c");
}

// The messages of a connection, and last "end", or "refused".
std::vector<std::string> messages(HttpParser::Kind kind, std::string_view bytes, std::size_t step) {
  std::vector<std::string> found;
  std::string buffer;
  HttpParser parser(kind, kLimits);
  try {
    for (std::size_t i = 0; i < bytes.size(); i += step) {
      buffer += bytes.substr(i, step);
      while (!buffer.empty()) {
        const std::size_t before = buffer.size();
        parser.feed(buffer);
        if (parser.done()) {
          found.push_back(text_of(parser));
          parser = HttpParser(kind, kLimits);
        } else if (buffer.size() == before) {
          break;
        }
      }
    }
    if (parser.started()) {
      parser.end_of_stream();
      found.push_back(text_of(parser));
    }
    found.push_back("end");
  } catch (const c2c::HttpSyntaxError& error) {
    if (error.status() < 400 || error.status() > 599) std::abort();
    found.push_back("refused");
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const HttpParser::Kind kinds[] = {HttpParser::Kind::kRequest, HttpParser::Kind::kReply,
                                    HttpParser::Kind::kReplyToHead};
  const auto kind = kinds[data[0] % 3];
  const auto whole = messages(kind, bytes, bytes.size() + 1);
  const auto cut = messages(kind, bytes, 1 + data[1]);
  if (whole != cut) std::abort();
  return 0;
}
