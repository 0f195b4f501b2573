#include "c2c/io/net/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "c2c/base/error.h"

namespace c2c {
namespace {

constexpr std::uint16_t kHttp = 80, kHttps = 443;
constexpr std::string_view kShape = "http://host[:port][/path] or https://...";

[[noreturn]] void refuse(std::string_view text, const char* found, const char* hint = "") {
  fail_usage({.where = "address",
              .key = text.empty() ? "" : "\"" + std::string(text.substr(0, 200)) + "\"",
              .found = found,
              .expected = std::string(kShape),
              .hint = hint});
}

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > 253 || host.front() == '.' || host.front() == '-') return false;
  if (host.find("..") != std::string_view::npos) return false;
  return std::ranges::all_of(host, [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_'; });
}

bool is_ipv6(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

std::uint16_t parse_port(std::string_view digits, std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0)
    refuse(text, "a port that is no number from 1 to 65535");
  return port;
}

// Splits host[:port]; the text is only for errors.
void parse_authority(std::string_view part, std::string_view text, Url& url) {
  std::string_view rest;
  if (part.starts_with('[')) {
    const std::size_t close = part.find(']');
    if (close == std::string_view::npos) refuse(text, "an IPv6 address without its closing bracket");
    url.host = part.substr(1, close - 1);
    // No zone (%eth0): certificates and Host headers know none. No zero byte: it would end the C string early.
    if (url.host.find('\0') != std::string::npos || !is_ipv6(url.host))
      refuse(text, "brackets without an IPv6 address");
    rest = part.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') refuse(text, "text behind the IPv6 address");
  } else {
    const std::size_t colon = std::min(part.find(':'), part.size());
    url.host = part.substr(0, colon);
    rest = part.substr(colon);
    if (!is_host_name(url.host)) refuse(text, "no host name");
  }
  std::ranges::transform(url.host, url.host.begin(), lower);
  url.port = url.tls ? kHttps : kHttp;
  if (!rest.empty()) url.port = parse_port(rest.substr(1), text);
}

}  // namespace

bool is_request_target(std::string_view text) {
  return text.starts_with('/') && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
}

Url parse_url(std::string_view text) {
  if (text.size() > kMaxUrlBytes) refuse({}, "more than 8192 bytes");
  const std::size_t scheme_end = std::min(text.find("://"), text.size());
  std::string scheme(text.substr(0, scheme_end));
  std::ranges::transform(scheme, scheme.begin(), lower);
  const std::string_view rest = text.substr(std::min(text.size(), scheme_end + 3));
  const std::string_view host_part = rest.substr(0, std::min(rest.find_first_of("/?#"), rest.size()));
  if (host_part.find('@') != std::string_view::npos)
    refuse({}, "a user name or password in it", "name the key's environment variable or file instead");
  if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; }))
    refuse({}, "blanks, control characters or letters beyond ASCII", "percent-encode them");
  if (scheme != "http" && scheme != "https") refuse(text, "neither http:// nor https://");
  Url url;
  url.tls = scheme == "https";
  parse_authority(host_part, text, url);
  url.target = rest.substr(host_part.size());
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  if (!is_request_target(url.target)) refuse(text, "a fragment (#...)", "leave it out: servers never see it");
  return url;
}

std::string authority(const Url& url) {
  std::string text = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  if (url.port != (url.tls ? kHttps : kHttp)) text += ":" + std::to_string(url.port);
  return text;
}

std::string to_string(const Url& url) {
  return (url.tls ? "https://" : "http://") + authority(url) + url.target;
}

}  // namespace c2c
