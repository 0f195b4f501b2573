// JSON from bytes that nobody vouches for: bounded in size and depth before a document is built, errors with a place.
// Not part of the public API (third-party type); other rooms that include io/formats may use it.
#pragma once
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "c2c/base/error.h"

namespace c2c {

struct JsonLimits {
  std::size_t max_bytes = std::size_t{256} << 20;
  std::size_t max_depth = 64;  // nested arrays and objects
  bool unique_keys = false;    // a key that stands twice in one object is an error (else the last one counts)
};

// Throws kInput when `text` is longer or nests deeper than allowed. Counts brackets outside strings, which for
// malformed text is at least what a parser gets to see.
void check_json_bounds(std::string_view text, const std::string& where, const JsonLimits& limits);

// Json: nlohmann::json or nlohmann::ordered_json.
template <class Json = nlohmann::json>
Json parse_json(std::string_view text, const std::string& where, const JsonLimits& limits = {}) {
  check_json_bounds(text, where, limits);
  std::vector<std::unordered_set<std::string>> keys;
  const auto watch_keys = [&](int, typename Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(value.template get<std::string>()).second)
      fail_input({.where = where, .key = value.template get<std::string>(), .found = "the key twice in one object"});
    return true;
  };
  try {
    return limits.unique_keys ? Json::parse(text, watch_keys) : Json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    fail_input({.where = where, .found = "broken JSON: " + std::string(error.what())});
  }
}

}  // namespace c2c
