#include "c2c/eval/analysis/consistency.h"

#include <ATen/ATen.h>

#include "c2c/base/error.h"
#include "c2c/rosetta/oracle.h"
#include "tests/eval/analysis/tiny_run.h"
#include "tests/rosetta/tiny.h"

namespace c2c::testing {
namespace {

using Json = nlohmann::ordered_json;

std::string chats(const Folder& folder, int rows = 3) {
  const std::vector<std::string> words = {"lamp", "ink", "tide"};
  std::string text;
  for (int i = 0; i < rows; ++i) {
    const std::string& word = words[static_cast<std::size_t>(i) % words.size()];
    const Json asked = {{"role", "user"}, {"content", "Say " + word}},
               said = {{"role", "assistant"}, {"content", "It is a " + word + ", an old one"}};
    text += Json{{"messages", Json::array({asked, said})}}.dump() + "\n";
  }
  return folder.write("chats.jsonl", text).string();
}

Json config_json(const Folder& folder, const std::string& sharer = "qwen2", int rows = 3) {
  const RunConfig run = tiny_run(sharer);
  Json config;
  config["dataset"] = {{"type", "ChatJsonlDataset"},
                       {"kwargs", {{"data_path", chats(folder, rows)}, {"num_samples", nullptr}}}};
  config["models"] = {{"slm", run.receiver.model}, {"llm", run.sharers[0].model}};
  config["rosetta"] = {{"checkpoints_dir", run.sharers[0].fuser},
                       {"include_response", false},
                       {"is_do_alignment", false},
                       {"alignment_strategy", "first"}};
  config["training"] = {{"device", "cuda"},       {"dtype", "float32"}, {"max_length", 1024},
                        {"max_samples", nullptr}, {"print_every", 50},  {"trust_remote_code", false},
                        {"debug", true},          {"debug_samples", 2}};
  return config;
}

ConsistencyConfig parsed(const Json& config, const Folder& folder) {
  return parse_consistency_config(config.dump(), folder / "config.json");
}

void expect_error(const std::function<void()>& work, const std::vector<std::string>& parts) {
  try {
    work();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    for (const std::string& part : parts)
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(Consistency, CountsWhoSaysWhatTheSharerSays) {
  const ConsistencyCounts found = count_consistency(
      {.sharer = {1, 2, 3, 4, 5}, .receiver = {1, 0, 3, 0, 0}, .c2c = {1, 2, 0, 4, 0}, .control = {0, 2, 3, 0, 0}});
  EXPECT_EQ(found.tokens, 5);
  EXPECT_EQ(found.c2c, 3);
  EXPECT_EQ(found.receiver, 2);
  EXPECT_EQ(found.control, 2);
  EXPECT_EQ(found.wins, 2);          // 2, 4
  EXPECT_EQ(found.control_wins, 1);  // 2
}

// tiny-qwen3 hears itself, so that it says what the sharer says, and C2C says so where the random fuser lets it.
RunConfig self_run(const Folder& folder) {
  RunConfig run = tiny_run();
  run.sharers[0].model = run.receiver.model;
  run.sharers[0].fuser = (folder / "self").string();
  if (fs::exists(run.sharers[0].fuser)) return run;
  const KvGeometry geometry = load_model(run.receiver.model, {.dtype = at::kFloat})->kv_geometry();
  // Seed 6: of two labels C2C still says what the sharer says, its control of one.
  save_fuser_reference(*tiny_fuser(geometry, geometry, 6), run.sharers[0].fuser);
  return run;
}

// Of the first row.
Json cell_of(const Analysis& analysis, const std::string& name) {
  const auto& columns = analysis.table.columns;
  return analysis.table
      .rows[0][static_cast<std::size_t>(std::find(columns.begin(), columns.end(), name) - columns.begin())];
}

// The reference's way by hand: whole forwards, predictions of the reply's places.
TEST(Consistency, PredictionsAreThoseOfWholeForwards) {
  const Folder folder;
  const RunConfig run = self_run(folder);
  Json config = config_json(folder);
  config["models"]["llm"] = run.receiver.model;
  config["rosetta"]["checkpoints_dir"] = run.sharers[0].fuser;
  const Analysis found = consistency_analysis(parsed(config, folder), {});
  ASSERT_EQ(found.table.rows.size(), 1U);
  const auto cell = [&](const std::string& name) { return cell_of(found, name); };
  Session session(run);
  const at::NoGradGuard no_grad;
  const LoadedModel &receiver = session.receiver(), &sharer = session.sharer(0);
  std::vector<SectionPlan> plans;
  std::vector<std::int64_t> labels;
  for (const char* word : {"lamp", "ink", "tide"}) {
    Messages messages = {{"user", std::string("Say ") + word}};
    const auto before = receiver.text.tokenizer->encode_ids(
        receiver.text.chat->render(messages, {.add_generation_prompt = true, .enable_thinking = false}), false);
    messages.push_back({"assistant", std::string("It is a ") + word + ", an old one"});
    const auto whole = receiver.text.tokenizer->encode_ids(
        receiver.text.chat->render(messages, {.add_generation_prompt = false, .enable_thinking = false}), false);
    SectionPlan plan = plan_shared_ids({whole.begin(), whole.end()}, 1, 1);
    const auto fused = static_cast<std::int64_t>(before.size()) - 1;
    plan.sections = {{fused, 1}, {static_cast<std::int64_t>(whole.size()) - fused, 0}};
    plans.push_back(plan);
    labels.push_back(static_cast<std::int64_t>(whole.size() - before.size()));
  }
  double tokens = 0, c2c = 0, alone = 0, control = 0, wins = 0;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const auto says = [&](const Rosetta& rosetta, const SectionPlan& plan) {
      RosettaState state;
      const at::Tensor hidden_NC = rosetta.forward({plan}, state).hidden_BNC[0];
      const at::Tensor all_N = rosetta.receiver().logits(hidden_NC).argmax(-1);
      return all_N.slice(0, all_N.size(0) - 1 - labels[i], all_N.size(0) - 1);
    };
    const at::Tensor wanted = says(Rosetta(sharer.lm, {}, {}), without_sharers(plans[i]));
    const at::Tensor own = says(Rosetta(receiver.lm, {}, {}), without_sharers(plans[i])).eq(wanted);
    const at::Tensor fused = says(session.rosetta(), plans[i]).eq(wanted);
    const at::Tensor other = says(session.rosetta(), with_foreign_sharer(plans[i], plans[(i + 2) % 3])).eq(wanted);
    tokens += static_cast<double>(labels[i]);
    alone += own.sum().item<double>();
    c2c += fused.sum().item<double>();
    control += other.sum().item<double>();
    wins += fused.logical_and(own.logical_not()).sum().item<double>();
  }
  EXPECT_EQ(number(cell("tokens")), tokens);
  EXPECT_EQ(alone, tokens) << "the sharer is the receiver";
  EXPECT_GT(c2c, 0) << "nothing is compared";
  EXPECT_LT(c2c, tokens);
  EXPECT_NE(c2c, control) << "the control is no other";
  EXPECT_NEAR(number(cell("receiver")), alone / tokens, 1e-12);
  EXPECT_NEAR(number(cell("c2c")), c2c / tokens, 1e-12);
  EXPECT_NEAR(number(cell("control")), control / tokens, 1e-12);
  EXPECT_EQ(number(cell("wins")), wins);
  EXPECT_NEAR(number(cell("over_control")), (c2c - control) / tokens, 1e-12);
  EXPECT_EQ(found.json["samples"].size(), 2U) << "debug_samples";
  EXPECT_EQ(found.json["samples"][0].size(), static_cast<std::size_t>(labels[0]));
}

TEST(Consistency, OneSampleHasNoControl) {
  const Folder folder;
  const Analysis found = consistency_analysis(parsed(config_json(folder, "qwen2", 1), folder), {});
  EXPECT_TRUE(found.table.rows[0][7].is_null());
  EXPECT_NE(found.notes[1].find("no gain is claimed"), std::string::npos);
}

TEST(Consistency, EveryCheckpointOfAFolderIsARow) {
  const Folder folder;
  const fs::path fuser = fs::path(tiny_run().sharers[0].fuser) / "final";
  for (const char* name : {"checkpoint-10", "checkpoint-9", "final", "logs"})
    fs::copy(fuser, folder / name, fs::copy_options::recursive);
  const auto checkpoints = consistency_checkpoints(folder / "");
  ASSERT_EQ(checkpoints.size(), 3U);
  EXPECT_EQ(checkpoints[0].filename(), "checkpoint-9");
  EXPECT_EQ(checkpoints[1].filename(), "checkpoint-10");
  EXPECT_EQ(checkpoints[2].filename(), "final");
  const Analysis found = consistency_analysis(parsed(config_json(folder), folder), checkpoints);
  ASSERT_EQ(found.table.rows.size(), 3U);
  EXPECT_EQ(found.table.rows[1][0], "checkpoint-10");
  EXPECT_EQ(found.table.rows[0][3], found.table.rows[2][3]);
  EXPECT_THROW(consistency_checkpoints(fuser), Error);
}

TEST(Consistency, ModelsOfTwoVocabulariesAreRefusedByName) {
  const Folder folder;
  expect_error([&] { consistency_analysis(parsed(config_json(folder, "gemma3"), folder), {}); },
               {"tiny-qwen3", "tiny-gemma3", "two vocabularies"});
}

TEST(ConsistencyConfig, SaysWhatIsWrong) {
  const Folder folder;
  const auto refuses = [&](const std::string& path, const Json& value, const std::vector<std::string>& parts) {
    Json config = config_json(folder);
    config[Json::json_pointer(path)] = value;
    expect_error([&] { parsed(config, folder); }, parts);
  };
  refuses("/models/slm", "", {"models.slm"});
  refuses("/rosetta/checkpoint_dir", "x", {"checkpoint_dir", "checkpoints_dir"});
  refuses("/training/max_length", "long", {"max_length"});
  refuses("/training/max_samples", 0, {"max_samples"});
  refuses("/dataset/type", nullptr, {"dataset.type"});
  Json config = config_json(folder);
  config["dataset"]["type"] = "NoSuchDataset";
  expect_error([&] { consistency_analysis(parsed(config, folder), {}); }, {"NoSuchDataset"});
}

TEST(ConsistencyConfig, ARunFileMayStandInsteadOfModels) {
  const Folder folder;
  const RunConfig run = tiny_run();
  const Json file = {{"receiver", run.receiver.model},
                     {"dtype", "f32"},
                     {"align", "span"},
                     {"sharers", Json::array({{{"model", run.sharers[0].model}, {"fuser", run.sharers[0].fuser}}})}};
  folder.write("run.json", file.dump());
  Json config = config_json(folder);
  config.erase("models");
  config.erase("rosetta");
  config["run_file"] = "run.json";
  const RunConfig read = parsed(config, folder).run();
  EXPECT_EQ(read.receiver.model, run.receiver.model);
  EXPECT_EQ(read.align, "off") << "both read the same ids";
  EXPECT_EQ(consistency_analysis(parsed(config, folder), {}).table.rows,
            consistency_analysis(parsed(config_json(folder), folder), {}).table.rows);
}

}  // namespace
}  // namespace c2c::testing
