#include <charconv>
#include <ctime>

#include "c2c/io/net/http_client.h"

namespace c2c {

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      std::chrono::system_clock::time_point now) {
  using std::chrono::seconds;
  constexpr long kMost = 10L * 365 * 24 * 3600;  // whatever is longer is never
  long count = 0;
  const char* const end = value.data() + value.size();
  if (const auto [stop, error] = std::from_chars(value.data(), end, count);
      stop == end && (error == std::errc() || error == std::errc::result_out_of_range))
    return error == std::errc() && count >= 0 ? std::optional(seconds(std::min(count, kMost))) : std::nullopt;
  if (value.size() > 40) return std::nullopt;
  std::tm date{};
  const std::string text(value);
  const char* const rest = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  // In seconds: the clock's nanoseconds do not reach the years that a date can name.
  const seconds then(timegm(&date)), since_epoch = std::chrono::floor<seconds>(now.time_since_epoch());
  return std::clamp(then - since_epoch, seconds(0), seconds(kMost));
}

std::optional<std::chrono::seconds> HttpReply::retry_after() const {
  const std::string* const value = find_header(headers, "Retry-After");
  return value == nullptr ? std::nullopt : parse_retry_after(*value, std::chrono::system_clock::now());
}

}  // namespace c2c
