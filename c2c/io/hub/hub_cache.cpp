#include "c2c/io/hub/hub_cache.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <system_error>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

fs::path home_folder() {
  const std::string home = environment("HOME");
  return home.empty() ? fs::path("/") : fs::path(home);
}

// As huggingface_hub does with these variables.
fs::path expand_home(const std::string& path) {
  if (path == "~") return home_folder();
  return path.starts_with("~/") ? home_folder() / path.substr(2) : fs::path(path);
}

bool is_there(const fs::path& path) {
  std::error_code error;  // a dangling link, a forbidden folder: not there for us
  return fs::exists(path, error);
}

fs::path repo_folder(const HubName& name) {
  std::string folder = (name.kind == RepoKind::kDataset ? "datasets--" : "models--") + name.repo;
  if (const std::size_t slash = folder.find('/'); slash != folder.npos) folder.replace(slash, 1, "--");
  return hub_cache_folder() / folder;
}

bool is_commit(const std::string& text) {
  return text.size() == 40 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

// The commit that a branch, tag or full hash names in this cache; nothing when it is unknown.
std::optional<std::string> find_commit(const fs::path& repo, const std::string& revision) {
  std::ifstream ref(repo / "refs" / revision);
  std::string commit;
  if (std::error_code error; fs::is_regular_file(repo / "refs" / revision, error) && ref >> commit) {
    // What the file says becomes a path: only a hash may.
    if (is_commit(commit)) return commit;
    fail_input({.where = (repo / "refs" / revision).string(),
                .found = sanitize_utf8(commit.substr(0, 64)),
                .expected = "a commit hash",
                .hint = "the cache is damaged; delete this file and download again"});
  }
  if (is_commit(revision)) return revision;
  return std::nullopt;
}

std::string known_revisions(const fs::path& repo) {
  std::vector<std::string> known;
  std::error_code error;
  for (fs::recursive_directory_iterator it(repo / "refs", error), end; !error && it != end; it.increment(error))
    if (it->is_regular_file(error)) known.push_back(fs::relative(it->path(), repo / "refs", error).string());
  for (fs::directory_iterator it(repo / "snapshots", error), end; !error && it != end; it.increment(error))
    known.push_back(it->path().filename().string());
  std::sort(known.begin(), known.end());
  std::string text;
  for (const std::string& name : known) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

[[noreturn]] void fail_missing(const HubName& name, const std::string& found,
                               const std::vector<std::string>& files = {}) {
  fail_input({.where = name.text(),
              .found = found,
              .expected = "the repository in the Hugging Face cache " + hub_cache_folder().string(),
              .hint = "get it with: " + download_command(name, files)});
}

// {snapshot folder, commit}
std::pair<fs::path, std::string> find_snapshot(const HubName& name) {
  const fs::path repo = repo_folder(name);
  if (!is_there(repo / "snapshots"))
    fail_missing(name, "no file or folder of that name, and no such repository in the cache");
  const auto commit = find_commit(repo, name.revision);
  if (!commit)
    fail_missing(name, "no revision " + name.revision + " in the cache (there are: " + known_revisions(repo) + ")");
  const fs::path snapshot = repo / "snapshots" / *commit;
  if (!is_there(snapshot)) fail_missing(name, "no snapshot of revision " + name.revision + " in the cache");
  return {snapshot, *commit};
}

}  // namespace

fs::path hub_cache_folder() {
  for (const char* variable : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"})
    if (const std::string folder = environment(variable); !folder.empty()) return expand_home(folder);
  if (const std::string home = environment("HF_HOME"); !home.empty()) return expand_home(home) / "hub";
  const std::string cache = environment("XDG_CACHE_HOME");
  return (cache.empty() ? home_folder() / ".cache" : expand_home(cache)) / "huggingface" / "hub";
}

namespace {

ModelLocation locate(const std::string& name_or_path, RepoKind kind) {
  if (name_or_path.empty())
    fail_usage({.where = kind == RepoKind::kDataset ? "dataset" : "model",
                .found = "an empty name",
                .expected = "a path or org/name"});
  if (is_there(name_or_path)) return {.path = name_or_path};
  // What can only be a local path is a missing file, not a misspelt name.
  if (name_or_path.find_first_of("/.~") == 0)
    fail_input({.where = name_or_path,
                .found = "no such file or folder",
                .expected = "an existing file or folder, or org/name[/folder][@revision] on the Hugging Face Hub"});
  ModelLocation location;
  location.hub = HubName::parse(name_or_path);
  location.hub.kind = kind;
  const auto [snapshot, commit] = find_snapshot(location.hub);
  location.path = snapshot / location.hub.subfolder;
  location.commit = commit;
  location.from_hub = true;
  if (location.hub.subfolder.empty()) location.path = snapshot;
  if (!is_there(location.path))
    fail_missing(location.hub, "no " + location.hub.subfolder + " in the cached snapshot " + snapshot.string());
  return location;
}

}  // namespace

ModelLocation locate_model(const std::string& name_or_path) {
  return locate(name_or_path, RepoKind::kModel);
}

ModelLocation locate_dataset(const std::string& name_or_path) {
  return locate(name_or_path, RepoKind::kDataset);
}

fs::path resolve_file(const std::string& repo, const std::string& file, const std::string& revision) {
  // One parser checks all three parts.
  HubName name = HubName::parse(repo + "/" + file + "@" + revision);
  name.subfolder.clear();
  if (name.repo != repo)
    fail_usage({.where = sanitize_utf8(repo), .found = "no name of a repository", .expected = "org/name"});
  const auto [snapshot, commit] = find_snapshot(name);
  if (is_there(snapshot / file)) return snapshot / file;
  // The cache also remembers what the hub said it does not have.
  if (is_there(repo_folder(name) / ".no_exist" / commit / file))
    fail_input({.where = name.text(), .key = file, .found = "no such file in the repository itself"});
  fail_missing(name, "no " + file + " in the cached snapshot " + snapshot.string(), {file});
}

void require_files(const ModelLocation& location, const std::vector<std::string>& files) {
  if (!fs::is_directory(location.path)) return;
  std::vector<std::string> missing;
  std::string text;
  for (const std::string& file : files)
    if (!is_there(location.path / file)) {
      missing.push_back(file);
      text += (text.empty() ? "" : ", ") + file;
    }
  if (missing.empty()) return;
  if (location.from_hub) fail_missing(location.hub, "no " + text + " in " + location.path.string(), missing);
  fail_input({.where = location.path.string(), .found = "no " + text, .expected = "a folder with these files"});
}

}  // namespace c2c
