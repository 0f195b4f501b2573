#include "tests/e2e/tiny_pairs.h"

namespace c2c::testing {
namespace {

using Json = nlohmann::ordered_json;

Json answer(const Outcome& outcome) {
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  return outcome.code == 0 ? outcome.json() : Json::object();
}

TEST(TinyModels, EveryPairAndModeAnswersWithTheKeysOfTheIssue) {
  for (const TinyPair& pair : tiny_pairs())
    for (const std::string mode : {"receiver", "sharer", "t2t", "c2c", "control"}) {
      const Json json =
          answer(run_c2c(generate(pair.flags({"--mode", mode, "-p", "hello there", "--control-prompt", "something else",
                                              "--align", "first", "--context-tokens", "6", "--json"}))));
      SCOPED_TRACE(pair.fusers[0].string() + " " + mode);
      ASSERT_TRUE(json.contains("text"));
      EXPECT_EQ(json["mode"], mode);
      EXPECT_GE(json["tokens"].size(), 1u);
      EXPECT_LE(json["tokens"].size(), 8u);
      EXPECT_GT(json["timings"]["ttft_ms"].get<double>(), 0.0);
      EXPECT_GT(json["memory"]["peak_bytes"].get<std::int64_t>(), json["memory"]["weight_bytes"].get<std::int64_t>());
      EXPECT_EQ(json["provenance"]["dtype"], "f32");
      const bool fused = mode == "c2c" || mode == "control";
      EXPECT_EQ(json["usage"]["fused_tokens"].get<int>() > 0, fused);
      EXPECT_EQ(json["timings"]["sharer_prefill_ms"].get<double>() > 0, fused || mode == "t2t");
      EXPECT_EQ(json["provenance"].contains("fusion"), fused);
      EXPECT_EQ(json.contains("context"), mode == "t2t");
    }
}

TEST(TinyModels, TheTextOnStdoutIsTheTextOfTheJson) {
  const TinyPair& pair = one_sharer();
  const Outcome plain = run_c2c(generate(pair.flags({"-p", "hello there"})));
  const Json json = answer(run_c2c(generate(pair.flags({"-p", "hello there", "--json"}))));
  EXPECT_EQ(plain.out, json["text"].get<std::string>() + "\n");
}

TEST(TinyModels, AMaskOfNoneIsTheReceiverAlone) {
  const TinyPair& pair = several_sharers();
  const auto tokens = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"-p", "hello there, how are you", "--json", "--align", "off", "-n", "16"});
    return answer(run_c2c(generate(pair.flags(more))))["tokens"];
  };
  const Json alone = tokens({"--mode", "receiver"});
  EXPECT_EQ(tokens({"--mask", "none"}), alone);
  EXPECT_EQ(tokens({"--mask", "0"}), alone);
  EXPECT_NE(tokens({"--mask", "all"}), alone);
  if (pair.sharers.size() > 1) {
    EXPECT_NE(tokens({"--mask", "1"}), tokens({"--mask", "2"}));
    EXPECT_NE(tokens({"--fusion", "parallel"}), tokens({"--fusion", "sequential"}));
  }
}

TEST(TinyModels, PromptsComeFromFlagsFilesAndStandardInput) {
  const TinyPair& pair = one_sharer();
  const Scratch scratch;
  const std::string messages = R"([{"role": "user", "content": "hello there"}])";
  const auto text = [&](std::vector<std::string> more, const std::string& input = {}) {
    more.push_back("--json");
    return answer(run_c2c(generate(pair.flags(more)), input))["tokens"];
  };
  const Json expected = text({"-p", "hello there"});
  EXPECT_EQ(text({"--messages", scratch.write("m.json", messages).string()}), expected);
  EXPECT_EQ(text({"--messages", "-"}, messages), expected);
  EXPECT_EQ(text({"--file", scratch.write("p.txt", "hello there").string()}), expected);
  EXPECT_EQ(text({"--file", "-"}, "hello there"), expected);
}

TEST(TinyModels, RawPromptsGetNoTemplate) {
  const auto count = [](std::vector<std::string> more) {
    more.push_back("--json");
    return answer(run_c2c(generate(one_sharer().flags(more))))["usage"]["prompt_tokens"].get<int>();
  };
  EXPECT_LT(count({"--raw", "-p", "hello there"}), count({"-p", "hello there"}));
  for (const char* align : {"off", "first", "longest", "span"})
    EXPECT_GT(count({"--raw", "-p", "hi", "--align", align}), 0);
}

