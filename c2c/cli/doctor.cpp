// `c2c doctor`: what this program found on this machine.
#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <oniguruma.h>
#include <unistd.h>
#include <utf8proc.h>
#include <CLI/Version.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "c2c/base/error.h"
#include "c2c/cli/baseline.h"
#include "c2c/cli/command.h"
#include "c2c/cli/version.h"
#include "c2c/infer/pipelines/memory.h"
#include "c2c/io/hub/hub_cache.h"
#include "c2c/io/tables/arrow_module.h"
#include "c2c/tensor/dist/process_group.h"

namespace c2c::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string cpu_line(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key)) return line.substr(std::min(line.find(':') + 2, line.size()));
  return {};
}

Json cpu_report() {
  Json json;
  json["model"] = cpu_line("model name");
  json["libtorch_uses"] = at::get_cpu_capability();
  std::istringstream words(cpu_line("flags"));
  const std::set<std::string> flags{std::istream_iterator<std::string>(words), {}};
  json["features"] = Json::array();
  for (const char* flag : {"avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16", "amx_bf16"})
    if (flags.contains(flag)) json["features"].push_back(flag);
  json["logical_cores"] = ::sysconf(_SC_NPROCESSORS_ONLN);
  return json;
}

// Every OpenMP runtime in the process keeps a pool of its own: more than one is a trap.
Json thread_report() {
  Json json;
  json["compute"] = at::get_num_threads();
  json["interop"] = at::get_num_interop_threads();
  std::set<std::string> runtimes;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const std::size_t slash = line.find('/');
    if (slash == std::string::npos) continue;
    const std::string file = fs::path(line.substr(slash)).filename();
    if (file.starts_with("libgomp") || file.starts_with("libiomp") || file.starts_with("libomp"))
      runtimes.insert(line.substr(slash));
  }
  json["openmp_runtimes"] = runtimes;
  const char* spins = std::getenv("GOMP_SPINCOUNT");
  const char* policy = std::getenv("OMP_WAIT_POLICY");
  json["idle_threads"] = policy != nullptr  ? std::string(policy)
                         : spins != nullptr ? "spin " + std::string(spins) + " times, then sleep"
                                            : "spin; on a busy machine 1000 times, then sleep";
  json["one_openmp_pool"] = runtimes.size() <= 1;
  return json;
}

Json library_report() {
  Json json;
  json["libtorch"] = libtorch_version();
  json["cuda"] = at::hasCUDA();
  json["process_groups"] = process_group_kinds();
  const std::string problem = arrow_problem();
  json["parquet_and_arrow"] = problem.empty() ? "yes" : "no: " + problem;
  json["oniguruma"] = onig_version();
  json["utf8proc"] = utf8proc_version();
  json["nlohmann_json"] = Json::meta()["version"]["string"];
  json["cli11"] = CLI11_VERSION;
  return json;
}

Json hub_report() {
  const fs::path folder = hub_cache_folder();
  std::error_code code;
  Json json;
  json["folder"] = folder.string();
  json["exists"] = fs::is_directory(folder, code);
  json["repositories"] = Json::array();
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("models--")) json["repositories"].push_back(name.substr(8));
  }
  return json;
}

Json memory_report() {
  Json json;
  const std::int64_t baseline = measure_baseline();
  json["baseline_bytes"] = baseline;
  json["baseline"] = "peak of a bare program that links LibTorch and runs one bf16 linear";
  json["this_process_peak_bytes"] = process_memory("VmHWM");
  json["machine_bytes"] = static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
  json["hint"] = "weights and caches of a run: c2c generate -v, or inspect model";
  return json;
}

// Indented lines: easy to read, easy to paste.
void print(std::ostream& out, const Json& json, const std::string& indent) {
  for (const auto& item : json.items()) {
    const Json& value = item.value();
    if (value.is_object()) {
      out << indent << item.key() << '\n';
      print(out, value, indent + "  ");
    } else if (value.is_array()) {
      out << indent << item.key() << ": ";
      std::string separator;
      for (const Json& element : value) {
        out << separator << (element.is_string() ? element.get<std::string>() : element.dump());
        separator = ", ";
      }
      out << (value.empty() ? "none" : "") << '\n';
    } else {
      const bool is_bytes = item.key().ends_with("_bytes");
      out << indent << item.key() << ": " << (value.is_string() ? value.get<std::string>() : value.dump());
      if (is_bytes) out << " (" << value.get<std::int64_t>() / (1 << 20) << " MiB)";
      out << '\n';
    }
  }
}

class Doctor final : public Command {
 public:
  const char* name() const override { return "doctor"; }
  const char* description() const override { return "what was found: LibTorch, processor, threads, cache, memory"; }
  bool computes() const override { return false; }
  void add_options(CLI::App& app, CommandLine& line) override { line.add(app, fields_of(*this), "Doctor"); }
  void visit_fields(const FieldVisitor& visit) {
    visit({.key = "", .flags = "--json", .help = "one JSON object", .target = &json_});
    visit({.key = "",
           .flags = "--baseline",
           .help = "only run one bf16 linear and print this process's peak memory in bytes",
           .target = &baseline_});
  }
  void run(const Globals&, const CommandLine&) override {
    if (baseline_) {
      run_baseline();
      std::cout << process_memory("VmHWM") << '\n';
      return;
    }
    Json json;
    json["version"] = version_text();
    json["cpu"] = cpu_report();
    json["threads"] = thread_report();
    json["libraries"] = library_report();
    json["hub_cache"] = hub_report();
    json["memory"] = memory_report();
    if (json_)
      std::cout << json.dump(2) << '\n';
    else
      print(std::cout, json, {});
  }

 private:
  bool json_ = false, baseline_ = false;
};

}  // namespace

std::unique_ptr<Command> make_doctor() {
  return std::make_unique<Doctor>();
}

}  // namespace c2c::cli
