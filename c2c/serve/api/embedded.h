// What the server carries: the API's description and the playground. The source that holds them is written by
// cmake/C2CEmbed.cmake.
#pragma once
#include <span>

#include "c2c/base/embedded_file.h"

namespace c2c::api {

std::span<const EmbeddedFile> embedded_files();  // names relative to the source tree

}  // namespace c2c::api
