// A file that the library carries with it (cmake/C2CEmbed.cmake).
#pragma once
#include <string_view>

namespace c2c {

struct EmbeddedFile {
  std::string_view name;  // relative to the folder that was embedded
  std::string_view text;
};

}  // namespace c2c
