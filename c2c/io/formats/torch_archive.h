// PyTorch .pt state dicts: a stored zip with a pickle of name -> tensor. Our own reader runs a fixed list of opcodes
// and knows three kinds of globals (OrderedDict, _rebuild_tensor_v2 / _rebuild_parameter, <T>Storage): no code is
// executed.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/io/formats/descriptor.h"
#include "c2c/io/formats/source.h"

namespace c2c {

class TorchArchive {
 public:
  // Tensors must be contiguous in their storage or are copied to be so; file order is kept. Nested dicts, lists and
  // scalars are skipped unless they hold tensors (then names are joined with '.'). Throws kInput for every other file:
  // compressed or damaged zips, files from before PyTorch 1.6, other globals, sizes that do not add up, views that
  // overlap themselves or leave their storage.
  static TorchArchive open(std::shared_ptr<ByteSource> source);

  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  const TensorInfo* find(std::string_view name) const;

 private:
  std::shared_ptr<ByteSource> source_;
  std::vector<TensorInfo> tensors_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::vector<std::vector<std::byte>> owned_;  // tensors that had to be made contiguous
};

// Written so that Python's torch.load(weights_only=True) accepts it: an OrderedDict of CPU tensors.
void write_torch_archive(const std::filesystem::path& path, const std::vector<TensorInfo>& tensors);

}  // namespace c2c
