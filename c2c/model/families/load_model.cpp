// Folder or GGUF file to a model in memory. Every name and shape is checked on a model of the meta device before the
// first weight is read; then each tensor is read straight into its final type.
#include <ATen/ATen.h>

#include <sstream>
#include <unordered_set>

#include "c2c/base/error.h"
#include "c2c/io/formats/gguf.h"
#include "c2c/io/formats/source.h"
#include "c2c/model/families/causal_lm.h"
#include "c2c/model/families/decoder.h"
#include "c2c/model/families/load_sharer.h"
#include "c2c/model/families/weight_names.h"
#include "c2c/tensor/weights/weight_source.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using NameOf = std::function<FileTensor(const std::string& parameter)>;

enum class Head { kLoaded, kDropped };
constexpr std::string_view kTable = "model.embed_tokens.weight", kHead = "lm_head.weight";

struct PlannedTensor {
  ParameterRef parameter;
  FileTensor file;
  const TensorInfo* info = nullptr;
};

std::string shape_text(at::IntArrayRef shape) {
  std::ostringstream text;
  text << shape;
  return text.str();
}

bool holds_numbers(DType type) {
  return dtype_is_quantized(type) || type == DType::kF64 || type == DType::kF32 || type == DType::kF16 ||
         type == DType::kBF16;
}

void check_left_over(const ModelConfig& config, const WeightSource& weights,
                     const std::unordered_set<std::string>& used) {
  std::string first;
  std::size_t count = 0;
  for (const TensorInfo& info : weights.tensors()) {
    if (used.contains(info.name) || may_be_left_over(config, info.name)) continue;
    if (count++ == 0) first = info.name;
  }
  if (count == 0) return;
  const std::string more = count > 1 ? " (and " + std::to_string(count - 1) + " more)" : "";
  fail_input({.where = weights.name(),
              .key = first,
              .found = "a tensor that the model has no place for" + more,
              .expected = "only tensors of a " + family_name(config.family) + " model of " +
                          std::to_string(config.layers) + " layers",
              .hint = "the weights and " + config.source + " belong to different models"});
}

std::vector<PlannedTensor> plan(CausalLm& model, const WeightSource& weights, const NameOf& name_of) {
  std::vector<PlannedTensor> planned;
  std::unordered_set<std::string> used;
  model.visit("", [&](const ParameterRef& parameter) {
    PlannedTensor tensor{parameter, name_of(parameter.name)};
    const std::string expected = shape_text(parameter.tensor->sizes()) + " as " + model.config().source + " says";
    tensor.info = weights.find(tensor.file.name);
    if (tensor.info == nullptr)
      fail_input({.where = weights.name(), .key = tensor.file.name, .found = "no such tensor", .expected = expected});
    if (parameter.tensor->sizes() != at::IntArrayRef(tensor.info->shape))
      fail_input({.where = weights.name(),
                  .key = tensor.file.name,
                  .found = "shape " + shape_text(tensor.info->shape),
                  .expected = expected});
    if (!holds_numbers(tensor.info->dtype))
      fail_input({.where = weights.name(),
                  .key = tensor.file.name,
                  .found = std::string(dtype_name(tensor.info->dtype)),
                  .expected = "floating point weights",
                  .hint = "weights that were quantised in this format are not supported; a GGUF file is"});
    used.insert(tensor.file.name);
    planned.push_back(std::move(tensor));
  });
  check_left_over(model.config(), weights, used);
  return planned;
}

at::Tensor load_tensor(const WeightSource& weights, const PlannedTensor& planned, at::ScalarType dtype) {
  switch (planned.file.stored) {
    case FileTensor::Stored::kAsIs:
      break;
    case FileTensor::Stored::kPlusOne:
      return (weights.load(*planned.info, at::kFloat) - 1.0).to(dtype);
    case FileTensor::Stored::kPermuted: {
      const at::Tensor permuted = weights.load(*planned.info, dtype);
      return permuted.unflatten(0, {planned.file.heads, -1, 2}).transpose(1, 2).reshape(permuted.sizes());
    }
  }
  return weights.load(*planned.info, dtype);
}

// Row r of a permuted matrix in the file's order: every head's rows 0, D/2, 1, D/2 + 1, ...
std::vector<std::int64_t> row_order(const PlannedTensor& planned) {
  if (planned.file.stored != FileTensor::Stored::kPermuted) return {};
  const std::int64_t rows = planned.info->shape[0], size = rows / planned.file.heads;
  std::vector<std::int64_t> order;
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t head = row / size, in_head = row % size;
    order.push_back(head * size + in_head % (size / 2) * 2 + in_head / (size / 2));
  }
  return order;
}

