#include "c2c/text/chat/chat_template.h"

#include <gtest/gtest.h>

#include <thread>

#include "c2c/base/error.h"
#include "c2c/base/log.h"

namespace c2c {
namespace {

const Messages kQuestion{{"user", "hi"}};

std::string render(const std::string& source, const RenderOptions& options = {}, const Messages& messages = kQuestion) {
  return ChatTemplate("t", source).render(messages, options);
}

std::string complaint(const std::string& source, const Messages& messages = kQuestion,
                      const RenderOptions& options = {}) {
  try {
    render(source, options, messages);
  } catch (const Error& error) {
    EXPECT_NE(error.kind(), ErrorKind::kInternal);
    return error.what();
  }
  return {};
}

TEST(ChatTemplate, VariablesAsTransformersGivesThem) {
  const std::string shown =
      "{{ tools is none }}{{ documents is none }}{{ add_generation_prompt }}{{ enable_thinking is defined }}"
      "{{ bos_token is defined }}";
  EXPECT_EQ(render(shown), "TrueTrueTrueFalseFalse");
  RenderOptions options{.add_generation_prompt = false, .enable_thinking = false};
  options.extra_json = R"({"tools": [1], "custom": {"b": 1, "a": 2}})";
  EXPECT_EQ(render("{{ tools }}{{ enable_thinking }}{{ add_generation_prompt }}{{ custom | tojson }}", options),
            R"([1]FalseFalse{"b": 1, "a": 2})");
  const ChatTemplate tokens("t", "{{ bos_token ~ eos_token ~ image_token }}",
                            {.bos = "<s>", .eos = "</s>", .others = {{"image_token", "<img>"}}});
  EXPECT_EQ(tokens.render(kQuestion, {}), "<s></s><img>");
}

TEST(ChatTemplate, RichMessagesReachTheTemplateAsTheyAre) {
  const ChatTemplate chat("t", "{% for m in messages %}{{ m.content[0].text }}{{ m.tool_calls | tojson }}{% endfor %}");
  EXPECT_EQ(chat.render_json(R"([{"content": [{"text": "x"}], "tool_calls": [{"z": 1, "a": 1.0}]}])", {}),
            R"(x[{"z": 1, "a": 1.0}])");
  EXPECT_THROW(chat.render_json("{}", {}), Error);
  EXPECT_THROW(chat.render_json("[", {}), Error);
}

TEST(ChatTemplate, ErrorsNameThePlace) {
  EXPECT_NE(complaint("a\n{{ b c }}").find("t, line 2, column 6"), std::string::npos) << complaint("a\n{{ b c }}");
  EXPECT_NE(complaint("a\n\n{{ raise_exception('No such role') }}").find("t, line 3: No such role"), std::string::npos);
  EXPECT_NE(complaint("{{ messages[0].content }}", {{"user", "a\xff"}}).find("message 0: content"), std::string::npos);
  EXPECT_NE(complaint("\xff").find("invalid UTF-8"), std::string::npos);
  RenderOptions options;
  options.extra_json = R"({"messages": []})";
  EXPECT_NE(complaint("x", kQuestion, options).find("messages"), std::string::npos);
  options.extra_json = "[1]";
  EXPECT_NE(complaint("x", kQuestion, options).find("JSON object"), std::string::npos);
}

TEST(ChatTemplate, StrftimeNow) {
  RenderOptions options;
  options.now = 1735689600 + 43200;  // noon of 1 January 2025 UTC: the same day in most time zones
  EXPECT_EQ(render("{{ strftime_now('%d %b %Y') }}", options), "01 Jan 2025");
  EXPECT_EQ(render("{{ strftime_now('') }}", options), "");
}

TEST(ChatTemplate, IsConstAndThreadSafe) {
  const ChatTemplate chat("t",
                          "{% set ns = namespace(n=0) %}{% for i in range(50) %}{% set ns.n = ns.n + i %}"
                          "{% endfor %}{{ ns.n }}{{ messages[0].content }}");
  std::vector<std::string> texts(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < texts.size(); ++i)
    threads.emplace_back([&, i] {
      for (int k = 0; k < 20; ++k) texts[i] = chat.render({{"user", std::to_string(i)}}, {});
    });
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(texts[i], "1225" + std::to_string(i));
}

// Templates that would run, grow or recurse without end.
TEST(ChatTemplate, HostileTemplatesEndInAnError) {
  const std::string loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
  const std::string list = "{% set ns = namespace(x=[1]) %}{% for i in range(99999) %}";
  const std::vector<std::string> sources{
      loops,
      "{{ 'a' * 9999999999 }}",
      "{{ [0] * 9999999999 }}",
      "{{ 'a'.ljust(9223372036854775807, 'bb'[0]) }}",
      "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
      list + "{% set ns.x = [ns.x] %}{% endfor %}",
      list + "{% set ns.x = [ns.x].index %}{% endfor %}",
      list + "{% set ns.x = cycler(ns.x) %}{% endfor %}",
      "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
      "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      "{% for x in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}",
      "{{ '%1000000000d' % 1 }}",
      "{{ 9223372036854775807 + 1 }}",
      "{{ 2 ** 64 }}",
      "{{ [1] | slice(4611686018427387905) | list }}",
      "{{ ['a' * 100000] * 100000 | join }}",
      "{% for i in range(99999) %}{{ 'x' * 10000 }}{% endfor %}",
  };
  for (const std::string& source : sources) EXPECT_NE(complaint(source), "") << source;
  const auto nested = [](const std::string& open, const std::string& middle, const std::string& close, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += open;
    text += middle;
    for (int i = 0; i < count; ++i) text += close;
    return text;
  };
  EXPECT_NE(complaint("{{ " + nested("(", "1", ")", 5000) + " }}"), "");
  EXPECT_NE(complaint("{{ " + nested("[", "1", "]", 5000) + " }}"), "");
  EXPECT_NE(complaint("{{ " + nested("not ", "1", "", 5000) + " }}"), "");
  EXPECT_NE(complaint("{{ 1" + nested(" + 1", "", "", 5000) + " }}"), "");
  EXPECT_NE(complaint("{{ a" + nested(".a", "", "", 5000) + " }}"), "");
  EXPECT_NE(complaint(nested("{% if 1 %}", "x", "{% endif %}", 5000)), "");
  EXPECT_NE(complaint(std::string(300 << 10, 'x')), "");
}

TEST(ChatTemplate, CyclesAreFreed) {  // for the leak sanitizer
  EXPECT_EQ(render("{% set ns = namespace() %}{% set ns.me = ns %}{% macro m() %}{{ m.name }}{% endmacro %}"
                   "{% set ns.m = m %}{% for x in [1] %}{% set ns.l = loop %}{{ loop.changed(loop) }}{% endfor %}ok"),
            "Trueok");
}

TEST(DefaultTemplate, AsTheReference) {
  std::string warning;
  set_log_sink([&](LogLevel, std::string_view text) { warning = text; });
  const ChatTemplate plain = default_chat_template("some/model");
  EXPECT_NE(warning.find("some/model"), std::string::npos);
  EXPECT_TRUE(plain.is_default());
  EXPECT_EQ(plain.render(kQuestion, {}), "### Human: hi    ### Assistant:");
  EXPECT_EQ(plain.render({{"user", "hi"}, {"system", "no"}, {"assistant", "yo"}, {"user", "q"}}, {}),
            "### Human: hi### Assistant: yo### Human: q    ### Assistant:");
  const ChatTemplate uliza = default_chat_template("x/UlizaLlama3-8B");
  set_log_sink({});
  EXPECT_EQ(
      uliza.render(kQuestion, {}),
      "<|start_header_id|>user<|end_header_id|>\n\nhi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n");
}

TEST(MessagesFromJson, ReadsAndRefuses) {
  EXPECT_EQ(messages_from_json(R"([{"role": "user", "content": "é"}, {"role": "assistant", "content": ""}])"),
            (Messages{{"user", "é"}, {"assistant", ""}}));
  EXPECT_EQ(messages_from_json(R"([{"role": "user", "content": [{"type": "text", "text": "a"}, {"text": "b"}]}])"),
            (Messages{{"user", "a\nb"}}));
  const auto refuses = [](const std::string& json, const std::string& word) {
    try {
      messages_from_json(json);
      ADD_FAILURE() << json;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  };
  refuses("{}", "array");
  refuses("[", "JSON");
  refuses("[1]", "message 0");
  refuses(R"([{"role": "user", "content": "x"}, {"content": "x"}])", "message 1: role");
  refuses(R"([{"role": "user"}])", "message 0: content");
  refuses(R"([{"role": "user", "content": 3}])", "number");
  refuses(R"([{"role": "user", "content": [{"type": "image_url"}]}])", "content[0]");
  refuses(R"([{"role": "assistant", "content": "x", "tool_calls": [{}]}])", "tool_calls");
  refuses("[{\"role\": \"user\", \"content\": \"\xff\"}]", "UTF-8");
}

}  // namespace
}  // namespace c2c
