#include "c2c/fuser/checkpoint_tensors.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "c2c/base/error.h"
#include "c2c/base/log.h"
#include "c2c/fuser/object_json.h"
#include "c2c/fuser/parameters.h"

namespace c2c {
namespace {

// The first few names, so that a wrong file does not print a thousand.
std::string list_names(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < 8; ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > 8) text += " and " + std::to_string(names.size() - 8) + " more";
  return text;
}

std::string shape_words(at::IntArrayRef shape) {
  std::ostringstream out;
  out << shape;
  return out.str();
}

}  // namespace

void with_file_in_errors(const std::string& file, const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    ErrorInfo info = error.info();
    if (info.where == file) throw;
    if (info.where.empty() && info.key.empty() && info.found.empty()) info.found = error.what();
    info.where = info.where.empty() ? file : file + " (" + info.where + ")";
    throw Error(error.kind(), std::move(info));
  }
}

std::unique_ptr<Projector> projector_from_json(const nlohmann::ordered_json& object, const std::string& where,
                                               bool allow_missing) {
  const auto type = object.is_object() ? object.find("class") : object.end();
  if (!object.is_object() || type == object.end() || !type->is_string())
    fail_input({.where = where,
                .key = "class",
                .found = excerpt(object),
                .expected = R"({"class": name, "init_args": {...}})"});
  const auto args = object.find("init_args");
  std::unique_ptr<Projector> projector;
  with_file_in_errors(where, [&] {
    std::optional<ShapesOnly> shapes_only;
    if (!allow_missing) shapes_only.emplace();
    projector = make_projector(type->get<std::string>(), args == object.end() ? nlohmann::ordered_json() : *args);
  });
  return projector;
}

nlohmann::ordered_json projector_to_json(const Projector& projector) {
  return {{"class", projector.class_name()}, {"init_args", projector.init_args()}};
}

at::Tensor TensorFiller::load(const TensorInfo& info, const at::Tensor& slot,
                              std::optional<at::ScalarType> through) const {
  if (slot.sizes() != at::IntArrayRef(info.shape))
    fail_input({.where = source_->name(),
                .key = info.name,
                .found = "shape " + shape_words(info.shape),
                .expected = shape_words(slot.sizes()),
                .hint = "the tensor file and the projector's arguments are not of one fuser"});
  const auto stored = scalar_type_of(info.dtype);
  if (dtype_is_quantized(info.dtype) || !at::isFloatingType(stored))
    fail_input({.where = source_->name(),
                .key = info.name,
                .found = "element type " + std::string(dtype_name(info.dtype)),
                .expected = "a floating type"});
  const auto wanted = options_.keep_dtype ? through.value_or(stored) : options_.dtype;
  return source_->load(info, through.value_or(wanted)).to(options_.device, wanted);
}

void TensorFiller::fill(Projector& projector, const std::string& prefix, std::optional<at::ScalarType> through) {
  projector.visit(prefix, [&](const ParameterRef& ref) {
    const TensorInfo* info = source_->find(ref.name);
    if (info == nullptr) {
      missing_.push_back(ref.name);
      if (!ref.tensor->is_meta()) *ref.tensor = ref.tensor->detach().to(options_.device, options_.dtype);
      return;
    }
    used_.insert(ref.name);
    *ref.tensor = load(*info, *ref.tensor, through);
  });
}

void TensorFiller::finish() const {
  std::vector<std::string> extra;
  for (const auto& info : source_->tensors())
    if (!used_.contains(info.name)) extra.push_back(info.name);
  if (missing_.empty() && extra.empty()) return;
  std::string found;
  if (!missing_.empty()) found = std::to_string(missing_.size()) + " tensors missing: " + list_names(missing_);
  if (!extra.empty())
    found += (found.empty() ? "" : "; ") + std::to_string(extra.size()) + " left over: " + list_names(extra);
  if (!options_.allow_missing)
    fail_input({.where = source_->name(),
                .found = found,
                .expected = "exactly the parameters that class and arguments call for",
                .hint = "allow missing tensors to load it as the reference does (initial values for what is missing)"});
  log_warning(source_->name() + ": " + found);
}

void add_tensors(NamedTensors& named, Projector& projector, const std::string& prefix) {
  projector.visit(prefix, [&](const ParameterRef& ref) { named.add(ref.name, *ref.tensor); });
}

}  // namespace c2c
