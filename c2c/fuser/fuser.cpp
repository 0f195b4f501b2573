#include "c2c/fuser/fuser.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "c2c/base/content_hash.h"
#include "c2c/base/error.h"
#include "c2c/fuser/reference_checkpoint.h"
#include "c2c/fuser/safetensors_checkpoint.h"
#include "c2c/tensor/nn/hash_tensor.h"
#include "c2c/tensor/nn/linear.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

std::string describe_geometry(const KvGeometry& geometry) {
  return std::to_string(geometry.kv_heads) + " KV heads of size " + std::to_string(geometry.head_dim);
}

void check_side(const std::string& where, const std::string& key, const std::string& who, const KvGeometry& model,
                const KvGeometry& projector) {
  if (model.kv_heads == projector.kv_heads && model.head_dim == projector.head_dim) return;
  fail_input({.where = where,
              .key = key,
              .found = "a projector for a " + who + " with " + describe_geometry(projector),
              .expected = describe_geometry(model) + ", which the " + who + " has",
              .hint = "this fuser was trained for another pair of models"});
}

std::vector<std::shared_ptr<Fuser>> load_folder(const fs::path& folder, const FuserLoadOptions& options) {
  if (is_safetensors_checkpoint(folder)) return {load_safetensors_checkpoint(folder, options)};
  return load_reference_checkpoint(folder, options);
}

bool is_checkpoint(const fs::path& folder) {
  return is_safetensors_checkpoint(folder) || is_reference_checkpoint(folder);
}

}  // namespace

std::int64_t Fuser::sharer_layers_needed() const {
  std::int64_t layers_needed = 0;
  for (const auto& [layer, links] : layers)
    if (!links.empty() && !projectors[static_cast<std::size_t>(links[0].projector)]->is_closed())
      layers_needed = std::max(layers_needed, links[0].sharer_layer + 1);
  return layers_needed;
}

void Fuser::pack(WeightFormat format) {
  format = fuser_format(format);
  for (const auto& projector : projectors)
    projector->visit_linears("", [&](const std::string&, Linear& linear) {
      if (!linear.is_packed()) linear.pack(format);
    });
}

void Fuser::fingerprint(ContentHash& hash) const {
  for (const auto& [layer, links] : layers) {
    hash.add(layer);
    if (links.empty()) continue;
    hash.add(links.front().sharer_layer);
    hash.add(links.front().projector);
  }
  for (const auto& projector : projectors) {
    hash.add(std::string_view(projector->class_name()));
    hash.add(projector->init_args().dump());
    projector->visit("", [&](const ParameterRef& ref) {
      hash.add(ref.name);
      hash_tensor(hash, *ref.tensor);
    });
    projector->visit_linears("", [&](const std::string&, const Linear& linear) { hash.add(linear.packed_bytes()); });
  }
}

std::int64_t Fuser::bytes() const {
  std::int64_t total = 0;
  for (const auto& projector : projectors) {
    projector->visit("", [&](const ParameterRef& ref) { total += static_cast<std::int64_t>(ref.tensor->nbytes()); });
    projector->visit_linears("", [&](const std::string&, const Linear& linear) {
      total += static_cast<std::int64_t>(linear.packed_bytes().size());
    });
  }
  return total;
}

void Fuser::check_geometry(const KvGeometry& receiver, const KvGeometry& sharer) const {
  for (const auto& [layer, links] : layers)
    for (const auto& link : links) {
      const std::string key = "projector_" + std::to_string(link.projector) + " (receiver layer " +
                              std::to_string(layer) + " <- sharer layer " + std::to_string(link.sharer_layer) + ")";
      C2C_CHECK(link.projector >= 0 && link.projector < std::ssize(projectors), "a layer link names no projector");
      const Projector& projector = *projectors[static_cast<std::size_t>(link.projector)];
      if (layer >= receiver.layers || link.sharer_layer >= sharer.layers)
        fail_input({.where = source,
                    .key = key,
                    .found = "a layer map for deeper models",
                    .expected = "a receiver of " + std::to_string(receiver.layers) + " layers and a sharer of " +
                                std::to_string(sharer.layers),
                    .hint = "this fuser was trained for another pair of models"});
      check_side(source, key, "receiver", receiver, projector.receiver_geometry());
      check_side(source, key, "sharer", sharer, projector.sharer_geometry());
    }
}

std::vector<std::shared_ptr<Fuser>> load_fusers(const fs::path& path, const FuserLoadOptions& options,
                                                const std::string& subfolder) {
  if (path.filename() == "fuser.safetensors" && fs::is_regular_file(path))
    return {load_safetensors_checkpoint(path.parent_path(), options)};
  if (!fs::is_directory(path))
    fail_input({.where = path.string(),
                .found = fs::exists(path) ? "a file" : "no such folder",
                .expected = "a fuser's folder or its fuser.safetensors"});
  for (const fs::path& folder : {path, path / subfolder})
    if (is_checkpoint(folder)) return load_folder(folder, options);
  fail_input({.where = path.string(),
              .found = "neither fuser.safetensors nor projector_0.pt, also not in its subfolder \"" + subfolder + "\"",
              .expected = "a fuser checkpoint",
              .hint = "name the folder that holds these files"});
}

std::shared_ptr<Fuser> load_fuser(const fs::path& path, const FuserLoadOptions& options, const std::string& subfolder) {
  auto fusers = load_fusers(path, options, subfolder);
  if (fusers.size() != 1)
    fail_input({.where = path.string(),
                .key = "projector_config.json",
                .found = std::to_string(fusers.size()) + " sharers",
                .expected = "one sharer",
                .hint = "use load_fusers and choose by sharer_index"});
  return std::move(fusers.front());
}

}  // namespace c2c
