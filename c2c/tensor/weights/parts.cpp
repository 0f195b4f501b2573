#include "c2c/tensor/weights/parts.h"

#include <utility>

#include "c2c/base/error.h"
#include "c2c/tensor/weights/convert.h"

namespace c2c {

PartsWeightSource::PartsWeightSource(std::string name, std::vector<WeightPart> parts)
    : name_(std::move(name)), parts_(std::move(parts)) {
  for (const WeightPart& part : parts_)
    for (const TensorInfo& info : *part.tensors) {
      if (!index_.emplace(info.name, Place{tensors_.size(), part.source.get()}).second)
        fail_input({.where = name_, .key = info.name, .found = "the tensor twice", .expected = "unique names"});
      tensors_.push_back(info);
    }
}

const TensorInfo* PartsWeightSource::find(std::string_view tensor) const {
  const auto found = index_.find(tensor);
  return found == index_.end() ? nullptr : &tensors_[found->second.index];
}

void PartsWeightSource::release(const TensorInfo& tensor) const {
  const auto found = index_.find(tensor.name);
  if (found != index_.end() && found->second.source != nullptr) found->second.source->release(tensor.data);
}

at::Tensor PartsWeightSource::load(const TensorInfo& tensor, at::ScalarType dtype) const {
  const auto found = index_.find(tensor.name);
  const ByteSource* source = found == index_.end() ? nullptr : found->second.source;
  return convert_tensor(tensor, dtype, [source](Bytes part) {
    if (source != nullptr) source->release(part);
  });
}

}  // namespace c2c
