#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "c2c/base/error.h"
#include "c2c/io/config/assign.h"
#include "c2c/io/config/command_line.h"
#include "c2c/io/config/parse_text.h"
#include "c2c/io/config/print.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct Leaf {
  std::string path, name;
  void visit_fields(const FieldVisitor& visit) {
    visit({.key = "path", .flags = "", .help = "a file", .target = &path, .is_path = true});
    visit({.key = "name", .flags = "", .help = "a name", .target = &name});
  }
};

struct Inner {
  double temperature = 0.5;
  std::int64_t top_k = 0;
  void visit_fields(const FieldVisitor& visit) {
    visit(
        {.key = "temperature", .flags = "--temp,--temperature", .help = "heat", .target = &temperature, .minimum = 0});
    visit({.key = "top_k", .flags = "--top-k", .help = "best k", .target = &top_k, .maximum = 100});
  }
};

struct Config {
  bool loud = false;
  std::string mode = "c2c";
  std::vector<std::string> stop;
  std::optional<std::uint64_t> seed;
  std::optional<bool> thinking;
  Inner inner;
  Leaf leaf;
  std::vector<Leaf> leaves;
  void visit_fields(const FieldVisitor& visit) {
    visit({.key = "loud", .flags = "-v,--loud", .help = "say more", .target = &loud});
    visit({.key = "mode", .flags = "--mode", .help = "what to do", .target = &mode, .choices = {"c2c", "receiver"}});
    visit({.key = "stop", .flags = "--stop", .help = "stop texts", .target = &stop});
    visit({.key = "seed", .flags = "-s,--seed", .help = "seed", .target = &seed});
    visit({.key = "thinking", .flags = "", .help = "think", .target = &thinking});
    visit({.key = "sampling", .flags = "", .help = "sampling", .target = field_group(inner)});
    visit({.key = "leaf", .flags = "", .help = "one leaf", .target = field_group(leaf, "path")});
    visit({.key = "leaves", .flags = "", .help = "leaves", .target = field_list(leaves, "path")});
  }
};

std::string message_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return std::to_string(error.exit_code()) + " " + error.what();
  }
  return "no error";
}

void expect_all(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) EXPECT_NE(text.find(part), std::string::npos) << part << " not in: " << text;
}

TEST(ParseText, JsonAndYamlGiveTheSameTree) {
  const Json json = parse_config_text("a", R"({"a": [1, -2, 3.5, true, null, "x"], "b": {"c": "1"}})");
  const Json yaml = parse_config_text("a", "a: [1, -2, 3.5, true, ~, x]\nb:\n  c: '1'  # text\n");
  EXPECT_EQ(json, yaml);
  EXPECT_EQ(yaml["a"][1].get<int>(), -2);
  EXPECT_EQ(yaml["b"]["c"], "1");
}

TEST(ParseText, KeepsKeyOrderAndReadsScalarsByTheCoreSchema) {
  const Json tree = parse_yaml_text("a", "z: 1e-4\na: off\nm: 0x1F\ni: .inf\nd: 2024-01-01\nn: -9223372036854775808\n");
  std::string order;
  for (const auto& item : tree.items()) order += item.key();
  EXPECT_EQ(order, "zamidn");
  EXPECT_DOUBLE_EQ(tree["z"].get<double>(), 1e-4);
  EXPECT_EQ(tree["a"], "off");
  EXPECT_EQ(tree["m"], 31);
  EXPECT_EQ(tree["d"], "2024-01-01");
  EXPECT_EQ(tree["n"].get<std::int64_t>(), INT64_MIN);
}

TEST(ParseText, FlowYamlIsTriedWhereJsonFails) {
  EXPECT_EQ(parse_config_text("config", "{a: 'b', c: [1, 2,]}"), Json::parse(R"({"a": "b", "c": [1, 2]})"));
  expect_all(message_of([] { parse_config_text("x.json", "{\"a\": 1,\n  oops}"); }),
             {"x.json", "line 2", "valid JSON"});
}

