// Who may ask: API keys, compared in constant time.
#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace c2c::api {

class ApiKeys {
 public:
  ApiKeys() = default;  // everybody may
  // Throws kUsage for an empty key, and for one with blanks or control characters.
  explicit ApiKeys(std::vector<std::string> keys);

  bool is_open() const { return keys_.empty(); }
  // The number of the key in an Authorization header ("Bearer KEY"), from 0. All keys are looked at, and all of their
  // bytes: how long it takes says nothing about them. Nothing: none of ours.
  std::optional<std::size_t> find(std::string_view authorization) const;

 private:
  std::vector<std::string> keys_;
};

// One key a line; blank lines and lines that begin with # are skipped. Errors name the file, never what is in it.
std::vector<std::string> read_key_file(const std::filesystem::path& path);

// Time depends on the length of `given` alone.
bool equal_in_constant_time(std::string_view given, std::string_view secret);

}  // namespace c2c::api
