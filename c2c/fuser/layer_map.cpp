#include "c2c/fuser/layer_map.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "c2c/base/error.h"
#include "c2c/fuser/object_json.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::int64_t kMaxIndex = 1 << 20;

std::int64_t index_of(const std::string& text, const std::string& where, const std::string& key) {
  std::int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > kMaxIndex)
    fail_input({.where = where, .key = key, .found = "\"" + text + "\"", .expected = "a number from 0 as key"});
  return value;
}

const Json& object_at(const Json& value, const std::string& where, const std::string& key, const char* what) {
  if (!value.is_object() || value.empty())
    fail_input({.where = where, .key = key, .found = excerpt(value), .expected = what});
  return value;
}

LayerLink parse_link(const Json& pair, std::int64_t projectors, const std::string& where, const std::string& key) {
  const auto valid = [&](const Json& item, std::int64_t limit) {
    return item.is_number_integer() && item.get<std::int64_t>() >= 0 && item.get<std::int64_t>() < limit;
  };
  if (!pair.is_array() || pair.size() != 2 || !valid(pair[0], kMaxIndex) || !valid(pair[1], projectors))
    fail_input({.where = where,
                .key = key,
                .found = excerpt(pair),
                .expected = "[sharer layer, projector] with a projector below " + std::to_string(projectors)});
  return {pair[0].get<std::int64_t>(), pair[1].get<std::int64_t>()};
}

// Positions in [0, 1] of `count` layers.
std::vector<double> positions(std::int64_t count) {
  std::vector<double> result(static_cast<std::size_t>(std::max<std::int64_t>(count, 0)), 0.0);
  for (std::size_t i = 0; i < result.size() && count > 1; ++i)
    result[i] = static_cast<double>(i) / static_cast<double>(count - 1);
  return result;
}

}  // namespace

LayerMap parse_layer_map(const Json& layers, std::int64_t projectors, const std::string& where,
                         const std::string& key) {
  LayerMap map;
  for (const auto& [layer, links] : object_at(layers, where, key, "a map of receiver layers").items()) {
    const std::string path = key + "." + layer;
    auto& list = map[index_of(layer, where, path)];
    if (!links.is_array() || links.empty())
      fail_input({.where = where, .key = path, .found = excerpt(links), .expected = "a list of pairs"});
    if (!links[0].is_array()) {  // a single pair without its list, as old files have it
      list.push_back(parse_link(links, projectors, where, path));
      continue;
    }
    for (std::size_t i = 0; i < links.size(); ++i)
      list.push_back(parse_link(links[i], projectors, where, path + "[" + std::to_string(i) + "]"));
  }
  return map;
}

std::map<std::int64_t, LayerMap> parse_projector_config(const Json& config, std::int64_t projectors,
                                                        const std::string& where) {
  object_at(config, where, "top level", "a map of the receiver");
  if (config.size() != 1)
    fail_input({.where = where,
                .key = "top level",
                .found = std::to_string(config.size()) + " receivers",
                .expected = "one receiver"});
  const std::string receiver = config.begin().key();
  index_of(receiver, where, receiver);
  std::map<std::int64_t, LayerMap> maps;
  for (const auto& [sharer, layers] : object_at(*config.begin(), where, receiver, "a map of sharers").items()) {
    const std::string key = receiver + "." + sharer;
    maps[index_of(sharer, where, key)] = parse_layer_map(layers, projectors, where, key);
  }
  return maps;
}

Json layer_map_json(const LayerMap& layers) {
  Json map = Json::object();
  for (const auto& [layer, links] : layers) {
    Json list = Json::array();
    for (const auto& link : links) list.push_back(Json::array({link.sharer_layer, link.projector}));
    map[std::to_string(layer)] = std::move(list);
  }
  return map;
}

std::vector<std::vector<std::int64_t>> last_aligned_sources(std::int64_t targets, std::int64_t sources,
                                                            std::int64_t k) {
  std::vector<std::vector<std::int64_t>> result;
  if (sources <= 0) return result;
  for (std::int64_t t = 0; t < targets; ++t) {
    const std::int64_t anchor = std::clamp<std::int64_t>(sources - targets + t, 0, sources - 1);
    std::vector<std::int64_t> list;
    for (std::int64_t source = anchor; source >= 0 && anchor - source < k; --source) list.push_back(source);
    for (std::int64_t source = anchor + 1; source < sources && std::ssize(list) < k; ++source) list.push_back(source);
    result.push_back(std::move(list));
  }
  return result;
}

std::vector<std::vector<std::int64_t>> k_nearest_sources(std::int64_t targets, std::int64_t sources, std::int64_t k) {
  const auto target_positions = positions(targets), source_positions = positions(sources);
  std::vector<std::vector<std::int64_t>> result;
  for (const double position : target_positions) {
    std::vector<std::int64_t> order(source_positions.size());
    std::iota(order.begin(), order.end(), 0);
    const auto distance = [&](std::int64_t s) {
      return std::abs(source_positions[static_cast<std::size_t>(s)] - position);
    };
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return distance(a) < distance(b); });
    order.resize(std::min(order.size(), static_cast<std::size_t>(std::max<std::int64_t>(k, 0))));
    result.push_back(std::move(order));
  }
  return result;
}

}  // namespace c2c
