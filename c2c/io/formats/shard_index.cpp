#include "c2c/io/formats/shard_index.h"

#include "c2c/base/error.h"
#include "c2c/io/formats/json.h"
#include "c2c/io/formats/safetensors.h"
#include "c2c/io/formats/source.h"

namespace c2c {

std::map<std::string, std::string> parse_shard_index(std::string_view text, const std::string& where) {
  const auto root = parse_json(text, where, {.max_bytes = std::size_t{100} << 20, .max_depth = 16});
  const auto map = root.is_object() ? root.find("weight_map") : root.end();
  if (map == root.end() || !map->is_object() || map->empty())
    fail_input({.where = where, .key = "weight_map", .expected = "an object of tensor name -> shard file"});
  std::map<std::string, std::string> shards;
  for (const auto& [tensor, file] : map->items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : std::string();
    // A shard lies beside its index: an index from elsewhere must not make us open other files.
    if (name.empty() || name == "." || name == ".." || name.find_first_of(std::string_view("/\\\0", 3)) != name.npos)
      fail_input({.where = where,
                  .key = "weight_map." + tensor,
                  .found = file.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace),
                  .expected = "the name of a file in the same folder"});
    shards.emplace(tensor, name);
  }
  return shards;
}

std::map<std::string, std::string> read_shard_index(const std::filesystem::path& index_json) {
  auto shards = parse_shard_index(read_text_file(index_json), index_json.string());
  for (const auto& [tensor, file] : shards)
    if (!std::filesystem::exists(index_json.parent_path() / file))
      fail_input({.where = index_json.string(),
                  .key = file,
                  .found = "no such file in " + index_json.parent_path().string(),
                  .expected = "the shard that holds " + tensor,
                  .hint = "download the missing shard into that folder"});
  return shards;
}

}  // namespace c2c
