#include <cstdio>

#include "c2c/eval/bench/report.h"

namespace c2c::bench {
namespace {

template <class... Values>
std::string format(const char* pattern, Values... values) {
  char line[512];
  std::snprintf(line, sizeof line, pattern, values...);
  return line;
}

std::string count_of(double value, double unit) {
  return value > 0 ? format("%.1f", value / unit) : "";
}

void add_ceilings(const Report& report, std::string& out) {
  for (const Ceilings& ceilings : report.ceilings) {
    out += format("\nceilings, %d threads: read %.1f GB/s", static_cast<int>(ceilings.threads),
                  ceilings.read_bytes_per_second / 1e9);
    for (const GemmPeak& peak : ceilings.gemm)
      out += format("; GEMM %s by %s %.0f GFLOP/s (%d)", peak.type.c_str(), peak.by.c_str(),
                    peak.flops_per_second / 1e9, static_cast<int>(peak.size));
    out += '\n';
  }
}

void add_rows(const Report& report, std::string& out) {
  if (report.rows.empty()) return;
  out += format("\n%-10s %-20s %-8s %3s %7s %4s %12s %12s %10s %9s %9s\n", "who", "what", "weights", "thr", "prompt",
                "req", "median, ms", "min, ms", "tok/s", "GFLOP/s", "GB/s");
  for (const Row& row : report.rows)
    out += format("%-10s %-20s %-8s %3d %7d %4d %12.2f %12.2f %10.1f %9s %9s\n", row.who.c_str(), row.what.c_str(),
                  row.weights.c_str(), static_cast<int>(row.threads), static_cast<int>(row.prompt),
                  static_cast<int>(row.requests), 1e3 * row.samples.median(), 1e3 * row.samples.minimum(),
                  row.tokens_per_second(), count_of(row.flops_per_second(), 1e9).c_str(),
                  count_of(row.bytes_per_second(), 1e9).c_str());
}

void add_memory(const Report& report, std::string& out) {
  constexpr double kMebibyte = 1 << 20;
  for (const MemoryRow& row : report.memory)
    out += format(
        "\nmemory, %s, prompt %d, MiB: weights as held %.0f, caches %.0f, bare LibTorch program %.0f; peak %.0f of "
        "%.0f\n",
        row.weights.c_str(), static_cast<int>(row.prompt), static_cast<double>(row.weight_bytes) / kMebibyte,
        static_cast<double>(row.cache_bytes) / kMebibyte, static_cast<double>(row.baseline_bytes) / kMebibyte,
        static_cast<double>(row.peak_bytes) / kMebibyte, static_cast<double>(row.bound_bytes()) / kMebibyte);
}

void add_quality(const Report& report, std::string& out) {
  if (report.quality.empty()) return;
  out += format("\n%-10s %-9s %-8s %6s %7s %11s\n", "who", "hears", "weights", "texts", "tokens", "nats/token");
  for (const QualityRow& row : report.quality)
    out += format("%-10s %-9s %-8s %6d %7d %11.4f\n", row.who.c_str(), row.hears.c_str(), row.weights.c_str(),
                  static_cast<int>(row.texts.size()), static_cast<int>(row.tokens()), row.nats());
  for (const QualityLoss& loss : quality_losses(report))
    out += format("%-10s %-9s %-8s against %s: %+.2f %% (standard error %.2f)\n", loss.who.c_str(), loss.hears.c_str(),
                  loss.weights.c_str(), loss.against.c_str(), loss.percent, loss.error);
}

void add_ratios(const Report& report, std::string& out) {
  const auto ratios = ratios_of(report);
  if (ratios.empty()) return;
  out += format("\n%-20s %-16s %-8s %3s %7s %4s %8s\n", "ratio", "against", "weights", "thr", "prompt", "req", "");
  for (const Ratio& ratio : ratios)
    out += format("%-20s %-16s %-8s %3d %7d %4d %8.2f\n", ratio.what.c_str(), ratio.against.c_str(),
                  ratio.weights.c_str(), static_cast<int>(ratio.threads), static_cast<int>(ratio.prompt),
                  static_cast<int>(ratio.requests), ratio.value);
}

}  // namespace

std::string to_table(const Report& report) {
  std::string out =
      report.version + ", " + report.date + "\n" + report.machine.cpu +
      format(", %d logical cores, %.0f GiB; kernels: %s, LibTorch: %s; load before the run: %.1f\n",
             static_cast<int>(report.machine.logical_cores),
             static_cast<double>(report.machine.memory_bytes) / (1 << 30), report.machine.kernels_use.c_str(),
             report.machine.libtorch_uses.c_str(), report.machine.load);
  for (const auto& item : report.rivals.items()) out += item.key() + ": " + item.value().dump() + "\n";
  for (const ModelRow& model : report.models)
    out += format("%s %s, weights %s: %.1f M matrix elements, %.0f MiB held\n", model.role.c_str(), model.name.c_str(),
                  model.weights.c_str(), static_cast<double>(model.parameters) / 1e6,
                  static_cast<double>(model.held_bytes) / (1 << 20));
  add_ceilings(report, out);
  add_rows(report, out);
  add_memory(report, out);
  add_quality(report, out);
  add_ratios(report, out);
  for (const LeftOut& left : report.left_out) out += "\nleft out: " + left.what + ": " + left.why;
  return out + (report.left_out.empty() ? "" : "\n") + format("\n%.1f s in all\n", report.seconds);
}

}  // namespace c2c::bench
