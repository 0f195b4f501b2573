#include "c2c/io/process/run_logged.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

#include "c2c/base/error.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

class RunLogged : public ::testing::Test {
 protected:
  RunLogged() {
    std::string pattern = (fs::temp_directory_path() / "c2c_process_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~RunLogged() override { fs::remove_all(folder_); }
  std::string text(const std::string& name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  fs::path folder_;
};

TEST_F(RunLogged, KeepsWhatIsSaidAndTheExitCode) {
  const fs::path log = folder_ / "deep" / "log";
  EXPECT_EQ(run_logged({"sh", "-c", "echo out; echo err >&2; cat; exit 7"}, log), 7);
  EXPECT_EQ(run_logged({"sh", "-c", "kill -9 $$"}, log), 128 + SIGKILL);
  EXPECT_EQ(text("deep/log"), "$ sh -c 'echo out; echo err >&2; cat; exit 7'\nout\nerr\n$ sh -c 'kill -9 $$'\n");
}

TEST_F(RunLogged, PassesASignalOnOnce) {
  int asked = 0;
  const int code = run_logged(
      {"sh", "-c", "trap 'echo heard; kept=1' TERM; while [ -z \"$kept\" ]; do sleep 0.05; done; sleep 0.4; exit 5"},
      folder_ / "log", {.start = {}, .signal = [&] { return ++asked > 4 ? SIGTERM : 0; }});
  EXPECT_EQ(code, 5);
  const std::string said = last_lines(folder_ / "log", 9);
  EXPECT_NE(said.find("\nheard"), std::string::npos);
  EXPECT_EQ(said.find("heard", said.find("\nheard") + 6), std::string::npos) << said;
}

TEST_F(RunLogged, WhatCannotBeStartedIsNamed) {
  try {
    run_logged({"/no/such/program", "x"}, folder_ / "log");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput);
    EXPECT_NE(std::string(error.what()).find("/no/such/program"), std::string::npos) << error.what();
  }
  fs::create_directory(folder_ / "taken");
  EXPECT_THROW(run_logged({"true"}, folder_ / "taken"), Error);
}

// The one who started it is killed: it ends as well, however it was going to go on.
TEST_F(RunLogged, EndsWithTheOneThatStartedIt) {
  const fs::path log = folder_ / "log";
  const pid_t parent = fork();
  if (parent == 0) {
    run_logged({"sh", "-c", "echo $$; sleep 60"}, log, {.start = {.end_signal = SIGKILL}, .signal = {}});
    _exit(0);
  }
  pid_t child = 0;
  for (int i = 0; i < 1000 && child == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const std::string line = last_lines(log, 1);
    if (!line.empty() && line.find_first_not_of("0123456789") == line.npos) child = std::stoi(line);
  }
  ASSERT_GT(child, 0);
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  bool gone = false;
  for (int i = 0; i < 1000 && !gone; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::ifstream status("/proc/" + std::to_string(child) + "/stat");
    std::string all{std::istreambuf_iterator<char>(status), {}};
    gone = all.empty() || all.find(") Z") != all.npos;
  }
  EXPECT_TRUE(gone);
}

TEST_F(RunLogged, LastLines) {
  const auto write = [&](const std::string& all) { std::ofstream(folder_ / "f", std::ios::binary) << all; };
  EXPECT_EQ(last_lines(folder_ / "f", 3), "");
  write("one\ntwo\nthree\n");
  EXPECT_EQ(last_lines(folder_ / "f", 2), "two\nthree");
  EXPECT_EQ(last_lines(folder_ / "f", 9), "one\ntwo\nthree");
  write("one\n 10 %\r 20 %\rdone \xff\n\n");
  EXPECT_EQ(last_lines(folder_ / "f", 1), "done \xef\xbf\xbd");
  write(std::string(10000, 'x') + "\nend\n");
  EXPECT_EQ(last_lines(folder_ / "f", 5).size(), 4096U - 1);
  write("");
  EXPECT_EQ(last_lines(folder_ / "f", 5), "");
}

TEST(ShellText, QuotesWhatAShellWouldChange) {
  EXPECT_EQ(shell_text({"c2c", "--set", "a.b=1", "it's", "", "$x", "a b"}), "c2c --set a.b=1 'it'\\''s' '' '$x' 'a b'");
}

}  // namespace
}  // namespace c2c
