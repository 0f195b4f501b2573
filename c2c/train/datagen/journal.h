// What is done, on disk as soon as it is: a file that only grows, one line for each row, so that a run that was killed
// at any moment goes on where it was. In memory stands where each row's line lies.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "c2c/train/datagen/journal_text.h"

namespace c2c {

class Journal {
 public:
  // Makes the file or goes on with it; a line that was being written when the process ended is cut off. `fingerprint`:
  // what changes replies. Throws kUsage naming what differs where the file belongs to another one, and where another
  // process writes to it; kInput for a damaged file.
  Journal(std::filesystem::path path, const nlohmann::ordered_json& fingerprint);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  enum class State { kOpen, kAnswered, kFailed };
  State state(std::int64_t row) const;
  std::optional<JournalEntry> find(std::int64_t row) const;
  // On return the row is done, whatever becomes of the process (whatever becomes of the machine: a second later, or
  // after sync()). A later entry of a row replaces an earlier one. Throws kInput where the disk is full.
  void put(const JournalEntry& entry);
  void sync();

  // All but the constructor may be called from many threads.
 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace c2c
