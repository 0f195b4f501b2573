// Caches of prompts that were read, for prompts that begin alike. Within a budget of bytes; what was not used for the
// longest time goes first. Safe from any thread.
#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "c2c/rosetta/prefill.h"

namespace c2c {

// What shaped the bytes of a cache: all that a Rosetta is (Rosetta::fingerprint(): the bytes of models, fusers and
// adapters, fusion, types and formats), and the plan (ids, positions, pads, sections, masks, and which sharer token
// each receiver token hears). Fingerprints must be equal; of plans, the equal beginning counts.
struct PrefixKey {
  const std::string& fingerprint;
  const SectionPlan& plan;
};

struct PrefixStats {
  std::int64_t hits = 0, misses = 0, evictions = 0;
  std::int64_t entries = 0, bytes = 0, budget = 0;
};

struct PrefixFound {
  std::shared_ptr<const ReusedPrompt> prompt;  // null: nothing that begins alike
  bool is_whole = false;                       // keeping the new prompt too would add nothing
};

class PrefixStore {
 public:
  explicit PrefixStore(std::int64_t budget_bytes);

  bool is_on() const { return budget_ > 0; }
  // The prompt that spares most tokens, which is thereby used. It lives as long as somebody holds it, evicted or not.
  PrefixFound find(const PrefixKey& key);
  // Replaces prompts that it is longer than. One larger than the whole budget is not kept.
  void put(const std::string& fingerprint, std::shared_ptr<const ReusedPrompt> prompt);
  void clear();
  PrefixStats stats() const;

 private:
  struct Entry {
    std::string fingerprint;
    std::shared_ptr<const ReusedPrompt> prompt;
    std::int64_t bytes = 0;
  };
  void drop(std::list<Entry>::iterator entry);

  const std::int64_t budget_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // used last, first
  PrefixStats stats_;
};

}  // namespace c2c
