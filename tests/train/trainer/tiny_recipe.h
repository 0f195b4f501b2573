// A training run that takes seconds: chats of a few words, the tiny golden models, a recipe in float32.
#pragma once
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/testing/golden.h"

namespace c2c::testing {

using Json = nlohmann::ordered_json;

// Questions and answers of different lengths, the same in every run.
inline void write_chats(const fs::path& file, int count) {
  const std::vector<std::string> words = {"the",   "of",     "river",  "stone", "light", "music", "paper", "cat",
                                          "glass", "window", "garden", "small", "large", "old",   "run",   "walk"};
  std::uint32_t state = 12345;
  const auto next = [&](std::uint32_t bound) {
    state = state * 1664525U + 1013904223U;
    return (state >> 16) % bound;
  };
  const auto text = [&] {
    std::string out = words[next(16)];
    for (std::uint32_t i = 2 + next(7); i > 0; --i) out += " " + words[next(16)];
    return out;
  };
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  for (int i = 0; i < count; ++i) {
    const std::string question = text(), answer = text();
    out << Json{{"messages", {{{"role", "user"}, {"content", question}}, {{"role", "assistant"}, {"content", answer}}}}}
               .dump()
        << "\n";
  }
}

inline std::string tiny_model(const std::string& name) {
  return (golden_dir() / "models" / ("tiny-" + name)).string();
}

// 22 samples trained on and 3 held out, 2 epochs of 6 updates each, the last one short. The receiver and the sharer are
// the first and the last of the golden models by name, so that any golden set will do.
inline Json tiny_recipe(const fs::path& folder) {
  write_chats(folder / "chats.jsonl", 25);
  std::vector<std::string> models;
  for (const auto& entry : fs::directory_iterator(golden_dir() / "models")) models.push_back(entry.path().string());
  std::sort(models.begin(), models.end());
  return {{"model",
           {{"base_model", models.back()},
            {"teacher_model", models.front()},
            {"is_do_alignment", true},
            {"mapping", "last_aligned"},
            {"projector",
             {{"type", "C2CProjector"},
              {"params",
               {{"hidden_dim", 16},
                {"intermediate_dim", 16},
                {"num_layers", 3},
                {"dropout", 0.1},
                {"anneal_steps", 12}}}}}}},
          {"training",
           {{"seed", 7},
            {"device", "cpu"},
            {"dtype", "f32"},
            {"learning_rate", 1e-3},
            {"weight_decay", 0.01},
            {"num_epochs", 2},
            {"max_length", 256},
            {"scheduler_type", "linear"},
            {"warmup_ratio", 0.1},
            {"max_grad_norm", 1.0},
            {"gradient_accumulation_steps", 2},
            {"per_device_train_batch_size", 2},
            {"freeze", {"teacher", "base"}}}},
          {"output", {{"output_dir", "run"}, {"save_steps", 3}, {"eval_steps", 4}, {"tensorboard", false}}},
          {"data",
           {{"type", "ChatJsonlDataset"},
            {"kwargs", {{"data_path", (folder / "chats.jsonl").string()}}},
            {"train_ratio", 0.9},
            {"shuffle", true}}}};
}

// The same for one model alone.
inline Json tiny_baseline(const fs::path& folder) {
  Json recipe = tiny_recipe(folder);
  recipe["model"] = {{"baseline_model", recipe["model"]["base_model"]}};
  recipe["training"]["freeze"] = Json::array();
  return recipe;
}

inline std::vector<Json> read_log(const fs::path& run) {
  std::vector<Json> lines;
  std::ifstream file(run / "train_log.jsonl");
  for (std::string line; std::getline(file, line) && !file.eof();)
    lines.push_back(Json::parse(line, nullptr, /*allow_exceptions=*/false));
  return lines;
}

// What the updates say, by step: each step once, in order.
inline std::vector<Json> read_updates(const fs::path& run) {
  std::vector<Json> updates;
  for (Json& line : read_log(run))
    if (line.is_object() && line.contains("train/loss")) updates.push_back(std::move(line));
  return updates;
}

}  // namespace c2c::testing
