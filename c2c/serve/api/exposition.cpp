#include "c2c/serve/api/exposition.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "c2c/base/error.h"

namespace c2c::api {
namespace {

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char buffer[64];
  const auto [end, code] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return {buffer, end};
}

// Backslash, newline and, in label values, the double quote are written as escapes.
std::string escaped(const std::string& text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' && quotes)
      out += "\\\"";
    else
      out += c;
  }
  return out;
}

}  // namespace

void Exposition::begin(const std::string& name, Kind kind, const std::string& help) {
  name_ = name;
  const char* type = kind == Kind::kCounter ? "counter" : kind == Kind::kGauge ? "gauge" : "histogram";
  text_ += "# HELP " + name + " " + escaped(help, false) + "\n# TYPE " + name + " " + type + "\n";
}

void Exposition::value(const Labels& labels, double value, const std::string& suffix) {
  text_ += name_ + suffix;
  const char* separator = "{";
  for (const auto& [key, text] : labels) {
    text_ += separator + key + "=\"" + escaped(text, true) + "\"";
    separator = ",";
  }
  if (!labels.empty()) text_ += "}";
  text_ += " " + number(value) + "\n";
}

void Counter::add(const Labels& labels, double amount) {
  const std::lock_guard lock(mutex_);
  values_[labels] += amount;
}

double Counter::read(const Labels& labels) const {
  const std::lock_guard lock(mutex_);
  const auto found = values_.find(labels);
  return found == values_.end() ? 0 : found->second;
}

void Counter::write(Exposition& out) const {
  const std::lock_guard lock(mutex_);
  out.begin(name_, Exposition::Kind::kCounter, help_);
  for (const auto& [labels, value] : values_) out.value(labels, value);
}

Histogram::Histogram(std::string name, std::string help, std::vector<double> bounds)
    : name_(std::move(name)), help_(std::move(help)), bounds_(std::move(bounds)) {
  C2C_CHECK(std::is_sorted(bounds_.begin(), bounds_.end()), "Histogram: bounds ascend");
}

void Histogram::observe(const Labels& labels, double value) {
  const std::lock_guard lock(mutex_);
  Series& series = series_[labels];
  series.buckets.resize(bounds_.size() + 1);
  ++series.buckets[static_cast<std::size_t>(std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin())];
  series.sum += value;
  ++series.count;
}

void Histogram::write(Exposition& out) const {
  const std::lock_guard lock(mutex_);
  out.begin(name_, Exposition::Kind::kHistogram, help_);
  for (const auto& [labels, series] : series_) {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i <= bounds_.size(); ++i) {
      below += series.buckets[i];
      Labels with_bound = labels;
      with_bound.emplace_back("le", i < bounds_.size() ? number(bounds_[i]) : "+Inf");
      out.value(with_bound, static_cast<double>(below), "_bucket");
    }
    out.value(labels, series.sum, "_sum");
    out.value(labels, static_cast<double>(series.count), "_count");
  }
}

}  // namespace c2c::api
