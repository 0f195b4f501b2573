// A fuser: the projectors of one sharer-receiver pair and which layers they join. Files: the reference's checkpoint
// folder (projector_i.json + .pt, projector_config.json, recipe config.json one folder up), or fuser.safetensors +
// manifest.json + SHA256SUMS.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "c2c/base/log.h"
#include "c2c/fuser/projector.h"
#include "c2c/tensor/nn/linear.h"

namespace c2c {

class ContentHash;

// Receiver layer <- sharer layer through a projector. The reference allows several pairs per receiver layer and uses
// the first; the others are kept for writing back.
struct LayerLink {
  std::int64_t sharer_layer = 0;
  std::int64_t projector = 0;
};
using LayerMap = std::map<std::int64_t, std::vector<LayerLink>>;  // receiver layer -> links

// What the training recipe next to the checkpoint says about use; absent fields were not said.
struct FuserRecipe {
  std::string receiver, sharer;  // Hugging Face ids
  std::optional<bool> align;
  std::optional<std::string> alignment_strategy, fusion_mode;
  std::optional<bool> include_response;
  std::string text;  // the recipe file as it was read (JSON or YAML), for writing back; empty: there was none
};

struct Fuser {
  std::string source;
  std::vector<std::shared_ptr<Projector>> projectors;
  LayerMap layers;
  FuserRecipe recipe;
  std::int64_t sharer_index = 1;  // the sharer's number in projector_config.json; the receiver's is 0

  // Smallest number of sharer layers that must run (1 + highest mapped open one); 0 when every gate is shut.
  std::int64_t sharer_layers_needed() const;
  // For inference: the projectors' large linear layers are packed from now on (classes that offer them), in
  // fuser_format(format). They cannot be trained or saved after.
  void pack(WeightFormat format);
  // Adds all that shapes what this fuser writes.
  void fingerprint(ContentHash& hash) const;
  // Bytes of all projectors as they are held.
  std::int64_t bytes() const;
  // Throws kInput naming the projector and both shapes where it does not fit the pair.
  void check_geometry(const KvGeometry& receiver, const KvGeometry& sharer) const;
};

struct FuserLoadOptions {
  at::ScalarType dtype = at::kBFloat16;
  at::Device device = at::kCPU;
  bool allow_missing = false;  // the reference's non-strict load: missing tensors keep their initial draw, left-over
                               // ones are dropped; both with a warning
  bool keep_dtype = false;     // the file's own element types instead of `dtype` (conversion, inspection)
  bool verify = true;          // compare SHA256SUMS and the manifest's checksum (fuser.safetensors form)
};

// `path`: the folder with projector_*.pt, its parent (then `subfolder` is looked up), a run folder of ours
// (fuser.safetensors + manifest.json), or the file fuser.safetensors.
// A checkpoint that joins several sharers is an error here that names load_fusers.
std::shared_ptr<Fuser> load_fuser(const std::filesystem::path& path, const FuserLoadOptions& options,
                                  const std::string& subfolder = "final");
// One fuser per sharer of the checkpoint, by sharer_index; they share the list of projectors.
std::vector<std::shared_ptr<Fuser>> load_fusers(const std::filesystem::path& path, const FuserLoadOptions& options,
                                                const std::string& subfolder = "final");
// fuser.safetensors, manifest.json, SHA256SUMS (in this order, each aside and renamed): safetensors_checkpoint.h.
void save_fuser_safetensors(const Fuser& fuser, const std::filesystem::path& folder);
// folder/subfolder/projector_<i>.{json,pt} and projector_config.json, and the recipe as folder/config.json where the
// fuser knows one and none is there. Empty `subfolder`: straight into folder, without recipe (training checkpoints).
void save_fuser_reference(const Fuser& fuser, const std::filesystem::path& folder,
                          const std::string& subfolder = "final");

// The same for the fusers of several sharers, which share one list of projectors (load_fusers).
void save_fusers_reference(const std::vector<std::shared_ptr<Fuser>>& fusers, const std::filesystem::path& folder,
                           const std::string& subfolder = "final");

// Layer mappings of the reference (spec/training.md 6): for every receiver layer its k source layers, best first.
std::vector<std::vector<std::int64_t>> last_aligned_sources(std::int64_t targets, std::int64_t sources,
                                                            std::int64_t k = 1);
std::vector<std::vector<std::int64_t>> k_nearest_sources(std::int64_t targets, std::int64_t sources,
                                                         std::int64_t k = 1);

// How a fuser is held beside models held in `format`: never in 4 bits. It is read once a prompt and not once a token,
// so that fewer bytes would save no time.
constexpr WeightFormat fuser_format(WeightFormat format) {
  return format == WeightFormat::kQ4 ? WeightFormat::kQ8 : format;
}

}  // namespace c2c
