// Sweep files and folders for the tests of eval/sweeps.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "c2c/base/error.h"
#include "c2c/eval/sweeps/sweep_file.h"
#include "tests/testing/temporary_folder.h"

namespace c2c::testing {

namespace fs = std::filesystem;

class SweepScratch : public TemporaryFolder {
 public:
  fs::path write(const std::string& name, const std::string& text) const {
    fs::create_directories((*this / name).parent_path());
    std::ofstream(*this / name, std::ios::binary) << text;
    return *this / name;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(*this / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

inline SweepFile sweep_of(const std::string& text) {
  return parse_sweep(text, "/nowhere/x.yaml");
}

// The error that a call throws, for tests of what it says.
template <class Call>
std::string message_of(const Call& call, ErrorKind kind = ErrorKind::kUsage) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error was thrown";
  return "";
}

}  // namespace c2c::testing
