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

namespace c2c::testing {

namespace fs = std::filesystem;

class SweepScratch {
 public:
  SweepScratch() {
    std::string pattern = (fs::temp_directory_path() / "c2c_sweeps_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  ~SweepScratch() { fs::remove_all(path_); }
  fs::path operator/(const std::string& name) const { return path_ / name; }
  const fs::path& path() const { return path_; }
  fs::path write(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  fs::path path_;
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
