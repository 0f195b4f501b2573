// The lines of "Bad input": each a clear error that names the thing, exit code 1 or 2, nothing half-written.
#include "c2c/io/formats/safetensors.h"
#include "tests/e2e/tiny_pairs.h"

namespace c2c::testing {
namespace {

using Json = nlohmann::ordered_json;

Outcome ask(const TinyPair& pair, std::vector<std::string> more = {"-p", "hello there"}) {
  return run_c2c(generate(pair.flags(std::move(more))));
}

void rewrite(const fs::path& file, const std::function<void(Json&)>& change) {
  Json json = Json::parse(slurp(file));
  change(json);
  std::ofstream(file) << json.dump();
}

void truncate(const fs::path& file, double part) {
  fs::resize_file(file, static_cast<std::uintmax_t>(static_cast<double>(fs::file_size(file)) * part));
}

// A copy of model.safetensors with a tensor left out or added.
void change_tensors(const fs::path& folder, const std::function<void(std::vector<TensorInfo>&)>& change) {
  const fs::path file = folder / "model.safetensors", aside = folder / "aside";
  {
    const SafetensorsFile source = SafetensorsFile::open(map_file(file));
    std::vector<TensorInfo> tensors = source.tensors();
    change(tensors);
    write_safetensors(aside, tensors);
  }
  fs::rename(aside, file);
}

TEST(BadInput, AFuserThatDoesNotFitThePair) {
  const auto pairs = tiny_pairs();
  int tried = 0;
  for (std::size_t i = 0; i < pairs.size() && tried < 2; ++i)
    for (std::size_t j = 0; j < pairs.size() && tried < 2; ++j) {
      if (i == j || pairs[i].sharers.size() != 1 || pairs[j].sharers.size() != 1) continue;
      TinyPair wrong = pairs[i];
      wrong.fusers = pairs[j].fusers;
      const Outcome outcome = ask(wrong);
      if (outcome.code == 0) continue;  // the same shapes
      expect_failure(outcome, 1, {"projector"});
      ++tried;
    }
  EXPECT_GT(tried, 0);
}

TEST(BadInput, AnUnknownProjectorClassOrArgument) {
  const Scratch scratch;
  TinyPair pair = one_sharer();
  pair.fusers[0] = scratch.copy(pair.fusers[0], "class");
  rewrite(pair.fusers[0] / "final/projector_0.json", [](Json& json) { json["class"] = "C2CProjektor"; });
  expect_failure(ask(pair), 1, {"projector_0", "C2CProjektor"});
  pair.fusers[0] = scratch.copy(one_sharer().fusers[0], "argument");
  rewrite(pair.fusers[0] / "final/projector_0.json", [](Json& json) { json["init_args"]["hidden_dims"] = 3; });
  expect_failure(ask(pair), 1, {"projector_0", "hidden_dims"});
}

TEST(BadInput, AMissingOrLeftOverTensor) {
  const Scratch scratch;
  TinyPair pair = one_sharer();
  pair.receiver = scratch.copy(pair.receiver, "missing");
  std::string name;
  change_tensors(pair.receiver, [&](std::vector<TensorInfo>& tensors) {
    name = tensors.back().name;
    tensors.pop_back();
  });
  expect_failure(ask(pair), 1, {name});
  pair.receiver = scratch.copy(one_sharer().receiver, "left-over");
  change_tensors(pair.receiver, [&](std::vector<TensorInfo>& tensors) {
    TensorInfo extra = tensors.front();
    extra.name = "model.layers.0.nobody.weight";
    tensors.push_back(extra);
  });
  expect_failure(ask(pair), 1, {"model.layers.0.nobody.weight"});
}

TEST(BadInput, AMaskNamingASharerThatIsNotThere) {
  const std::string count = std::to_string(one_sharer().sharers.size());
  expect_failure(ask(one_sharer(), {"-p", "hello", "--mask", "2"}), 2, {"mask", "sharers [2]", count});
  expect_failure(ask(one_sharer(), {"-p", "hello", "--mask", "first"}), 2, {"mask", "first"});
}

TEST(BadInput, AnEmptyPrompt) {
  const Scratch scratch;
  expect_failure(ask(one_sharer(), {}), 2, {"prompt", "-p"});
  expect_failure(ask(one_sharer(), {"-p", ""}), 2, {"prompt"});
  expect_failure(ask(one_sharer(), {"--raw", "-p", ""}), 2, {"prompt"});
  expect_failure(ask(one_sharer(), {"--messages", scratch.write("none.json", "[]").string()}), 2, {"prompt"});
  expect_failure(ask(one_sharer(), {"--file", scratch.write("empty", "").string()}), 2, {"prompt"});
}

TEST(BadInput, MessagesThatAreNone) {
  const Scratch scratch;
  const auto messages = [&](const std::string& text) {
    return ask(one_sharer(), {"--messages", scratch.write("m.json", text).string()});
  };
  EXPECT_NE(messages("{").code, 0);
  expect_contains(messages(R"([{"role": "user"}])").err, {"content"});
  expect_contains(messages(R"([{"content": "x"}])").err, {"role"});
  for (const char* text : {"{", "3", "[3]", R"([{"role": "user"}])", R"([{"role": 1, "content": "x"}])"}) {
    const Outcome outcome = messages(text);
    EXPECT_TRUE(outcome.code == 1 || outcome.code == 2) << text;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(BadInput, APromptPastTheContext) {
  std::string words;
  for (int i = 0; i < 5000; ++i) words += "word ";
  for (const std::string mode : {"receiver", "c2c", "t2t"})
    expect_failure(ask(one_sharer(), {"-p", words, "--mode", mode}), 2, {"tokens", "shorten the prompt"});
}

TEST(BadInput, APromptPastTheContextOfTheSharerAlone) {
  const Scratch scratch;
  TinyPair pair = one_sharer();
  pair.sharers[0] = scratch.copy(pair.sharers[0], "short");
  rewrite(pair.sharers[0] / "config.json", [](Json& json) { json["max_position_embeddings"] = 4; });
  expect_failure(ask(pair), 2, {"tokens", "the 4 positions", pair.sharers[0].string(), "shorten the prompt"});
}

TEST(BadInput, InvalidUtf8) {
  const Scratch scratch;
  for (const std::string mode : {"receiver", "c2c", "t2t"})
    expect_failure(ask(one_sharer(), {"-p", "abc\xff", "--mode", mode}), 2, {"invalid UTF-8", "byte 3"});
  expect_failure(ask(one_sharer(), {"--raw", "-p", "abc\xff"}), 2, {"invalid UTF-8"});
  const auto file = scratch.write("m.json", "[{\"role\": \"user\", \"content\": \"a\xff\"}]");
  expect_failure(ask(one_sharer(), {"--messages", file.string()}), 2, {"invalid UTF-8"});
}

TEST(BadInput, TruncatedFilesOfEveryKind) {
  for (const std::string file : {"model.safetensors", "tokenizer.json", "config.json"}) {
    const Scratch scratch;
    TinyPair pair = one_sharer();
    pair.receiver = scratch.copy(pair.receiver, "r");
    truncate(pair.receiver / file, 0.7);
    expect_failure(ask(pair), 1, {file});
  }
  for (const std::string file : {"projector_0.pt", "projector_0.json", "projector_config.json"}) {
    const Scratch scratch;
    TinyPair pair = one_sharer();
    pair.fusers[0] = scratch.copy(pair.fusers[0], "f");
    truncate(pair.fusers[0] / "final" / file, 0.7);
    expect_failure(ask(pair), 1, {file});
  }
}

TEST(BadInput, MissingFilesAreNamed) {
  const Scratch scratch;
  TinyPair pair = one_sharer();
  pair.receiver = scratch.copy(pair.receiver, "r");
  fs::remove(pair.receiver / "tokenizer.json");
  expect_failure(ask(pair), 1, {"tokenizer.json"});
  pair.receiver = "/nowhere/model.gguf";
  expect_failure(ask(pair), 1, {"/nowhere/model.gguf", "no such file"});
  pair.receiver = "org/name/model.gguf";  // one file of a repository
  expect_failure(ask(pair), 1, {"hf download org/name"});
  expect_failure(run_c2c({"generate", "--config", "/nowhere/run.yaml", "-p", "x"}), 2, {"/nowhere/run.yaml"});
  const auto text = scratch.write("text.gguf", "this is no GGUF file, only a text");
  expect_failure(run_c2c({"generate", "--receiver", text.string(), "--mode", "receiver", "-p", "x"}), 1, {"text.gguf"});
}

TEST(BadInput, RunFilesNameTheKeyAndTheNearestOne) {
  const Scratch scratch;
  const auto file = scratch.write("run.yaml", "receiver: r\nsampling:\n  temprature: 1\n");
  expect_failure(run_c2c({"generate", "--config", file.string(), "-p", "x"}), 2,
                 {"run.yaml", "sampling.temprature", "did you mean temperature?"});
}

TEST(BadInput, NumbersThatAreNoneAreFoundByInspect) {
  const Scratch scratch;
  const fs::path folder = scratch.copy(one_sharer().receiver, "nan");
  std::vector<float> numbers;
  change_tensors(folder, [&](std::vector<TensorInfo>& tensors) {
    TensorInfo& tensor = tensors.front();
    ASSERT_EQ(tensor.dtype, DType::kF32);
    numbers.assign(static_cast<std::size_t>(tensor.numel()), 0.5f);
    numbers[3] = std::numeric_limits<float>::quiet_NaN();
    tensor.data = std::as_bytes(std::span(numbers));
  });
  const Outcome outcome = run_c2c({"inspect", "model", folder.string()});
  EXPECT_EQ(outcome.code, 1);
  expect_contains(outcome.err, {"1 elements that are NaN"});
  expect_contains(outcome.out, {"NOT FINITE"});
}

TEST(BadInput, AFailedConversionLeavesNothing) {
  const Scratch scratch;
  const fs::path fuser = scratch.copy(one_sharer().fusers[0], "f");
  fs::path last;
  for (const auto& entry : fs::directory_iterator(fuser / "final"))
    if (entry.path().extension() == ".pt") last = std::max(last, entry.path());
  truncate(last, 0.5);
  const Outcome outcome = run_c2c({"convert", fuser.string(), (scratch / "out").string()});
  expect_failure(outcome, 1, {last.filename().string()});
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(scratch.path())) ++entries;
  EXPECT_EQ(entries, 1u);  // the copy alone
  const auto taken = scratch.write("taken/precious", "x");
  expect_failure(run_c2c({"convert", one_sharer().fusers[0].string(), taken.parent_path().string()}), 2, {"taken"});
  EXPECT_EQ(slurp(taken), "x");
}

TEST(BadInput, NoFuserAndNoSharer) {
  TinyPair pair = one_sharer();
  pair.fusers.clear();
  expect_failure(ask(pair), 2, {"sharer 1", "no fuser", "--fuser"});
  pair.sharers.clear();
  expect_failure(ask(pair), 2, {"sharer", "--sharer"});
  expect_failure(ask(pair, {"-p", "x", "--mode", "t2t"}), 2, {"sharer"});
}

}  // namespace
}  // namespace c2c::testing
