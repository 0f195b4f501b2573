#include "c2c/train/trainer/sample_draws.h"

#include <ATen/ATen.h>
#include <ATen/core/PhiloxRNGEngine.h>

#include "c2c/base/error.h"

namespace c2c {
namespace {

// splitmix64 (Steele et al. 2014): spreads seed and sample over a key.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

float unit(std::uint32_t bits) {
  return static_cast<float>(bits >> 8) * 0x1p-24F;
}

}  // namespace

TrainingDraws SampleDraws::draws() {
  return {.uniform = [this](at::IntArrayRef shape, at::TensorOptions options) { return uniform(shape, options); },
          .at_site =
              [this](const DrawSite& site) {
                rows_.clear();
                tokens_ = site.tokens;
                ragged_ = false;
                for (const auto& tokens : tokens_) ragged_ = ragged_ || tokens.size() != tokens_.front().size();
                for (std::size_t g = 0; g < site.rows.size(); ++g) {
                  const auto row = static_cast<std::size_t>(site.rows[g]);
                  C2C_CHECK(row < samples_.size(), "SampleDraws: a row that begin() did not name");
                  rows_.push_back(samples_[row]);
                }
                stream_ = static_cast<std::uint64_t>(site.sharer) << 32 |
                          static_cast<std::uint64_t>(site.receiver_layer) << 4;
                gate_ = 0;
              }};
}

at::Tensor SampleDraws::uniform(at::IntArrayRef shape, at::TensorOptions options) {
  std::int64_t places = 0;
  for (const auto& tokens : tokens_) places += static_cast<std::int64_t>(tokens.size());
  C2C_CHECK(shape.size() == 4 && !rows_.empty() && shape[0] * shape[2] == places &&
                shape[0] == (ragged_ ? 1 : static_cast<std::int64_t>(rows_.size())),
            "SampleDraws: gates are (rows, heads, tokens, features)");
  const std::int64_t heads = shape[1], features = shape[3];
  const at::Tensor u = at::empty({places, heads, features}, at::kFloat);
  float* out = u.mutable_data_ptr<float>();
  const auto blocks = static_cast<std::uint64_t>((heads * features + 3) / 4);
  for (std::size_t g = 0; g < rows_.size(); ++g)
    for (const std::int64_t token : tokens_[g]) {
      at::Philox4_32 random(mixed(mixed(seed_) ^ rows_[g]), stream_ + gate_,
                            static_cast<std::uint64_t>(token) * blocks);
      for (std::int64_t i = 0; i < heads * features; ++i) *out++ = unit(random());
    }
  ++gate_;
  return u.view({shape[0], shape[2], heads, features}).transpose(1, 2).to(options);
}

}  // namespace c2c
