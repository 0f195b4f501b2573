// A model whose weights lie as the kernels read them.
#include <ATen/ATen.h>

#include <string_view>

#include "c2c/base/error.h"
#include "c2c/model/families/decoder.h"

namespace c2c {
namespace {

constexpr std::string_view kTable = "model.embed_tokens.weight", kHeadLayer = "lm_head", kWeight = ".weight";

// What four bits are too few for. The vocabulary's errors go into every logit.
WeightFormat never_q4(WeightFormat format) {
  return format == WeightFormat::kQ4 ? WeightFormat::kQ8 : format;
}

// What values lose cannot be mended by anything after them, and there are few of them: one step finer, as in
// llama.cpp's mixtures (attn_v). On the demo's receiver q8 then costs 0.3 % of cross-entropy instead of 0.6, q4 7.9
// instead of 8.8.
WeightFormat format_of(std::string_view layer, WeightFormat format) {
  if (layer == kHeadLayer) return never_q4(format);
  if (!layer.ends_with("v_proj")) return format;
  if (format == WeightFormat::kQ8) return WeightFormat::kBf16;
  return never_q4(format);
}

}  // namespace

Decoder::Packable Decoder::packable(const std::string& parameter, WeightFormat format) {
  if (parameter == kTable) {
    if (head_ || !has_head_) return {};
    if (!table_) table_.emplace(embedding_.weight());
    return {&*table_, never_q4(format)};
  }
  if (!parameter.ends_with(kWeight)) return {};
  const std::string name = parameter.substr(0, parameter.size() - kWeight.size());
  Packable found{nullptr, format_of(name, format)};
  visit_linears([&](const std::string& candidate, Linear& layer) {
    if (candidate == name) found.layer = &layer;
  });
  return found;
}

void Decoder::pack(WeightFormat format) {
  C2C_CHECK(options().device().is_cpu(), "pack: packed weights are for the CPU");
  visit_linears([&](const std::string& name, Linear& layer) {
    if (!layer.is_packed()) layer.pack(format_of(name, format));
  });
  if (head_ || !has_head_ || table_) return;
  packable(std::string(kTable), format).layer->pack(never_q4(format));
  embedding_ = Embedding(at::empty_like(embedding_.weight(), embedding_.weight().options().device(at::kMeta)));
}

void Decoder::visit_packed(const std::function<void(std::span<const std::byte>)>& visitor) const {
  const_cast<Decoder*>(this)->visit_linears([&](const std::string&, const Linear& layer) {
    if (layer.is_packed()) visitor(layer.packed_bytes());
  });
  if (table_ && table_->is_packed()) visitor(table_->packed_bytes());
}

}  // namespace c2c
