#include <algorithm>
#include <cmath>

#include "c2c/base/error.h"
#include "c2c/eval/bench/report.h"

namespace c2c::bench {
namespace {

// Texts are paired: what makes one text hard is in both.
QualityLoss loss_of(const QualityRow& row, const QualityRow& other) {
  C2C_CHECK(row.texts.size() == other.texts.size(), "quality: rows of different texts");
  const auto count = static_cast<double>(row.texts.size());
  double sum = 0, squares = 0, all = 0;
  for (std::size_t i = 0; i < row.texts.size(); ++i) {
    const double more = row.texts[i].nats - other.texts[i].nats;
    sum += more;
    squares += more * more;
    all += other.texts[i].nats;
  }
  const double variance = count > 1 ? std::max(0.0, squares - sum * sum / count) / (count - 1) : 0;
  const double unit = all > 0 ? 100 / all : 0;
  return {.who = row.who,
          .hears = row.hears,
          .weights = row.weights,
          .against = other.weights,
          .percent = unit * sum,
          .error = unit * std::sqrt(count * variance)};
}

}  // namespace

std::int64_t QualityRow::tokens() const {
  std::int64_t count = 0;
  for (const TextScore& text : texts) count += text.tokens;
  return count;
}

double QualityRow::nats() const {
  double sum = 0;
  for (const TextScore& text : texts) sum += text.nats;
  return sum / static_cast<double>(std::max<std::int64_t>(1, tokens()));
}

std::vector<QualityLoss> quality_losses(const Report& report) {
  std::vector<QualityLoss> losses;
  for (const QualityRow& row : report.quality)
    for (const QualityRow& other : report.quality) {
      const bool is_base = other.weights == "f32" || other.weights == "bf16";
      if (is_base && other.who == row.who && other.hears == row.hears && row.weights != other.weights &&
          row.weights != "f32")
        losses.push_back(loss_of(row, other));
    }
  return losses;
}

}  // namespace c2c::bench
