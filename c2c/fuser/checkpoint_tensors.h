// Tensors of a checkpoint into projectors and back, with an account of what was missing and what was left over.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "c2c/fuser/fuser.h"
#include "c2c/tensor/weights/weight_source.h"

namespace c2c {

// A projector as a checkpoint describes it: {"class": ..., "init_args": {...}}. Its parameters take no memory yet,
// unless `allow_missing` wants their initial draw. `where` names the file in errors.
std::unique_ptr<Projector> projector_from_json(const nlohmann::ordered_json& object, const std::string& where,
                                               bool allow_missing);
nlohmann::ordered_json projector_to_json(const Projector& projector);

class TensorFiller {
 public:
  TensorFiller(std::shared_ptr<WeightSource> source, const FuserLoadOptions& options)
      : source_(std::move(source)), options_(options) {}

  // Fills every parameter from the tensor `prefix` + name; shapes must be equal. `through`: the type the values are
  // rounded to first (the reference loads into the module's own type, then casts).
  void fill(Projector& projector, const std::string& prefix, std::optional<at::ScalarType> through);
  // Reports missing and left-over tensors together: an error, or a warning where the options allow them.
  void finish() const;

 private:
  at::Tensor load(const TensorInfo& info, const at::Tensor& slot, std::optional<at::ScalarType> through) const;

  std::shared_ptr<WeightSource> source_;
  FuserLoadOptions options_;
  std::set<std::string> used_;
  std::vector<std::string> missing_;
};

// A projector's parameters under `prefix` + name, in state-dict order.
void add_tensors(NamedTensors& named, Projector& projector, const std::string& prefix);

// Runs `body`; an error it throws gets the file in front of its place.
void with_file_in_errors(const std::string& file, const std::function<void()>& body);

}  // namespace c2c
