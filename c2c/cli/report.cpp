#include "c2c/cli/report.h"

#include <cstdio>

namespace c2c::cli {
namespace {

template <class... Values>
std::string format(const char* pattern, Values... values) {
  char text[512];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

double mebibytes(std::int64_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

}  // namespace

std::string timing_line(const Answer& answer) {
  const Timings& t = answer.timings;
  std::string split;
  if (answer.mode == "t2t") split += format("the sharer's text %.2f, ", t.context);
  if (answer.mode == "c2c" || answer.mode == "control")
    split += format("sharer prefill %.2f, fuse %.2f, ", t.sharer_prefill, t.fuse);
  split += format("prefill %.2f", t.receiver_prefill);
  return format("%.1f tokens/s, first token after %.2f s (%s), decode %.2f s, %zu tokens, %s", t.tokens_per_second,
                t.first_token, split.c_str(), t.decode, answer.ids.size(), answer.finish.c_str());
}

std::string memory_lines(const MemoryParts& parts, std::int64_t baseline) {
  std::string text = "memory, MiB\n";
  for (const auto& [name, bytes] : parts.weights)
    text += format("  %8.1f  weights of %s\n", mebibytes(bytes), name.c_str());
  const std::int64_t limit = parts.weight_bytes() * 13 / 10 + parts.cache_bytes + baseline + (std::int64_t{100} << 20);
  text += format("  %8.1f  weights in all\n", mebibytes(parts.weight_bytes()));
  text += format("  %8.1f  caches, the largest run\n", mebibytes(parts.cache_bytes));
  text += format("  %8.1f  a bare program that links LibTorch and runs one bf16 linear\n", mebibytes(baseline));
  text += format("  %8.1f  peak of this process (VmHWM)\n", mebibytes(parts.peak_bytes));
  text += format("  %8.1f  1.3 weights + caches + bare program + 100", mebibytes(limit));
  return text;
}

nlohmann::ordered_json memory_json(const MemoryParts& parts) {
  nlohmann::ordered_json json;
  json["peak_bytes"] = parts.peak_bytes;
  json["weight_bytes"] = parts.weight_bytes();
  json["cache_bytes"] = parts.cache_bytes;
  json["weights"] = nlohmann::ordered_json::object();
  for (const auto& [name, bytes] : parts.weights) json["weights"][name] = bytes;
  return json;
}

std::string dump(const nlohmann::ordered_json& json, int indent) {
  return json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace c2c::cli
