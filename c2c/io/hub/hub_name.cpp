#include <algorithm>
#include <cctype>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/io/hub/hub_cache.h"

namespace c2c {
namespace {

constexpr std::size_t kMaxName = 96;  // huggingface_hub's own limit
constexpr std::size_t kMaxPath = 1024;

[[noreturn]] void fail_name(std::string_view text, const std::string& found) {
  fail_usage({.where = sanitize_utf8(text.substr(0, kMaxPath)),
              .found = found,
              .expected = "an existing file or folder, or org/name[/folder][@revision] on the Hugging Face Hub"});
}

// huggingface_hub's validate_repo_id.
bool is_repo_part(std::string_view part) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  };
  return !part.empty() && std::all_of(part.begin(), part.end(), plain) && part.front() != '-' && part.front() != '.' &&
         part.back() != '-' && part.back() != '.' && part.find("--") == part.npos && part.find("..") == part.npos;
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts(1);
  for (const char c : path) {
    if (c == '/')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

// A relative path that stays below its start.
bool is_inner_path(std::string_view path) {
  if (path.size() > kMaxPath || path.find_first_of(std::string_view("\\\0", 2)) != path.npos) return false;
  const auto parts = split_path(path);
  return std::none_of(parts.begin(), parts.end(),
                      [](const std::string& part) { return part.empty() || part == "." || part == ".."; });
}

}  // namespace

HubName HubName::parse(std::string_view text) {
  HubName name;
  std::string_view path = text;
  if (const std::size_t at = text.rfind('@'); at != text.npos) {
    path = text.substr(0, at);
    name.revision = std::string(text.substr(at + 1));
    if (!is_inner_path(name.revision)) fail_name(text, "a revision that is no branch, tag or commit");
  }
  if (!is_inner_path(path)) fail_name(text, "no such file or folder, and no name of a repository");
  const auto parts = split_path(path);
  name.repo = parts[0];
  if (parts.size() > 1) name.repo += "/" + parts[1];
  if (!is_repo_part(parts[0]) || (parts.size() > 1 && !is_repo_part(parts[1])) || name.repo.size() > kMaxName)
    fail_name(text, "no such file or folder, and no name of a repository");
  for (std::size_t i = 2; i < parts.size(); ++i) name.subfolder += (i == 2 ? "" : "/") + parts[i];
  return name;
}

std::string HubName::text() const {
  return repo + (subfolder.empty() ? "" : "/" + subfolder) + (revision == "main" ? "" : "@" + revision);
}

std::string download_command(const HubName& name, const std::vector<std::string>& files) {
  std::string command = "hf download " + name.repo;
  if (name.kind == RepoKind::kDataset) command += " --repo-type dataset";
  const std::string folder = name.subfolder.empty() ? "" : name.subfolder + "/";
  for (const std::string& file : files) command += " '" + folder + file + "'";
  if (files.empty() && !name.subfolder.empty()) command += " --include '" + folder + "*'";
  if (name.revision != "main") command += " --revision '" + name.revision + "'";
  return command;
}

}  // namespace c2c
