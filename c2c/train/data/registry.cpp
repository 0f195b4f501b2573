// make_dataset of dataset.h: classes by name.
#include <algorithm>
#include <array>

#include "c2c/base/error.h"
#include "c2c/io/config/assign.h"
#include "c2c/train/data/dataset_classes.h"

namespace c2c {
namespace {

struct DatasetClass {
  const char* name;
  DatasetPointer (*make)(const nlohmann::ordered_json&, const DatasetContext&);
};

// The reference's six, then ours.
constexpr std::array<DatasetClass, 9> kClasses = {{{"OpenHermesChatDataset", make_openhermes},
                                                   {"MMLUChatDataset", make_mmlu},
                                                   {"MMLUCotChatDataset", make_mmlu_cot},
                                                   {"LLMGeneratedChatDataset", make_llm_generated},
                                                   {"OpenBookChatDataset", make_openbook},
                                                   {"LongBenchChatDataset", make_longbench},
                                                   {"ChatJsonlDataset", make_chat_jsonl},
                                                   {"DollyChatDataset", make_dolly},
                                                   {"MMMLUChatDataset", make_mmmlu}}};

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace

std::vector<std::string> dataset_types() {
  std::vector<std::string> names;
  for (const DatasetClass& known : kClasses) names.emplace_back(known.name);
  return names;
}

std::shared_ptr<const InstructionDataset> make_dataset(const std::string& type, const nlohmann::ordered_json& kwargs,
                                                       const DatasetContext& context) {
  for (const DatasetClass& known : kClasses)
    if (lower(known.name) == lower(type)) return known.make(kwargs, context);
  std::string names;
  for (const std::string& name : dataset_types()) names += (names.empty() ? "" : ", ") + name;
  const std::string near = nearest_name(type, dataset_types());
  fail_usage({.where = context.where,
              .key = "type",
              .found = "no dataset class " + type,
              .expected = "one of " + names,
              .hint = near.empty() ? "" : "did you mean " + near + "?"});
}

}  // namespace c2c
