// Numbers in Prometheus' text format (version 0.0.4): counters, gauges and histograms with labels. Any thread may add
// to them.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace c2c::api {

using Labels = std::vector<std::pair<std::string, std::string>>;
inline constexpr const char* kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

// Lines of one kind of metric after another; `# HELP` and `# TYPE` come once, in front of a name's first line.
class Exposition {
 public:
  enum class Kind { kCounter, kGauge, kHistogram };
  // Begins a metric: all its values have to follow before the next begins.
  void begin(const std::string& name, Kind kind, const std::string& help);
  void value(const Labels& labels, double value, const std::string& suffix = {});
  std::string take() { return std::move(text_); }

 private:
  std::string name_, text_;
};

class Counter {
 public:
  Counter(std::string name, std::string help) : name_(std::move(name)), help_(std::move(help)) {}
  void add(const Labels& labels, double amount = 1);
  double read(const Labels& labels) const;
  void write(Exposition& out) const;

 private:
  const std::string name_, help_;
  mutable std::mutex mutex_;
  std::map<Labels, double> values_;
};

class Histogram {
 public:
  // `bounds`: upper bounds of the buckets, ascending; +Inf comes by itself.
  Histogram(std::string name, std::string help, std::vector<double> bounds);
  void observe(const Labels& labels, double value);
  void write(Exposition& out) const;

 private:
  struct Series {
    std::vector<std::uint64_t> buckets;  // each bound's own, not yet summed up; the last is beyond all bounds
    double sum = 0;
    std::uint64_t count = 0;
  };
  const std::string name_, help_;
  const std::vector<double> bounds_;
  mutable std::mutex mutex_;
  std::map<Labels, Series> series_;
};

}  // namespace c2c::api