TEST(TinyModels, SeedsRepeatSamples) {
  const auto tokens = [](const std::string& seed) {
    return answer(run_c2c(
        generate(one_sharer().flags({"-p", "hello", "--temp", "3", "--seed", seed, "--json", "-n", "24"}))))["tokens"];
  };
  EXPECT_EQ(tokens("1"), tokens("1"));
  EXPECT_NE(tokens("1"), tokens("2"));
}

TEST(TinyModels, StopStringsEndTheTextBeforeThem) {
  const TinyPair& pair = one_sharer();
  const std::string text =
      answer(run_c2c(generate(pair.flags({"-p", "hello there", "--json", "-n", "24"}))))["text"].get<std::string>();
  ASSERT_GT(text.size(), 4u);
  // A stop string inside the text, cut at whole characters.
  std::size_t begin = text.size() / 2;
  while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
  const std::string stop = text.substr(begin);
  const Json json = answer(run_c2c(generate(pair.flags({"-p", "hello there", "--json", "-n", "24", "--stop", stop}))));
  EXPECT_EQ(json["text"].get<std::string>(), text.substr(0, text.find(stop)));
  EXPECT_EQ(json["finish_reason"], "stop");
}

TEST(TinyModels, AlignmentsAndTheResponseCanBeChosen) {
  const TinyPair& pair = one_sharer();
  for (const std::string align : {"first", "longest", "span", "off"}) {
    const Json json = answer(run_c2c(generate(pair.flags({"-p", "hello there", "--align", align, "--json"}))));
    EXPECT_EQ(json["provenance"]["sharers"][0]["align"], align);
    const Json with_response = answer(
        run_c2c(generate(pair.flags({"-p", "hello there", "--align", align, "--json", "--include-response", "true"}))));
    EXPECT_EQ(with_response["provenance"]["include_response"], true);
  }
}

TEST(TinyModels, ARunFileSaysTheSameAsFlags) {
  const TinyPair& pair = one_sharer();
  const Scratch scratch;
  scratch.copy(pair.receiver, "r");
  const auto file = scratch.write("run.yaml", "receiver: r\nsharers:\n  - model: " + pair.sharers[0].string() +
                                                  "\n    fuser: " + pair.fusers[0].parent_path().string() +
                                                  "\n    subfolder: " + pair.fusers[0].filename().string() +
                                                  "\ndtype: f32\nmax_new_tokens: 8\n");
  const Json by_file = answer(run_c2c({"generate", "--config", file.string(), "-p", "hello there", "--json"}));
  const Json by_flags = answer(run_c2c(generate(pair.flags({"-p", "hello there", "--json"}))));
  EXPECT_EQ(by_file["tokens"], by_flags["tokens"]);
}

TEST(TinyModels, ModelsAreFoundInTheHuggingFaceCache) {
  const TinyPair& pair = one_sharer();
  const Scratch scratch;
  const std::string commit(40, 'a');
  const std::string repository = "models--some-org--some-model/";
  fs::create_directories(scratch / repository / "snapshots");
  fs::copy(pair.receiver, scratch / repository / "snapshots" / commit, fs::copy_options::recursive);
  scratch.write(repository + "refs/main", commit);
  const std::string environment = "HF_HUB_CACHE=" + scratch.path().string();
  const Outcome found = run_c2c({"generate", "--receiver", "some-org/some-model", "--mode", "receiver", "-p", "hello",
                                 "--dtype", "f32", "-n", "8", "--json"},
                                "", environment);
  const Json json = answer(found);
  EXPECT_EQ(json["provenance"]["receiver"]["commit"], commit);
  EXPECT_EQ(json["tokens"],
            answer(run_c2c(generate(pair.flags({"--mode", "receiver", "-p", "hello", "--json"}))))["tokens"]);
  fs::remove(scratch / repository / "snapshots" / commit / "tokenizer.json");
  const Outcome missing =
      run_c2c({"generate", "--receiver", "some-org/some-model", "--mode", "receiver", "-p", "hello"}, "", environment);
  expect_failure(missing, 1, {"some-org/some-model", "tokenizer.json", "hf download some-org/some-model"});
}

