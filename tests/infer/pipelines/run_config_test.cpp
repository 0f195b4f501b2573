#include <gtest/gtest.h>

#include "c2c/base/error.h"
#include "c2c/infer/pipelines/mask.h"
#include "c2c/infer/pipelines/run_config.h"
#include "c2c/infer/pipelines/stop_strings.h"
#include "c2c/io/config/assign.h"
#include "c2c/io/config/parse_text.h"
#include "c2c/io/config/print.h"

namespace c2c {
namespace {

RunConfig read(const std::string& yaml) {
  RunConfig config;
  assign_fields(fields_of(config), parse_yaml_text("run.yaml", yaml), {.name = "run.yaml"});
  return config;
}

TEST(RunConfigTest, ReadsEveryPartAndPrintsItBack) {
  RunConfig config = read(
      "receiver: r.gguf\nsharers:\n - {model: s, chat_template: t.jinja, fuser: f, subfolder: x, align: span}\n - two\n"
      "mode: t2t\nmask: 3\ninclude_response: true\nsampling: {temperature: 0.5, repeat_penalty: 1.1, seed: 4}\n"
      "t2t: {context_tokens: 9}\nstop: [a]\n");
  EXPECT_EQ(config.receiver.model, "r.gguf");
  ASSERT_EQ(config.sharers.size(), 2u);
  EXPECT_EQ(config.sharers[0].align, "span");
  EXPECT_EQ(config.sharers[1].model, "two");
  EXPECT_EQ(config.mask, "3");
  EXPECT_EQ(config.include_response, true);
  EXPECT_EQ(config.sampling.repetition_penalty, 1.1);
  EXPECT_EQ(config.t2t.context_tokens, 9);
  RunConfig again = read(fields_to_yaml(fields_of(config)));
  EXPECT_EQ(fields_to_json(fields_of(again)).dump(), fields_to_json(fields_of(config)).dump());
}

TEST(RunConfigTest, DefaultsPrintAndParseBack) {
  RunConfig config, again = read(fields_to_yaml(fields_of(config)));
  EXPECT_EQ(fields_to_json(fields_of(again)).dump(), fields_to_json(fields_of(config)).dump());
}

TEST(RunConfigTest, FlagsReplaceSharersByPosition) {
  RunConfig config = read("sharers: [{model: a, chat_template: t, fuser: f, subfolder: x}, {model: b, fuser: g}]");
  config.sharer_flags = {"a", "c", "d"};
  config.fuser_flags = {"h"};
  config.apply_overrides();
  ASSERT_EQ(config.sharers.size(), 3u);
  EXPECT_EQ(config.sharers[0].chat_template, "t");  // the same model keeps what belongs to it
  EXPECT_EQ(config.sharers[0].fuser, "h");
  EXPECT_EQ(config.sharers[0].subfolder, "");
  EXPECT_EQ(config.sharers[1].model, "c");
  EXPECT_EQ(config.sharers[1].fuser, "g");
  EXPECT_EQ(config.sharers[2].model, "d");
}

TEST(MaskTest, NamesSharersThatAreNotThere) {
  EXPECT_EQ(parse_mask("all", 2), 3u);
  EXPECT_EQ(parse_mask("none", 2), 0u);
  EXPECT_EQ(parse_mask("-1", 2), 0u);
  EXPECT_EQ(parse_mask("2", 2), 2u);
  try {
    parse_mask("5", 2);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    EXPECT_NE(std::string(error.what()).find("sharers [3]"), std::string::npos) << error.what();
  }
  EXPECT_THROW(parse_mask("", 1), Error);
  EXPECT_THROW(parse_mask("1x", 1), Error);
  EXPECT_THROW(parse_mask("99999999999999999999", 1), Error);
}

std::string stream(const std::vector<std::string>& stops, const std::vector<std::string>& pieces, bool* stopped) {
  StopStrings scanner(stops);
  std::string out;
  for (const std::string& piece : pieces) out += scanner.push(piece);
  *stopped = scanner.is_stopped();
  return out + scanner.flush();
}

TEST(StopStringsTest, EndBeforeTheFirstStopStringHoweverItIsCut) {
  const std::string text = "one aabab two</s>three";
  for (std::size_t cut = 1; cut <= text.size(); ++cut) {
    std::vector<std::string> pieces;
    for (std::size_t i = 0; i < text.size(); i += cut) pieces.push_back(text.substr(i, cut));
    bool stopped = false;
    EXPECT_EQ(stream({"</s>", "never"}, pieces, &stopped), "one aabab two") << cut;
    EXPECT_TRUE(stopped);
    EXPECT_EQ(stream({"abab", "</s>"}, pieces, &stopped), "one a") << cut;
    EXPECT_EQ(stream({"threes", ""}, pieces, &stopped), text) << cut;
    EXPECT_FALSE(stopped);
  }
}

TEST(StopStringsTest, HoldsBackOnlyWhatMayBecomeAStopString) {
  StopStrings scanner({"STOP"});
  EXPECT_EQ(scanner.push("abc"), "abc");
  EXPECT_EQ(scanner.push("dST"), "d");
  EXPECT_EQ(scanner.push("x"), "STx");
}

}  // namespace
}  // namespace c2c
