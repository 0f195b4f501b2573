// Runs the program and keeps what it said.
#pragma once
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/testing/golden.h"

namespace c2c::testing {

struct Outcome {
  int code = -1;
  std::string out, err;
  nlohmann::ordered_json json() const { return nlohmann::ordered_json::parse(out); }
};

inline std::string quote(const std::string& text) {
  std::string quoted(1, '\'');
  for (const char c : text) {
    if (c == '\'') quoted.append("'\\'");
    quoted.push_back(c);
  }
  quoted.push_back('\'');
  return quoted;
}

inline std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A folder that is gone after the test.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "c2c_e2e_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Scratch() { fs::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  fs::path operator/(const std::string& name) const { return path_ / name; }
  const fs::path& path() const { return path_; }
  fs::path write(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }
  fs::path copy(const fs::path& from, const std::string& name) const {
    fs::copy(from, path_ / name, fs::copy_options::recursive);
    for (const auto& entry : fs::recursive_directory_iterator(path_))
      fs::permissions(entry.path(), fs::perms::owner_write, fs::perm_options::add);
    return path_ / name;
  }

 private:
  fs::path path_;
};

// `environment`: "NAME=value ..." put before the command; `input`: standard input.
inline Outcome run_c2c(const std::vector<std::string>& arguments, const std::string& input = {},
                       const std::string& environment = {}) {
  const Scratch scratch;
  // One thread: the tests share the machine, and OpenMP threads that wait for each other are slower than one.
  std::string command = "C2C_THREADS=1 OMP_NUM_THREADS=1 " + environment + " " + quote(C2C_BINARY);
  for (const std::string& argument : arguments) command.append(" ").append(quote(argument));
  command += " <" + scratch.write("in", input).string() + " >" + (scratch / "out").string() + " 2>" +
             (scratch / "err").string();
  Outcome outcome;
  const int status = std::system(command.c_str());
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = slurp(scratch / "out");
  outcome.err = slurp(scratch / "err");
  return outcome;
}

inline void expect_contains(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts)
    EXPECT_NE(text.find(part), std::string::npos) << "no \"" << part << "\" in:\n" << text;
}

// A failure as users should see it: this exit code, nothing on stdout, one message that names these things.
inline void expect_failure(const Outcome& outcome, int code, const std::vector<std::string>& parts) {
  EXPECT_EQ(outcome.code, code) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err.find("internal error"), std::string::npos) << outcome.err;
  expect_contains(outcome.err, parts);
}

}  // namespace c2c::testing
