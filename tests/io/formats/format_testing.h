// What the tests of file formats share: a folder that goes away, bytes from text, and Python as the other side.
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "c2c/base/error.h"
#include "c2c/io/formats/descriptor.h"
#include "tests/testing/temporary_folder.h"

namespace c2c::testing {

inline std::vector<std::byte> to_bytes(const std::string& text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

// The error's message, "" when none was thrown.
template <class Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// The interpreter that C2C_PYTHON names (default python3), if it can import `module`; else "".
inline std::string python_with(const std::string& module) {
  const char* named = std::getenv("C2C_PYTHON");
  const std::string python = named != nullptr && *named != '\0' ? named : "python3";
  const std::string probe = "'" + python + "' -c 'import " + module + "' >/dev/null 2>&1";
  return std::system(probe.c_str()) == 0 ? python : "";
}

// Standard output of a script; a failing script fails the test.
inline std::string run_python(const std::string& python, const std::string& script, const std::string& arguments) {
  const TemporaryFolder folder;
  std::ofstream(folder / "script.py") << script;
  const std::string command = "'" + python + "' '" + (folder / "script.py").string() + "' " + arguments;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen");
  std::string out;
  std::array<char, 4096> buffer;
  for (std::size_t n = 0; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), n);
  EXPECT_EQ(pclose(pipe), 0) << command << "\n" << out;
  return out;
}

}  // namespace c2c::testing
