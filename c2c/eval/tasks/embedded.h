// The files of tasks/ (prompts, subjects), carried by the library. The source that holds them is written by
// cmake/C2CEmbed.cmake.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "c2c/base/embedded_file.h"

namespace c2c {

std::span<const EmbeddedFile> embedded_files();  // names relative to tasks/: "prompts/c2c.yaml"
// Throws kInternal for a name that is not there.
std::string_view embedded_file(std::string_view name);

}  // namespace c2c
