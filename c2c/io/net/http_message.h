// What HTTP client and server share: headers, limits of one message.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace c2c {

struct HttpHeader {
  std::string name, value;
};
using HttpHeaders = std::vector<HttpHeader>;

// The first of that name (case does not count), or nullptr.
const std::string* find_header(const HttpHeaders& headers, std::string_view name);
// Whether a header can be written: a token as name; no control characters in the value, which would begin another one.
bool is_valid_header(const HttpHeader& header);
// ASCII letters compared without case.
bool equals_ignoring_case(std::string_view a, std::string_view b);

struct HttpLimits {
  std::size_t max_header_bytes = std::size_t{32} << 10;  // start line and headers; also trailers, a chunk's first line
  std::size_t max_headers = 100;
  std::size_t max_body_bytes = std::size_t{64} << 20;
};

// What is said about a status: "Not Found"; "Unknown" for those that nobody uses.
std::string_view reason_phrase(int status);

}  // namespace c2c
