#include "c2c/tensor/weights/weight_source.h"

#include <ATen/core/Tensor.h>

#include <cstring>
#include <set>
#include <utility>

#include "c2c/base/error.h"
#include "c2c/io/formats/gguf.h"
#include "c2c/io/formats/safetensors.h"
#include "c2c/io/formats/torch_archive.h"
#include "c2c/tensor/weights/parts.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

template <class File>
WeightPart part_of(File file, std::shared_ptr<ByteSource> source) {
  auto owner = std::make_shared<const File>(std::move(file));
  const auto* tensors = &owner->tensors();
  return {std::move(owner), std::move(source), tensors};
}

// The first bytes decide, not the name: hub caches hold blobs without an extension. Files of PyTorch before 1.6 (a bare
// pickle) go to TorchArchive, which says what to do about them.
WeightPart open_file(const fs::path& path) {
  const auto source = map_file(path);
  const Bytes bytes = source->bytes();
  const auto begins_with = [&](std::string_view magic) {
    return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
  };
  if (begins_with("GGUF")) return part_of(GgufFile::open(source), source);
  const std::string extension = path.extension().string();
  const bool torch_name = extension == ".pt" || extension == ".pth" || extension == ".bin";
  if (begins_with("PK\3\4") || torch_name) return part_of(TorchArchive::open(source), source);
  return part_of(SafetensorsFile::open(source), source);
}

// Every file an index names, each once; then every tensor it promises must be there.
std::shared_ptr<WeightSource> open_shards(const fs::path& folder, const fs::path& index_json) {
  const auto shards = read_shard_index(index_json);
  std::set<std::string> files;
  for (const auto& [tensor, file] : shards) files.insert(file);
  std::vector<WeightPart> parts;
  for (const std::string& file : files) parts.push_back(open_file(folder / file));
  auto weights = std::make_shared<PartsWeightSource>(folder.string(), std::move(parts));
  for (const auto& [tensor, file] : shards)
    if (weights->find(tensor) == nullptr)
      fail_input({.where = (folder / file).string(),
                  .key = tensor,
                  .found = "no such tensor",
                  .expected = "the tensor that " + index_json.filename().string() + " promises there"});
  return weights;
}

std::shared_ptr<WeightSource> open_folder(const fs::path& folder) {
  for (const char* stem : {"model.safetensors", "pytorch_model.bin"}) {
    const fs::path file = folder / stem;
    const fs::path index = folder / (std::string(stem) + ".index.json");
    if (fs::exists(file))
      return std::make_shared<PartsWeightSource>(folder.string(), std::vector<WeightPart>{open_file(file)});
    if (fs::exists(index)) return open_shards(folder, index);
  }
  fail_input({.where = folder.string(),
              .found = "no weights",
              .expected = "model.safetensors, model.safetensors.index.json with its shards, or pytorch_model.bin",
              .hint = "name a model folder in the Hugging Face layout, or a .safetensors, .gguf or .pt file"});
}

}  // namespace

std::shared_ptr<WeightSource> open_weights(const fs::path& path) {
  if (fs::is_directory(path)) return open_folder(path);
  return std::make_shared<PartsWeightSource>(path.string(), std::vector<WeightPart>{open_file(path)});
}

std::shared_ptr<WeightSource> weights_from_gguf(std::string name, std::shared_ptr<const GgufFile> file) {
  const auto* tensors = &file->tensors();
  auto source = file->source();
  return std::make_shared<PartsWeightSource>(std::move(name),
                                             std::vector<WeightPart>{{std::move(file), std::move(source), tensors}});
}

std::shared_ptr<WeightSource> weights_from_tensors(std::string name,
                                                   std::vector<std::pair<std::string, at::Tensor>> tensors) {
  struct Owner {
    std::vector<at::Tensor> tensors;
    std::vector<TensorInfo> infos;
  };
  auto owner = std::make_shared<Owner>();
  for (auto& [tensor_name, tensor] : tensors) {
    owner->tensors.push_back(tensor.detach().cpu().contiguous());
    owner->infos.push_back(describe(tensor_name, owner->tensors.back()));
  }
  const auto* infos = &owner->infos;
  return std::make_shared<PartsWeightSource>(std::move(name),
                                             std::vector<WeightPart>{{std::move(owner), nullptr, infos}});
}

TensorInfo describe(const std::string& name, const at::Tensor& tensor) {
  C2C_CHECK(tensor.device().is_cpu() && tensor.is_contiguous(), "describe wants a contiguous CPU tensor");
  TensorInfo info;
  info.name = name;
  info.dtype = dtype_of(tensor.scalar_type());
  info.shape.assign(tensor.sizes().begin(), tensor.sizes().end());
  info.data = {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()};
  return info;
}

at::ScalarType scalar_type_of(DType type) {
  switch (type) {
    case DType::kF64:
      return at::kDouble;
    case DType::kF16:
      return at::kHalf;
    case DType::kBF16:
      return at::kBFloat16;
    case DType::kI64:
      return at::kLong;
    case DType::kI32:
      return at::kInt;
    case DType::kI16:
      return at::kShort;
    case DType::kI8:
      return at::kChar;
    case DType::kU8:
      return at::kByte;
    case DType::kBool:
      return at::kBool;
    default:
      return at::kFloat;  // float32 and the block types
  }
}

DType dtype_of(at::ScalarType type) {
  for (const DType candidate : {DType::kF64, DType::kF32, DType::kF16, DType::kBF16, DType::kI64, DType::kI32,
                                DType::kI16, DType::kI8, DType::kU8, DType::kBool})
    if (scalar_type_of(candidate) == type) return candidate;
  fail_input({.where = "tensor", .found = c10::toString(type), .expected = "a type that tensor files can hold"});
}

void NamedTensors::add(const std::string& name, const at::Tensor& tensor) {
  tensors.push_back(tensor.detach().cpu().contiguous());
  infos.push_back(describe(name, tensors.back()));
}

}  // namespace c2c
