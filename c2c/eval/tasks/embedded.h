// The files of tasks/ (prompts, subjects), carried by the library. The source that holds them is written by
// cmake/C2CEmbed.cmake.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace c2c {

struct EmbeddedFile {
  std::string_view name;  // relative to tasks/: "prompts/c2c.yaml"
  std::string_view text;
};

std::span<const EmbeddedFile> embedded_files();
// Throws kInternal for a name that is not there.
std::string_view embedded_file(std::string_view name);

}  // namespace c2c
