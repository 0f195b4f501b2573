// Instruction datasets: rows of a table as conversations, by the reference's class names (spec/datasets.md;
// rosetta/train/dataset_adapters.py). Nothing of a dataset stays in memory but where its rows are.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "c2c/base/log.h"
#include "c2c/text/chat/chat_template.h"
#include "c2c/text/tokenizers/tokenizer.h"

namespace c2c {

// What a dataset may need to know of the run.
struct DatasetContext {
  std::shared_ptr<const Tokenizer> tokenizer;     // the receiver's: counts tokens for max_word_count, cuts LongBench
  std::shared_ptr<const ChatTemplate> chat;       // the receiver's
  std::function<void(const std::string&)> log{};  // one fact a line; empty: silent
  ProgressFn progress{};                          // of filters
  std::string where = "data.kwargs";              // names the kwargs in messages
  std::filesystem::path folder{};                 // of the recipe: relative data_paths may stand in it
  std::filesystem::path cache{};                  // folder that keeps what filters found; empty: found anew each time
  int threads = 0;                                // of filters; 0: as many as there are cores, at most 8
};

struct DatasetCounts {
  std::int64_t rows = 0;        // in the files
  std::int64_t considered = 0;  // after num_samples, where that comes first
  std::int64_t unreadable = 0;  // dropped by filters because the row could not be read or has no conversation
  std::int64_t filtered = 0;    // dropped by filters otherwise
};

class InstructionDataset {
 public:
  virtual ~InstructionDataset() = default;
  virtual const std::string& type() const = 0;  // the class's name
  virtual std::int64_t size() const = 0;
  // The conversation of sample i, its last message being the response; nothing: this row gives no sample (unreadable,
  // a field missing, no message left), and `why`, if given, says why. Thread-safe. Precondition: 0 <= i < size().
  virtual std::optional<Messages> messages(std::int64_t i, std::string* why = nullptr) const = 0;
  virtual DatasetCounts counts() const = 0;
  // Changes whenever a sample may be another: class, arguments, files (path, size, time of change), counting tokenizer.
  virtual std::string fingerprint() const = 0;
};

// By exact name, then by lower-cased name. Throws kUsage for an unknown name or argument (nearest one suggested) and
// wrong types; kInput for what is missing: repository, split, file, column, samples. `kwargs`: an object or null.
std::shared_ptr<const InstructionDataset> make_dataset(const std::string& type, const nlohmann::ordered_json& kwargs,
                                                       const DatasetContext& context);
std::vector<std::string> dataset_types();

}  // namespace c2c
