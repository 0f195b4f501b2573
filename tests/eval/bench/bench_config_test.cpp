#include "c2c/eval/bench/bench_config.h"

#include <gtest/gtest.h>

#include <csignal>

#include "c2c/base/error.h"
#include "c2c/eval/bench/child.h"
#include "c2c/io/config/assign.h"

namespace c2c::bench {
namespace {

// As the command line sets them.
BenchConfig configured(const std::vector<std::pair<std::string, std::vector<std::string>>>& flags) {
  BenchConfig config;
  config.visit_fields([&](const Field& field) {
    for (const auto& [flag, texts] : flags)
      if (("," + field.flags + ",").find("," + flag + ",") != std::string::npos) assign_texts(field, texts, flag);
  });
  config.finish();
  return config;
}

TEST(BenchConfigTest, ListsAndDefaults) {
  const BenchConfig plain = configured({});
  EXPECT_EQ(plain.prompts, std::vector<std::int64_t>{512});
  EXPECT_EQ(plain.weights, std::vector<std::string>{"bf16"});
  EXPECT_EQ(plain.stages, stage_names());
  const BenchConfig given = configured({{"--prompt", {"32,128", "32", "7"}}, {"--weights", {"q8,bf16"}}});
  EXPECT_EQ(given.prompts, (std::vector<std::int64_t>{32, 128, 7}));
  EXPECT_EQ(given.weights, (std::vector<std::string>{"q8", "bf16"}));
}

TEST(BenchConfigTest, QuickHasNoRivalsAndAnEnd) {
  const BenchConfig quick = configured({{"--quick", {"true"}}});
  EXPECT_TRUE(quick.rivals.disabled);
  EXPECT_EQ(quick.rounds(3).seconds, 3);
  EXPECT_GT(configured({}).rounds(3).seconds, 1e9);
}

TEST(BenchConfigTest, WhatCannotBeIsSaid) {
  for (const auto& [flag, text] : std::vector<std::pair<std::string, std::string>>{{"--prompt", "12,,3"},
                                                                                   {"--prompt", "1"},
                                                                                   {"--prompt", "x"},
                                                                                   {"--prompt", "99999999999999999999"},
                                                                                   {"--threads", "0"},
                                                                                   {"--weights", "q5"},
                                                                                   {"--stages", "timing"}}) {
    try {
      configured({{flag, {text}}});
      ADD_FAILURE() << flag << " " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_NE(std::string(error.what()).find(flag), std::string::npos) << error.what();
    }
  }
}

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
}  // namespace c2c::bench
