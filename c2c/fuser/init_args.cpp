#include "c2c/fuser/init_args.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "c2c/base/error.h"
#include "c2c/fuser/object_json.h"

namespace c2c {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

InitArgs::InitArgs(std::string class_name, const nlohmann::ordered_json& args)
    : class_name_(std::move(class_name)), args_(args) {
  if (!args.is_object() && !args.is_null()) fail("", excerpt(args), "a map of arguments");
}

void InitArgs::fail(std::string_view key, const std::string& found, const std::string& expected) const {
  fail_input({.where = class_name_,
              .key = key.empty() ? "init_args" : "init_args." + std::string(key),
              .found = found,
              .expected = expected});
}

const nlohmann::ordered_json* InitArgs::find(std::string_view key) const {
  known_.emplace_back(key);
  if (args_.is_null()) return nullptr;
  const auto it = args_.find(std::string(key));
  return it == args_.end() ? nullptr : &*it;
}

std::int64_t InitArgs::integer(std::string_view key, std::optional<std::int64_t> fallback, Range range) const {
  const std::string expected = "an integer from " + std::to_string(range.low) + " to " + std::to_string(range.high);
  const auto* value = find(key);
  if (value == nullptr) {
    if (!fallback) fail(key, "nothing", expected);
    return *fallback;
  }
  // An unsigned value above the signed range would wrap to a negative number.
  const bool fits = value->is_number_integer() && !(value->is_number_unsigned() && value->get<std::uint64_t>() >> 63);
  if (!fits || value->get<std::int64_t>() < range.low || value->get<std::int64_t>() > range.high)
    fail(key, excerpt(*value), expected);
  return value->get<std::int64_t>();
}

double InitArgs::number(std::string_view key, double fallback) const {
  const auto* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_number()) fail(key, excerpt(*value), "a number");
  return value->get<double>();
}

double InitArgs::probability(std::string_view key, double fallback) const {
  const double value = number(key, fallback);
  if (!(value >= 0 && value <= 1)) fail(key, std::to_string(value), "a number from 0 to 1");
  return value;
}

std::vector<double> InitArgs::numbers(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr || value->is_null()) return {};
  std::vector<double> list;
  if (!value->is_array()) fail(key, excerpt(*value), "a list of numbers");
  for (const auto& item : *value) {
    if (!item.is_number() || !std::isfinite(item.get<double>())) fail(key, excerpt(item), "finite numbers only");
    list.push_back(item.get<double>());
  }
  return list;
}

bool InitArgs::boolean(std::string_view key, bool fallback) const {
  const auto* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) fail(key, excerpt(*value), "true or false");
  return value->get<bool>();
}

std::string InitArgs::text(std::string_view key, std::string_view fallback) const {
  const auto* value = find(key);
  if (value == nullptr) return std::string(fallback);
  if (value->is_null()) return {};
  if (value->is_object()) {
    const auto type = value->find("__type__");
    const auto inner = value->find("value");
    const bool marker = type != value->end() && (*type == "str" || *type == "torch.device");
    if (marker && inner != value->end() && inner->is_string()) return inner->get<std::string>();
  }
  if (!value->is_string()) fail(key, excerpt(*value), "text");
  return value->get<std::string>();
}

std::string InitArgs::choice(std::string_view key, std::string_view fallback,
                             const std::vector<std::string>& choices) const {
  std::string value = text(key, fallback);
  if (std::find(choices.begin(), choices.end(), value) == choices.end())
    fail(key, value.empty() ? "null" : value, "one of " + join(choices));
  return value;
}

at::ScalarType InitArgs::dtype(std::string_view key, at::ScalarType fallback) const {
  const auto* value = find(key);
  if (value == nullptr) return fallback;
  const nlohmann::ordered_json* word = value;
  if (value->is_object() && value->contains("value") &&
      value->value("__type__", nlohmann::ordered_json()) == nlohmann::ordered_json("torch.dtype"))
    word = &value->at("value");
  if (word->is_string())
    if (const auto type = dtype_from_word(word->get_ref<const std::string&>())) return *type;
  fail(key, excerpt(*value), R"({"__type__": "torch.dtype", "value": ...} with float32, bfloat16, float16 or float64)");
}

InitArgs::Geometry InitArgs::geometry() const {
  Geometry geometry;
  geometry.sharer.head_dim = integer("source_dim", std::nullopt, {1, 1 << 16});
  geometry.receiver.head_dim = integer("target_dim", std::nullopt, {1, 1 << 16});
  geometry.sharer.kv_heads = integer("source_num_heads", 1, {1, 1 << 12});
  geometry.receiver.kv_heads = integer("target_num_heads", 1, {1, 1 << 12});
  return geometry;
}

void InitArgs::finish() const {
  if (args_.is_null()) return;
  for (const auto& [key, value] : args_.items())
    if (std::find(known_.begin(), known_.end(), key) == known_.end())
      fail(key, "an argument that " + class_name_ + " does not have (value " + excerpt(value) + ")",
           "only " + join(known_));
}

}  // namespace c2c
