#include "c2c/io/tables/arrow_module.h"

#include <dlfcn.h>

#include <cstdlib>
#include <vector>

#include "c2c/base/error.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

struct Module {
  ArrowEntry* entry = nullptr;
  std::string problem;
};

// $C2C_ARROW_MODULE, beside an installed program, where this build has put it.
std::vector<fs::path> candidates() {
  std::vector<fs::path> paths;
  if (const char* named = std::getenv("C2C_ARROW_MODULE"); named != nullptr && *named != '\0') return {named};
  std::error_code error;
  if (const fs::path self = fs::read_symlink("/proc/self/exe", error); !error)
    paths.push_back(self.parent_path().parent_path() / "lib/c2c/libc2c_arrow.so");
#ifdef C2C_ARROW_BUILT
  paths.push_back(C2C_ARROW_BUILT);
  paths.push_back(C2C_ARROW_INSTALLED);
#endif
  return paths;
}

Module load() {
  Module module;
  for (const fs::path& path : candidates()) {
    std::error_code error;
    if (!fs::exists(path, error)) continue;
    // Local: libarrow's symbols must not meet those of LibTorch. Never closed: its objects may live to the very end.
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      module.problem = dlerror();
      continue;
    }
    module.entry = reinterpret_cast<ArrowEntry*>(dlsym(handle, kArrowEntry));
    if (module.entry != nullptr) return module;
    module.problem = path.string() + " is no module of c2c";
  }
  if (module.problem.empty()) module.problem = "this build of c2c has no Arrow";
  return module;
}

const Module& module() {
  static const Module loaded = load();
  return loaded;
}

}  // namespace

std::string arrow_problem() {
  return module().entry != nullptr ? std::string() : module().problem;
}

std::shared_ptr<const RowSource> arrow_rows(const std::shared_ptr<const ByteSource>& source, bool parquet) {
  if (module().entry == nullptr)
    fail_input({.where = source->name(),
                .found = std::string(parquet ? "a Parquet file" : "an Arrow file") + ", but " + module().problem,
                .expected = "JSONL, JSON or CSV",
                .hint = "C2C_ARROW=1 ./run setup && ./run build adds Arrow; or convert the file, for example with "
                        "pandas: read_parquet(FILE).to_json(NEW, orient='records', lines=True)"});
  std::shared_ptr<const RowSource> rows;
  module().entry(source, parquet, &rows);
  return rows;
}

}  // namespace c2c
