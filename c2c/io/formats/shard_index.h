// The text of a shard index (model.safetensors.index.json, pytorch_model.bin.index.json). `read_shard_index` of
// safetensors.h reads one from disk and checks that the shards are there.
#pragma once
#include <map>
#include <string>
#include <string_view>

namespace c2c {

// Tensor name -> file name (a plain name, no folder). Throws kInput.
std::map<std::string, std::string> parse_shard_index(std::string_view text, const std::string& where);

}  // namespace c2c
