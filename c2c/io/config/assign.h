// Values into fields: from a parsed run file or recipe, and from command-line text. Every error names the file, the key
// and, for an unknown key, the nearest known one.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "c2c/io/config/field.h"

namespace c2c {

// Where a tree came from. `folder`: what relative paths are relative to (empty: left as they are).
struct AssignSource {
  std::string name;
  std::filesystem::path folder = {};
};

// Sets every field that `tree` (an object) mentions. A list replaces what was there. Throws kUsage for unknown keys,
// wrong types, values outside `choices` or the range.
void assign_fields(const FieldsOf& fields, const nlohmann::ordered_json& tree, const AssignSource& source);
// Reads, parses and assigns; relative paths become relative to the file's folder.
void assign_file(const FieldsOf& fields, const std::filesystem::path& path);

// One field from command-line or environment text (`name` is the flag); list fields take every text.
void assign_texts(const Field& field, const std::vector<std::string>& texts, const std::string& name);

// The nearest of `known` (edit distance, case folded) if it is near enough to be a typo, else empty.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

// ${VAR} and ${VAR:-default} replaced from the environment; $$ is a dollar. Throws kUsage where VAR is unset and there
// is no default.
std::string expand_environment(std::string_view text, const AssignSource& source, const std::string& key);
// A path of a run file as the program will open it: expanded, then made relative to the file's folder where that is
// what it must be: an entry that exists there, or one that cannot be a hub id (`x`, `./x`, `../x`, `a/x.gguf`).
std::string resolve_path(std::string_view text, const AssignSource& source, const std::string& key);

}  // namespace c2c
