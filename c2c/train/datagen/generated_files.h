// What training reads, from a finished journal, in the order of the source. Written aside, then renamed; the same
// journal gives the same bytes.
//   generated.jsonl            every reply: id, input_text, model_reasoning, model_response, is_finished,
//   finish_reason,
//                              messages (for LLMGeneratedChatDataset and ChatJsonlDataset alike)
//   generated_finished.jsonl   those that ended by themselves
//   *_generated_results.csv    the table that the reference's scripts write and read
//   dataset/, dataset_finished/  both as `save_to_disk` of Hugging Face datasets writes them
//   errors.jsonl               rows without a reply, and why; absent where there are none
//   run_args.json              the fingerprint and the counts
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>

#include "c2c/train/datagen/generation.h"
#include "c2c/train/datagen/journal.h"

namespace c2c {

// Throws kInput where no row has a reply, or nothing can be written.
GenerationCounts write_generated_files(const std::filesystem::path& output, const QuestionRows& rows,
                                       const Journal& journal, const nlohmann::ordered_json& fingerprint);

}  // namespace c2c
