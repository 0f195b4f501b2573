// The prepared-token cache: every sample of a dataset as token ids in one file, written once and mapped afterwards, so
// that a million samples cost neither memory nor start-up time. Layout: samples (sample_bytes.h), then a table of their
// offsets, then a JSON trailer and its length; nothing refers to anything outside the file.
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "c2c/base/log.h"
#include "c2c/io/formats/source.h"
#include "c2c/train/data/encode.h"

namespace c2c {

struct PreparedCounts {
  std::int64_t rows = 0;                  // conversations offered
  std::int64_t samples = 0;               // kept
  std::array<std::int64_t, 5> skipped{};  // by Skipped
  std::int64_t unaligned = 0;             // kept, but in the receiver's ids for want of an alignment
  std::int64_t tokens = 0, labels = 0;    // of the receiver
  std::int64_t longest = 0;               // receiver tokens
};

class PreparedSamples {
 public:
  // Null where there is no such file or it is another dataset's (`key`). Throws kInput for a damaged file.
  static std::shared_ptr<const PreparedSamples> open(const std::filesystem::path& path, const std::string& key);

  std::int64_t size() const { return counts_.samples; }
  Sample sample(std::int64_t i) const;  // thread-safe; 0 <= i < size()
  const PreparedCounts& counts() const { return counts_; }
  // How many first tokens all samples share: the receiver's, then each sharer's.
  const std::vector<std::int64_t>& shared_prefix() const { return shared_prefix_; }
  const std::string& name() const { return source_->name(); }

 private:
  std::shared_ptr<ByteSource> source_;
  std::size_t table_ = 0;  // where the offsets stand
  PreparedCounts counts_;
  std::vector<std::int64_t> shared_prefix_;
};

// Conversation i, or nothing and why.
using MessagesAt = std::function<std::optional<Messages>(std::int64_t i, std::string* why)>;

// Encodes `rows` conversations on all cores into `path` (written aside, then renamed) and opens it. What gives no
// sample is counted, and the first of each kind is said in a warning. Throws kInput where nothing is left.
std::shared_ptr<const PreparedSamples> prepare_samples(const std::filesystem::path& path, const std::string& key,
                                                       std::int64_t rows, const MessagesAt& messages,
                                                       const SampleEncoder& encoder, const ProgressFn& progress = {});

// One line: what was kept and what was not.
std::string describe(const PreparedCounts& counts);

}  // namespace c2c
