// Safetensors (https://github.com/huggingface/safetensors): 8 bytes header length, JSON header, tensor bytes.
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

class SafetensorsFile {
 public:
  // Checks header size, JSON, dtypes, offsets (in bounds, no overlap, no hole, sizes equal shape x element) and names.
  static SafetensorsFile open(std::shared_ptr<ByteSource> source);

  const std::vector<TensorInfo>& tensors() const { return tensors_; }  // in file order (by offset)
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const TensorInfo* find(std::string_view name) const;
  const std::shared_ptr<ByteSource>& source() const { return source_; }

 private:
  std::shared_ptr<ByteSource> source_;
  std::vector<TensorInfo> tensors_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::map<std::string, std::string> metadata_;
};

// Plain element types only (no block types); what stands at `path` is replaced when all is written. Tensors keep their
// order among those of the same element size.
void write_safetensors(const std::filesystem::path& path, const std::vector<TensorInfo>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

// Folder with model.safetensors, or model.safetensors.index.json and its shards: tensor name -> file name.
// Throws naming the missing shard.
std::map<std::string, std::string> read_shard_index(const std::filesystem::path& index_json);

}  // namespace c2c