// False: this tensor is not one that is packed.
bool pack_tensor(Decoder& model, const WeightSource& weights, const PlannedTensor& planned, WeightFormat format) {
  const Decoder::Packable place = model.packable(planned.parameter.name, format);
  if (place.layer == nullptr) return false;
  place.layer->pack_blocks(*planned.info, place.format, row_order(planned));
  weights.release(*planned.info);  // the file's pages are not needed again
  return true;
}

// One row of a table that lies in the file row by row.
RowReader row_reader(std::shared_ptr<const WeightSource> weights, const TensorInfo& table, at::ScalarType dtype) {
  return [weights = std::move(weights), table, dtype](std::int64_t id) {
    TensorInfo row = table;
    row.shape = {table.shape[1]};
    const std::size_t bytes = table.data.size() / static_cast<std::size_t>(table.shape[0]);
    row.data = table.data.subspan(static_cast<std::size_t>(id) * bytes, bytes);
    return weights->load(row, dtype);
  };
}

void load_weights(CausalLm& model, const std::shared_ptr<WeightSource>& source, const NameOf& name_of,
                  const LoadOptions& options, Head head) {
  const WeightSource& weights = *source;
  std::vector<PlannedTensor> planned = plan(model, weights, name_of);
  if (head == Head::kDropped) {
    for (const PlannedTensor& tensor : planned)
      if (tensor.parameter.name == kTable)
        dynamic_cast<Decoder&>(model).drop_head(row_reader(source, *tensor.info, options.dtype));
    std::erase_if(planned, [](const PlannedTensor& tensor) {
      return tensor.parameter.name == kTable || tensor.parameter.name == kHead;
    });
  }
  double total = 0, done = 0;
  for (const PlannedTensor& tensor : planned) total += static_cast<double>(tensor.info->data.size());
  for (const PlannedTensor& tensor : planned) {
    if (!options.weights || !pack_tensor(dynamic_cast<Decoder&>(model), weights, tensor, *options.weights))
      *tensor.parameter.tensor = load_tensor(weights, tensor, options.dtype).to(options.device);
    done += static_cast<double>(tensor.info->data.size());
    if (options.progress) options.progress("loading " + weights.name(), done, total);
  }
}

std::unique_ptr<CausalLm> load_folder(const fs::path& folder, const LoadOptions& options, Head head) {
  const fs::path config_path = folder / "config.json", generation_path = folder / "generation_config.json";
  if (!fs::exists(config_path))
    fail_input({.where = folder.string(),
                .key = "config.json",
                .found = "no such file",
                .expected = "a model folder in the Hugging Face layout, or a .gguf file",
                .hint = {}});
  const ModelConfig config =
      config_from_json(config_path.string(), read_text_file(config_path),
                       fs::exists(generation_path) ? read_text_file(generation_path) : std::string());
  auto model = make_model(config, at::TensorOptions(options.dtype).device(at::kMeta));
  const auto weights = open_weights(folder);
  load_weights(*model, weights, HubNames(*weights), options, head);
  return model;
}

std::unique_ptr<CausalLm> load_gguf(const fs::path& path, const LoadOptions& options, Head head) {
  const auto file = std::make_shared<const GgufFile>(GgufFile::open(map_file(path)));
  const ModelConfig config = config_from_gguf(path.string(), *file);
  auto model = make_model(config, at::TensorOptions(options.dtype).device(at::kMeta));
  const auto weights = weights_from_gguf(path.string(), file);
  load_weights(
      *model, weights, [&](const std::string& parameter) { return gguf_tensor(config, parameter); }, options, head);
  return model;
}

std::unique_ptr<CausalLm> load(const fs::path& path, const LoadOptions& options, Head head) {
  if (fs::is_directory(path) || path.extension() == ".gguf") {
    auto model = fs::is_directory(path) ? load_folder(path, options, head) : load_gguf(path, options, head);
    model->set_kv_format(options.kv);
    return model;
  }
  fail_input({.where = path.string(),
              .key = {},
              .found = fs::exists(path) ? "a file that is not .gguf" : "nothing there",
              .expected = "a model folder in the Hugging Face layout, or a .gguf file",
              .hint = {}});
}

}  // namespace

std::unique_ptr<CausalLm> load_model(const fs::path& path, const LoadOptions& options) {
  return load(path, options, Head::kLoaded);
}

std::unique_ptr<CausalLm> load_sharer(const fs::path& path, const LoadOptions& options) {
  return load(path, options, Head::kDropped);
}

}  // namespace c2c
