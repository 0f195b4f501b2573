// The one WeightSource behind every file kind: tensors of one or several byte owners under unique names.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "c2c/io/formats/source.h"
#include "c2c/tensor/weights/weight_source.h"

namespace c2c {

// A file object (or tensors) that keeps the bytes behind `tensors` alive.
struct WeightPart {
  std::shared_ptr<const void> owner;
  std::shared_ptr<ByteSource> source;  // where pages are given back; null: nowhere
  const std::vector<TensorInfo>* tensors = nullptr;
};

class PartsWeightSource final : public WeightSource {
 public:
  // Throws kInput where two parts hold a tensor of the same name.
  PartsWeightSource(std::string name, std::vector<WeightPart> parts);

  const std::string& name() const override { return name_; }
  const std::vector<TensorInfo>& tensors() const override { return tensors_; }
  const TensorInfo* find(std::string_view tensor) const override;
  at::Tensor load(const TensorInfo& tensor, at::ScalarType dtype) const override;
  void release(const TensorInfo& tensor) const override;

 private:
  struct Place {
    std::size_t index;
    const ByteSource* source;
  };

  std::string name_;
  std::vector<WeightPart> parts_;
  std::vector<TensorInfo> tensors_;
  std::map<std::string, Place, std::less<>> index_;
};

}  // namespace c2c
