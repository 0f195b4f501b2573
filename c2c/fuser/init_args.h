// Typed reading of a projector's init_args. Every argument that a class knows is read once, with its default; finish()
// then refuses what is left. Errors are kInput and name class, argument, what was found and what is expected.
#pragma once
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/model/cache/kv_cache.h"

namespace c2c {

class InitArgs {
 public:
  // `args` must outlive this object: an object of encoded values, or null for none.
  InitArgs(std::string class_name, const nlohmann::ordered_json& args);

  struct Range {
    std::int64_t low = 1, high = std::int64_t{1} << 20;
  };
  // nullopt as default: the argument is required.
  std::int64_t integer(std::string_view key, std::optional<std::int64_t> fallback, Range range) const;
  std::int64_t integer(std::string_view key, std::optional<std::int64_t> fallback) const {
    return integer(key, fallback, Range{});
  }
  double number(std::string_view key, double fallback) const;
  double probability(std::string_view key, double fallback) const;  // 0 to 1
  std::vector<double> numbers(std::string_view key) const;  // a list of finite numbers; empty where absent or null
  bool boolean(std::string_view key, bool fallback) const;
  // Text, or the text of a "str" or "torch.device" marker; null reads as "".
  std::string text(std::string_view key, std::string_view fallback) const;
  std::string choice(std::string_view key, std::string_view fallback, const std::vector<std::string>& choices) const;
  at::ScalarType dtype(std::string_view key = "dtype", at::ScalarType fallback = at::kFloat) const;

  // Every projector of the reference has these four; `layers` stays 0.
  struct Geometry {
    KvGeometry sharer, receiver;
  };
  Geometry geometry() const;  // source_dim, target_dim, source_num_heads, target_num_heads

  void finish() const;  // throws where an argument was given that nobody read

  const std::string& class_name() const { return class_name_; }
  const nlohmann::ordered_json& json() const { return args_; }
  [[noreturn]] void fail(std::string_view key, const std::string& found, const std::string& expected) const;

 private:
  const nlohmann::ordered_json* find(std::string_view key) const;  // nullptr: not given

  std::string class_name_;
  const nlohmann::ordered_json& args_;
  mutable std::vector<std::string> known_;
};

}  // namespace c2c
