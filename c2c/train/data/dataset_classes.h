// The dataset classes; registry.cpp knows them by name.
#pragma once
#include <memory>

#include "c2c/train/data/dataset.h"

namespace c2c {

using DatasetPointer = std::shared_ptr<const InstructionDataset>;

DatasetPointer make_openhermes(const nlohmann::ordered_json& kwargs, const DatasetContext& context);
DatasetPointer make_mmlu(const nlohmann::ordered_json& kwargs, const DatasetContext& context);
DatasetPointer make_mmlu_cot(const nlohmann::ordered_json& kwargs, const DatasetContext& context);
DatasetPointer make_llm_generated(const nlohmann::ordered_json& kwargs, const DatasetContext& context);
DatasetPointer make_openbook(const nlohmann::ordered_json& kwargs, const DatasetContext& context);
DatasetPointer make_longbench(const nlohmann::ordered_json& kwargs, const DatasetContext& context);
DatasetPointer make_chat_jsonl(const nlohmann::ordered_json& kwargs, const DatasetContext& context);
DatasetPointer make_dolly(const nlohmann::ordered_json& kwargs, const DatasetContext& context);
DatasetPointer make_mmmlu(const nlohmann::ordered_json& kwargs, const DatasetContext& context);

}  // namespace c2c
