// A model, fuser or dataset by name: a local file or folder, or a repository in the Hugging Face cache
// (https://huggingface.co/docs/huggingface_hub/guides/manage-cache). Offline: nothing is downloaded; what is missing is
// named together with the command that gets it.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace c2c {

enum class RepoKind { kModel, kDataset };

// "org/name", "org/name@revision", "org/name/folder/in/it" and "org/name/folder/in/it@revision".
struct HubName {
  std::string repo;               // "org/name" (or "name" for the hub's oldest repositories)
  std::string subfolder;          // "" or "a/b"
  std::string revision = "main";  // branch, tag or full commit hash
  RepoKind kind = RepoKind::kModel;

  // Throws kUsage for what cannot be a repository: other characters, "..", "--", more than 96 characters.
  static HubName parse(std::string_view text);
  std::string text() const;
};

struct ModelLocation {
  std::filesystem::path path;  // an existing file or folder
  bool from_hub = false;
  HubName hub;         // where it came from, if from_hub
  std::string commit;  // the snapshot, if from_hub
};

// $HF_HUB_CACHE, $HF_HOME/hub, $XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub: the first that is set.
std::filesystem::path hub_cache_folder();

// A local file or folder of that name wins; else the cache is searched. Throws kInput (exit code 1) naming the
// repository, revision or subfolder that is missing and the `hf download` command that gets it.
ModelLocation locate_model(const std::string& name_or_path);
inline std::filesystem::path resolve_model(const std::string& name_or_path) {
  return locate_model(name_or_path).path;
}
// The same for a dataset ("datasets--org--name" in the cache).
ModelLocation locate_dataset(const std::string& name_or_path);
// One file of a repository ("org/name"); the path may have folders.
std::filesystem::path resolve_file(const std::string& repo, const std::string& file,
                                   const std::string& revision = "main");

// Throws kInput naming every file of `files` that the folder lacks, with the command that gets them if it came from
// the hub. Does nothing where the location is a single file.
void require_files(const ModelLocation& location, const std::vector<std::string>& files);
// The same for a language model in the Hugging Face layout: config.json, tokenizer.json, and the weights with every
// shard that their index names.
void require_model_files(const ModelLocation& location);

// "hf download org/name [--repo-type dataset] file ... --revision r" (no revision for main).
std::string download_command(const HubName& name, const std::vector<std::string>& files = {});

}  // namespace c2c
