// GGUF v2/v3 files (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): metadata and tensor descriptors.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "c2c/io/formats/descriptor.h"
#include "c2c/io/formats/source.h"

namespace c2c {

// Integers of every width arrive as int64 (uint64 past 2^63 is refused), floats as double.
using GgufValue = std::variant<std::int64_t, double, bool, std::string, std::vector<std::int64_t>, std::vector<double>,
                               std::vector<bool>, std::vector<std::string>>;

class GgufFile {
 public:
  static GgufFile open(std::shared_ptr<ByteSource> source);

  const std::map<std::string, GgufValue>& metadata() const { return metadata_; }
  const std::vector<TensorInfo>& tensors() const { return tensors_; }  // shapes in PyTorch's order
  const std::shared_ptr<ByteSource>& source() const { return source_; }

  // Typed look-up; nullptr or nullopt when absent, throws (file, key, found, expected) when of another type.
  const std::string* find_string(const std::string& key) const;
  std::optional<std::int64_t> find_int(const std::string& key) const;
  std::optional<double> find_float(const std::string& key) const;  // accepts integers too
  std::optional<bool> find_bool(const std::string& key) const;
  const std::vector<std::string>* find_strings(const std::string& key) const;
  const std::vector<std::int64_t>* find_ints(const std::string& key) const;
  const std::vector<double>* find_floats(const std::string& key) const;

 private:
  std::shared_ptr<ByteSource> source_;
  std::map<std::string, GgufValue> metadata_;
  std::vector<TensorInfo> tensors_;
};

}  // namespace c2c