TEST(ParseText, AnchorsAreCopiedButBombsAreRefused) {
  const Json tree = parse_yaml_text("a", "base: &b {k: [1, 2]}\nuse: *b\n");
  EXPECT_EQ(tree["use"], tree["base"]);
  std::string bomb = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 8; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  expect_all(message_of([&] { parse_yaml_text("bomb.yaml", bomb); }), {"1 bomb.yaml", "alias"});
  std::string fat = "a: &a \"" + std::string(200'000, 'x') + "\"\nb:\n";
  for (int i = 0; i < 1000; ++i) fat += " - *a\n";
  expect_all(message_of([&] { parse_yaml_text("fat.yaml", fat); }), {"fat.yaml", "alias"});
}

TEST(ParseText, HostileTextIsAnErrorThatNamesTheFile) {
  const std::string deep_json(100'000, '['), deep_yaml = "a: " + std::string(100'000, '[');
  for (const std::string& text :
       {deep_json, deep_yaml, std::string("a: 1\na: 2"), std::string("? [1]\n: 2"), std::string("a: *nothing"),
        std::string("a: !!python/object:os.system x"), std::string("---\na: 1\n---\nb: 2"), std::string("a: \"\xff\""),
        std::string("{\"a\": \"\xff\"}"), std::string("a:\n\t- b"), std::string("<<: {a: 1}"), std::string("\"abc")})
    expect_all(message_of([&] { parse_config_text("bad.cfg", text); }), {"2 bad.cfg"});
  expect_all(message_of([] { parse_config_text("big", std::string(100, ' '), {.bytes = 10}); }), {"big", "100 bytes"});
}

TEST(Assign, SetsNestedFieldsListsAndShorthands) {
  Config config;
  assign_fields(fields_of(config),
                parse_yaml_text("f",
                                "loud: true\nmode: receiver\nstop: [a, b]\nseed: 7\nthinking: false\n"
                                "sampling: {temperature: 1, top_k: 5}\nleaf: some/where/else\n"
                                "leaves:\n - one\n - {path: two, name: 3}\n"),
                {.name = "f"});
  EXPECT_TRUE(config.loud);
  EXPECT_EQ(config.mode, "receiver");
  EXPECT_EQ(config.stop, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(config.seed, 7u);
  EXPECT_EQ(config.thinking, false);
  EXPECT_EQ(config.inner.temperature, 1.0);
  EXPECT_EQ(config.inner.top_k, 5);
  EXPECT_EQ(config.leaf.path, "some/where/else");
  ASSERT_EQ(config.leaves.size(), 2u);
  EXPECT_EQ(config.leaves[1].name, "3");
}

TEST(Assign, ErrorsNameFileKeyAndNearestKey) {
  const auto assign = [](const std::string& text) {
    return message_of([&] {
      Config config;
      assign_fields(fields_of(config), parse_yaml_text("run.yaml", text), {.name = "run.yaml"});
    });
  };
  expect_all(assign("sampling: {temperatur: 1}"), {"2 run.yaml", "sampling.temperatur", "did you mean temperature?"});
  expect_all(assign("zzz: 1"), {"run.yaml", "zzz", "unknown key", "loud, mode"});
  expect_all(assign("mode: recever"), {"mode", "recever", "did you mean receiver?"});
  expect_all(assign("sampling: {temperature: -1}"), {"sampling.temperature", "at least 0"});
  expect_all(assign("sampling: {top_k: 101}"), {"at most 100"});
  expect_all(assign("sampling: {top_k: 1.5}"), {"whole number"});
  expect_all(assign("loud: 1"), {"loud", "true or false"});
  expect_all(assign("seed: -1"), {"seed", "from 0 on"});
  expect_all(assign("leaves: {}"), {"leaves", "a list"});
  expect_all(assign("leaves: [{}, 3]"), {"leaves[1]", "a map"});
  expect_all(assign("leaves: [{pth: x}]"), {"leaves[0].pth", "did you mean path?"});
  expect_all(assign("sampling: 3"), {"sampling", "a map"});
  expect_all(assign("stop: [[1]]"), {"stop", "text"});
  expect_all(assign("[1]"), {"run.yaml", "a map"});
}

class RunFile : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("c2c_config_test_" + std::to_string(::getpid()));
    fs::create_directories(folder_ / "sub");
    std::ofstream(folder_ / "sub/here") << "x";
  }
  void TearDown() override { fs::remove_all(folder_); }
  Config read(const std::string& text) {
    std::ofstream(folder_ / "run.yaml") << text;
    Config config;
    assign_file(fields_of(config), folder_ / "run.yaml");
    return config;
  }
  fs::path folder_;
};

TEST_F(RunFile, PathsAreRelativeToTheFileAndHubIdsStay) {
  EXPECT_EQ(read("leaf: sub/here").leaf.path, (folder_ / "sub/here").string());
  EXPECT_EQ(read("leaf: org/name").leaf.path, "org/name");
  EXPECT_EQ(read("leaf: org/name/sub@v1").leaf.path, "org/name/sub@v1");
  EXPECT_EQ(read("leaf: name").leaf.path, (folder_ / "name").string());
  EXPECT_EQ(read("leaf: ./org/name").leaf.path, (folder_ / "org/name").string());
  EXPECT_EQ(read("leaf: a/model.gguf").leaf.path, (folder_ / "a/model.gguf").string());
  EXPECT_EQ(read("leaf: /abs/x").leaf.path, "/abs/x");
  EXPECT_EQ(read("leaf: {name: sub/here}").leaf.name, "sub/here");
}

TEST_F(RunFile, EnvironmentIsExpandedInPaths) {
  ::setenv("C2C_TEST_SET", "/somewhere", 1);
  ::unsetenv("C2C_TEST_UNSET");
  EXPECT_EQ(read("leaf: ${C2C_TEST_SET}/m").leaf.path, "/somewhere/m");
  EXPECT_EQ(read("leaf: ${C2C_TEST_UNSET:-/other}/m").leaf.path, "/other/m");
  EXPECT_EQ(read("leaf: /a$$b").leaf.path, "/a$b");
  expect_all(message_of([&] { read("leaf: ${C2C_TEST_UNSET}/m"); }), {"run.yaml", "leaf", "C2C_TEST_UNSET", "export"});
  expect_all(message_of([&] { read("leaf: ${C2C_TEST"); }), {"run.yaml", "leaf", "${NAME}"});
  expect_all(message_of([&] {
               Config c;
               assign_file(fields_of(c), folder_ / "none.yaml");
             }),
             {"2 ", "none.yaml", "no such file"});
  expect_all(message_of([&] {
               Config c;
               assign_file(fields_of(c), folder_);
             }),
             {"not a regular file"});
}

struct Parsed {
  Config config;
  CommandLine line;
  std::string error;
};

void parse(Parsed& parsed, std::vector<std::string> arguments) {
  CLI::App app;
  parsed.line.add(app, fields_of(parsed.config), "Options");
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
    parsed.line.apply();
  } catch (const CLI::ParseError& error) {
    parsed.error = error.what();
  } catch (const Error& error) {
    parsed.error = error.what();
  }
}

