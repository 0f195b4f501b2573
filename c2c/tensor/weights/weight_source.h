// Named tensors of a model or fuser, whatever the file: safetensors (sharded too), GGUF, .pt. Names are the file's own.
#pragma once
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/io/formats/descriptor.h"

namespace c2c {

class GgufFile;

class WeightSource {
 public:
  virtual ~WeightSource() = default;
  virtual const std::string& name() const = 0;                 // file or folder, for messages
  virtual const std::vector<TensorInfo>& tensors() const = 0;  // every tensor, in file order
  virtual const TensorInfo* find(std::string_view tensor) const = 0;
  // A fresh, contiguous CPU tensor converted to `dtype` (float32 or bfloat16 or float64), block by block: no second
  // full-size copy is made, and mapped pages are released after.
  virtual at::Tensor load(const TensorInfo& tensor, at::ScalarType dtype) const = 0;
  // Nobody will read this tensor's bytes soon: mapped pages may go.
  virtual void release(const TensorInfo& tensor) const = 0;
};

// Folder (model.safetensors or its index + shards, else pytorch .pt / .bin) or a single .safetensors, .gguf or .pt
// file.
std::shared_ptr<WeightSource> open_weights(const std::filesystem::path& path);
std::shared_ptr<WeightSource> weights_from_gguf(std::string name, std::shared_ptr<const GgufFile> file);
// Tensors in memory (tests, random initialisation).
std::shared_ptr<WeightSource> weights_from_tensors(std::string name,
                                                   std::vector<std::pair<std::string, at::Tensor>> tensors);

// TensorInfo view of a CPU tensor's bytes (it must be contiguous and outlive the view).
TensorInfo describe(const std::string& name, const at::Tensor& tensor);
// What is about to be written: contiguous CPU copies of tensors (or views, where they are that already).
struct NamedTensors {
  std::vector<at::Tensor> tensors;  // keep the bytes that `infos` point to
  std::vector<TensorInfo> infos;
  void add(const std::string& name, const at::Tensor& tensor);
};
at::ScalarType scalar_type_of(DType type);  // of the float and integer types; block types give kFloat
DType dtype_of(at::ScalarType type);

}  // namespace c2c
