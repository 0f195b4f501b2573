// The fuser of the real pair that the reference's code trained, which the golden continuations were made with. It is
// kept packed (tests/parity_fuser); C2C_FUSERS_DIR names a folder that has it unpacked under its name.
#pragma once
#include <unistd.h>

#include "tests/testing/golden.h"

namespace c2c::testing {

// Unpacked once a process, removed at its end.
inline fs::path parity_fuser() {
  if (const fs::path given = env_path("C2C_FUSERS_DIR", {}); !given.empty()) return given / "smollm2-135m+gemma3-270m";
  static const struct Unpacked {
    Unpacked() {
      const fs::path packed = fs::path(C2C_SOURCE_DIR) / "tests/parity_fuser";
      std::string pattern = (fs::temp_directory_path() / "c2c_parity_fuser_XXXXXX").string();
      if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
      folder = pattern;
      for (const char* name : {"manifest.json", "SHA256SUMS"}) fs::copy_file(packed / name, folder / name);
      std::ofstream(folder / "fuser.safetensors", std::ios::binary) << read_gz(packed / "fuser.safetensors.gz");
    }
    ~Unpacked() { fs::remove_all(folder); }
    fs::path folder;
  } unpacked;
  return unpacked.folder;
}

}  // namespace c2c::testing
