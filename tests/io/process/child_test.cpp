#include "c2c/io/process/child.h"

#include <gtest/gtest.h>

#include <csignal>

#include "c2c/base/error.h"

namespace c2c {
namespace {

TEST(ChildTest, LinesGoBothWays) {
  Child child({"sh", "-c", "echo '{\"ready\": 1}'; while read line; do echo \"{\\\"heard\\\": $line}\"; done"});
  EXPECT_EQ(child.read(10)["ready"], 1);
  EXPECT_EQ(child.ask({{"a", 2}}, 10)["heard"]["a"], 2);
  EXPECT_EQ(child.ask({{"a", 3}}, 10)["heard"]["a"], 3);
}

TEST(ChildTest, FailuresAreErrorsThatNameTheCommand) {
  std::signal(SIGPIPE, SIG_IGN);
  const auto message = [](const std::vector<std::string>& command, double seconds) -> std::string {
    try {
      Child(command).read(seconds);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_NE(message({"/no/such/program"}, 1).find("/no/such/program"), std::string::npos);
  EXPECT_NE(message({"sh", "-c", "exit 3"}, 10).find("ended"), std::string::npos);
  EXPECT_NE(message({"sh", "-c", "echo hello"}, 10).find("not a JSON object"), std::string::npos);
  EXPECT_NE(message({"sh", "-c", "echo '{\"error\": \"too old\"}'"}, 10).find("too old"), std::string::npos);
  EXPECT_NE(message({"sh", "-c", "sleep 20"}, 0.1).find("no answer"), std::string::npos);
}

}  // namespace
}  // namespace c2c
