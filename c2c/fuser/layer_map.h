// projector_config.json: {"0": {"1": {"5": [[3, 5]], ...}}} = receiver model -> sharer model -> receiver layer -> list
// of [sharer layer, projector].
#pragma once
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "c2c/fuser/fuser.h"

namespace c2c {

// The maps of one receiver, by sharer. `where` names the file. Throws kInput for several receivers, keys that are no
// numbers, negative layers, projectors not below `projectors`.
std::map<std::int64_t, LayerMap> parse_projector_config(const nlohmann::ordered_json& config, std::int64_t projectors,
                                                        const std::string& where);
// {"5": [[3, 5]], ...} alone.
LayerMap parse_layer_map(const nlohmann::ordered_json& layers, std::int64_t projectors, const std::string& where,
                         const std::string& key);
nlohmann::ordered_json layer_map_json(const LayerMap& layers);

}  // namespace c2c
