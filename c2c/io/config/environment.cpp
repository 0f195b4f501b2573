#include <cstdlib>

#include "c2c/base/error.h"
#include "c2c/io/config/assign.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

bool is_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name)
    if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
  return true;
}

// Could it be org/name[/folder][@revision]? Then it is left to the hub when no such file exists.
bool may_be_hub_id(const fs::path& path) {
  if (path.is_absolute() || !path.has_parent_path()) return false;
  for (const fs::path& part : path)
    if (part.empty() || part.string().starts_with(".")) return false;
  const std::string extension = path.extension().string();
  for (const char* known :
       {".gguf", ".safetensors", ".json", ".jinja", ".pt", ".bin", ".txt", ".jsonl", ".csv", ".parquet", ".arrow"})
    if (extension == known) return false;
  return true;
}

}  // namespace

std::string expand_environment(std::string_view text, const AssignSource& source, const std::string& key) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 >= text.size() || (text[i + 1] != '{' && text[i + 1] != '$')) {
      out += text[i];
      continue;
    }
    if (text[i + 1] == '$') {
      out += '$';
      ++i;
      continue;
    }
    const std::size_t close = text.find('}', i);
    const std::string_view inside = close == text.npos ? std::string_view{} : text.substr(i + 2, close - i - 2);
    const std::size_t colon = inside.find(":-");
    const std::string name(inside.substr(0, colon));
    if (!is_name(name))
      fail_usage({.where = source.name,
                  .key = key,
                  .found = std::string(text.substr(i, 40)),
                  .expected = "${NAME} or ${NAME:-default}",
                  .hint = "write $$ for a dollar"});
    const char* value = std::getenv(name.c_str());
    if (value != nullptr && *value != '\0') {
      out += value;
    } else if (colon != std::string_view::npos) {
      out += inside.substr(colon + 2);
    } else {
      fail_usage({.where = source.name,
                  .key = key,
                  .found = "${" + name + "}, which is not set",
                  .hint = "export " + name + "=... or write ${" + name + ":-default}"});
    }
    i = close;
  }
  return out;
}

std::string resolve_path(std::string_view text, const AssignSource& source, const std::string& key) {
  if (text.empty()) return {};
  const fs::path path = expand_environment(text, source, key);
  if (path.is_absolute() || source.folder.empty()) return path.string();
  const fs::path beside = (source.folder / path).lexically_normal();
  std::error_code code;
  if (fs::exists(beside, code)) return beside.string();
  if (may_be_hub_id(path)) return path.string();
  // Missing, and a file for certain: it must not look like a hub id (a/b) to whoever opens it.
  const bool looks_local = beside.is_absolute() || !beside.has_parent_path() || beside.string().starts_with(".");
  return looks_local ? beside.string() : "./" + beside.string();
}

}  // namespace c2c
