// Addresses of HTTP services, as far as they are needed here: http://host[:port][/path][?query] and https.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace c2c {

inline constexpr std::size_t kMaxUrlBytes = 8192;

struct Url {
  bool tls = false;
  std::string host;        // lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;  // 80 or 443 where the address names none
  std::string target;      // path and query as written, "/" where there is none

  bool operator==(const Url&) const = default;
};

// Throws kUsage for what is no such address: other schemes, user names (a password in an address ends up in logs),
// fragments, characters that belong percent-encoded, more than kMaxUrlBytes. The error never repeats a user name.
Url parse_url(std::string_view text);
// Normal form: parse_url(to_string(url)) == url. A default port is left out.
std::string to_string(const Url& url);
// host[:port] as the Host header has it.
std::string authority(const Url& url);
// Whether it can stand in a request line: begins with '/', printable ASCII without blanks and fragments.
bool is_request_target(std::string_view text);

}  // namespace c2c
