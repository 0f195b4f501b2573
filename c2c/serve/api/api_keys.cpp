#include "c2c/serve/api/api_keys.h"

#include <sstream>

#include "c2c/base/error.h"
#include "c2c/io/config/parse_text.h"
#include "c2c/io/net/http_message.h"

namespace c2c::api {
namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr std::size_t kMostKeyFileBytes = std::size_t{1} << 20;

}  // namespace

bool equal_in_constant_time(std::string_view given, std::string_view secret) {
  std::size_t differences = given.size() ^ secret.size();
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char other = secret.empty() ? '\0' : secret[i % secret.size()];
    differences |= static_cast<unsigned char>(given[i] ^ other);
  }
  return differences == 0;
}

ApiKeys::ApiKeys(std::vector<std::string> keys) : keys_(std::move(keys)) {
  for (const std::string& key : keys_)
    if (key.empty() || key.find_first_of(" \t\r\n") != std::string::npos)
      fail_usage({.where = "API key",
                  .found = key.empty() ? "an empty one" : "one with blanks",
                  .expected = "letters, digits and signs without blanks"});
}

std::optional<std::size_t> ApiKeys::find(std::string_view authorization) const {
  if (authorization.size() < kBearer.size() || !equals_ignoring_case(authorization.substr(0, kBearer.size()), kBearer))
    return {};
  const std::string_view given = authorization.substr(kBearer.size());
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < keys_.size(); ++i)
    if (equal_in_constant_time(given, keys_[i])) found = i;
  return found;
}

std::vector<std::string> read_key_file(const std::filesystem::path& path) {
  std::istringstream lines(read_config_file(path, kMostKeyFileBytes));
  std::vector<std::string> keys;
  for (std::string line; std::getline(lines, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.pop_back();
    if (!line.empty() && line.front() != '#') keys.push_back(line);
  }
  if (keys.empty())
    fail_usage({.where = path.string(), .found = "no key", .expected = "one API key a line", .hint = "--api-key-file"});
  return keys;
}

}  // namespace c2c::api
