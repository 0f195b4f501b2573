#include "c2c/eval/bench/bench_config.h"

#include <gtest/gtest.h>

#include "c2c/base/error.h"
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

}  // namespace
}  // namespace c2c::bench