TEST(TinyModels, ChatKeepsTheConversationAndObeysCommands) {
  const TinyPair& pair = several_sharers();
  std::vector<std::string> arguments = pair.flags({"--mode", "receiver", "--align", "first"});
  arguments.insert(arguments.begin(), "chat");
  const Outcome outcome = run_c2c(arguments,
                                  "hello\n/mode c2c\nand now\n/sharers 1\n/sampling temperature=0.5 seed=3\nagain\n"
                                  "/reset\n/system be brief\nhello\n/stats\n/help\n/quit\nnever read\n");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  expect_contains(outcome.err, {"mode: c2c", "sharers: 1", "\"temperature\":0.5", "tokens/s", "/sampling"});
  const Outcome first = run_c2c(generate(pair.flags({"--mode", "receiver", "-p", "hello"})));
  EXPECT_EQ(outcome.out.rfind(first.out, 0), 0u) << outcome.out;
  const Outcome bad = run_c2c(arguments, "/mod c2c\n");
  EXPECT_EQ(bad.code, 2);
  expect_contains(bad.err, {"did you mean /mode?"});
}

TEST(TinyModels, InspectShowsModelsTokenizersFusersAndAlignments) {
  const TinyPair& pair = one_sharer();
  const Json model = answer(run_c2c({"inspect", "model", pair.receiver.string(), "--json"}));
  EXPECT_TRUE(model["ok"].get<bool>());
  EXPECT_GT(model["tensors"].size(), 10u);
  EXPECT_GT(model["memory"]["weight_bytes"].get<std::int64_t>(), 0);
  const Json tokenizer = answer(run_c2c({"inspect", "tokenizer", pair.receiver.string(), "--text", "hello", "--json"}));
  EXPECT_TRUE(tokenizer["round_trip"].get<bool>());
  const Json fuser = answer(run_c2c({"inspect", "fuser", pair.fusers[0].string(), "--json"}));
  EXPECT_EQ(fuser["projectors"].size(), fuser["sharers"][0]["layers"].size());
  EXPECT_TRUE(fuser["projectors"][0].contains("key_gate_logit"));
  std::vector<std::string> arguments = pair.flags({"--json", "-p", "hello there"});
  for (const std::vector<std::string>& head :
       {std::vector<std::string>{"inspect", "fuser", pair.fusers[0].string()}, {"inspect", "alignment"}}) {
    std::vector<std::string> all = head;
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Json json = answer(run_c2c(all));
    if (head[1] == "fuser") {
      ASSERT_FALSE(json["fusion"].empty());
      double largest = 0;
      for (const Json& row : json["fusion"]) largest = std::max(largest, row["key_change"].get<double>());
      EXPECT_GT(largest, 0.0);
    } else {
      EXPECT_GT(json["tokens"].size(), 2u);
      EXPECT_FALSE(json["tokens"][0]["hears"].empty());
      EXPECT_TRUE(json["tokens"].back()["hears"].empty());
    }
  }
  for (const std::string what : {"model", "tokenizer"})
    EXPECT_EQ(run_c2c({"inspect", what, pair.receiver.string()}).code, 0);
  EXPECT_EQ(run_c2c({"inspect", "fuser", pair.fusers[0].string()}).code, 0);
}

TEST(TinyModels, ConvertThereAndBackKeepsEveryNumber) {
  const TinyPair& pair = one_sharer();
  const Scratch scratch;
  const std::string there = (scratch / "there").string(), back = (scratch / "back").string();
  ASSERT_EQ(run_c2c({"convert", pair.fusers[0].string(), there}).code, 0);
  EXPECT_TRUE(fs::exists(scratch / "there/fuser.safetensors"));
  EXPECT_TRUE(fs::exists(scratch / "there/manifest.json"));
  ASSERT_EQ(run_c2c({"convert", there, back}).code, 0);
  EXPECT_TRUE(fs::exists(scratch / "back/final/projector_0.pt"));
  TinyPair converted = pair;
  const Json original = answer(run_c2c(generate(pair.flags({"-p", "hello there", "--json"}))));
  for (const std::string& place : {there, back}) {
    converted.fusers[0] = place;
    EXPECT_EQ(answer(run_c2c(generate(converted.flags({"-p", "hello there", "--json"}))))["tokens"],
              original["tokens"]);
  }
  const Outcome again = run_c2c({"convert", pair.fusers[0].string(), there});
  expect_failure(again, 2, {there, "already there"});
}

}  // namespace
}  // namespace c2c::testing
