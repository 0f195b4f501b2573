#include "c2c/eval/tasks/embedded.h"

#include "c2c/base/error.h"

namespace c2c {

std::string_view embedded_file(std::string_view name) {
  for (const EmbeddedFile& file : embedded_files())
    if (file.name == name) return file.text;
  fail_internal("no embedded file " + std::string(name));
}

}  // namespace c2c