TEST(CommandLineTest, FlagsSetFieldsAndTheLastOneWins) {
  Parsed parsed;
  parse(parsed, {"--temp", "0.25", "--top-k=3", "--top-k", "4", "--stop", "a", "--stop", "--b", "-v", "-s", "9"});
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.config.inner.temperature, 0.25);
  EXPECT_EQ(parsed.config.inner.top_k, 4);
  EXPECT_EQ(parsed.config.stop, (std::vector<std::string>{"a", "--b"}));
  EXPECT_TRUE(parsed.config.loud);
  EXPECT_EQ(parsed.config.seed, 9u);
  EXPECT_TRUE(parsed.line.was_given("--top-k"));
  EXPECT_FALSE(parsed.line.was_given("--mode"));
}

TEST(CommandLineTest, NegativeValuesAreValues) {
  Parsed parsed;
  parse(parsed, {"--top-k", "-1"});
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.config.inner.top_k, -1);
}

TEST(CommandLineTest, EnvironmentComesBetweenFileAndFlags) {
  EXPECT_EQ(environment_name("--top-k"), "C2C_TOP_K");
  ::setenv("C2C_TOP_K", "11", 1);
  ::setenv("C2C_LOUD", "true", 1);
  Parsed by_environment, by_flag;
  parse(by_environment, {});
  parse(by_flag, {"--top-k", "12"});
  ::unsetenv("C2C_TOP_K");
  ::unsetenv("C2C_LOUD");
  EXPECT_EQ(by_environment.config.inner.top_k, 11);
  EXPECT_TRUE(by_environment.config.loud);
  EXPECT_EQ(by_flag.config.inner.top_k, 12);
}

TEST(CommandLineTest, BadValuesNameTheFlag) {
  for (const auto& [arguments, part] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{{{"--top-k", "many"}, "--top-k"},
                                                                     {{"--mode", "c3c"}, "did you mean c2c?"},
                                                                     {{"--temp", "-1"}, "at least 0"},
                                                                     {{"--nothing"}, "--nothing"}}) {
    Parsed parsed;
    parse(parsed, arguments);
    expect_all(parsed.error, {part});
  }
}

TEST(CommandLineTest, HelpShowsFlagsDefaultsAndEnvironment) {
  CLI::App app;
  Config config;
  CommandLine line;
  line.add(app, fields_of(config), "Group");
  expect_all(app.help(), {"--temp", "heat", "0.5", "C2C_TEMP", "c2c|receiver", "Group"});
}

TEST(Print, YamlParsesBackToTheSameValues) {
  Config config;
  config.stop = {"a\n", "b: c"};
  config.seed = 18446744073709551615u;
  config.leaves = {{"p", "n"}, {"q", ""}};
  config.inner.temperature = std::numeric_limits<double>::infinity();
  Config back;
  assign_fields(fields_of(back), parse_yaml_text("printed", fields_to_yaml(fields_of(config))), {.name = "printed"});
  EXPECT_EQ(back.stop, config.stop);
  EXPECT_EQ(back.seed, config.seed);
  EXPECT_EQ(back.inner.temperature, config.inner.temperature);
  ASSERT_EQ(back.leaves.size(), 2u);
  EXPECT_EQ(back.leaves[0].name, "n");
  EXPECT_EQ(fields_to_json(fields_of(back)).dump(), fields_to_json(fields_of(config)).dump());
  expect_all(fields_help(fields_of(config)), {"sampling.top_k  INT", "leaves[].path  PATH", "c2c|receiver"});
}

TEST(NearestName, OffersTyposOnly) {
  EXPECT_EQ(nearest_name("temprature", {"temperature", "top_k"}), "temperature");
  EXPECT_EQ(nearest_name("elephant", {"temperature", "top_k"}), "");
}

}  // namespace
}  // namespace c2c
