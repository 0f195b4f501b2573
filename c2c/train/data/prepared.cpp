#include "c2c/train/data/prepared.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "c2c/base/error.h"
#include "c2c/io/formats/atomic_file.h"
#include "c2c/io/formats/json.h"
#include "c2c/train/data/sample_bytes.h"

namespace c2c {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "C2C prepared samples 1\n";
constexpr std::int64_t kBlock = 4096;  // conversations encoded at a time
constexpr std::size_t kBuffer = std::size_t{4} << 20;

[[noreturn]] void fail_damaged(const std::string& name, const std::string& what) {
  fail_input({.where = name, .found = what, .expected = "a file of prepared samples", .hint = "delete it"});
}

// What is said once: the first conversation of each kind that gave no sample.
class Complaints {
 public:
  void add(std::int64_t row, const EncodedSample& encoded) {
    bool& said = said_[static_cast<std::size_t>(encoded.skipped)];
    if (said) return;
    said = true;
    log_warning("conversation " + std::to_string(row) + " gives no sample: " + std::string(to_string(encoded.skipped)) +
                (encoded.detail.empty() ? "" : " (" + encoded.detail + ")") + "; more of the kind are counted only");
  }

 private:
  std::array<bool, 5> said_{};
};

class SharedPrefix {
 public:
  void add(const SectionPlan& plan) {
    if (!first_) {
      first_ = plan;
      lengths_.push_back(static_cast<std::int64_t>(plan.ids.size()));
      for (const SharerPlan& sharer : plan.sharers) lengths_.push_back(static_cast<std::int64_t>(sharer.ids.size()));
      return;
    }
    shorten(lengths_[0], first_->ids, first_->padding, plan.ids, plan.padding);
    for (std::size_t s = 0; s < plan.sharers.size() && s + 1 < lengths_.size(); ++s)
      shorten(lengths_[s + 1], first_->sharers[s].ids, first_->sharers[s].padding, plan.sharers[s].ids,
              plan.sharers[s].padding);
  }
  const std::vector<std::int64_t>& lengths() const { return lengths_; }

 private:
  static void shorten(std::int64_t& length, const std::vector<std::int32_t>& a, const std::vector<bool>& a_pads,
                      const std::vector<std::int32_t>& b, const std::vector<bool>& b_pads) {
    const auto is_pad = [](const std::vector<bool>& pads, std::size_t i) { return !pads.empty() && pads[i]; };
    std::size_t i = 0;
    const std::size_t end = std::min({static_cast<std::size_t>(length), a.size(), b.size()});
    while (i < end && a[i] == b[i] && is_pad(a_pads, i) == is_pad(b_pads, i)) ++i;
    length = static_cast<std::int64_t>(i);
  }
  std::optional<SectionPlan> first_;
  std::vector<std::int64_t> lengths_;
};

// Conversations [begin, end), each on whichever core is free.
std::vector<EncodedSample> encode_block(std::int64_t begin, std::int64_t end, const MessagesAt& messages,
                                        const SampleEncoder& encoder) {
  std::vector<EncodedSample> out(static_cast<std::size_t>(end - begin));
  std::atomic<std::int64_t> next = begin;
  const auto work = [&] {
    for (std::int64_t i = next++; i < end; i = next++) {
      EncodedSample& encoded = out[static_cast<std::size_t>(i - begin)];
      std::string why;
      try {
        if (const auto conversation = messages(i, &why)) {
          encoded = encoder.encode(*conversation);
          continue;
        }
      } catch (const std::exception& failure) {
        why = failure.what();
      }
      encoded.skipped = Skipped::kUnreadable;
      encoded.detail = why;
    }
  };
  std::vector<std::thread> threads;
  const unsigned count = std::clamp(std::thread::hardware_concurrency(), 1U, 8U);
  for (unsigned t = 1; t < count; ++t) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return out;
}

void append_number(std::string& out, std::uint64_t value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

std::uint64_t number_at(Bytes bytes, std::size_t at) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

nlohmann::ordered_json trailer_of(const std::string& key, const PreparedCounts& counts, const SharedPrefix& prefix) {
  return {{"key", key},
          {"rows", counts.rows},
          {"samples", counts.samples},
          {"skipped", counts.skipped},
          {"unaligned", counts.unaligned},
          {"tokens", counts.tokens},
          {"labels", counts.labels},
          {"longest", counts.longest},
          {"shared_prefix", prefix.lengths()}};
}

}  // namespace

std::shared_ptr<const PreparedSamples> PreparedSamples::open(const std::filesystem::path& path,
                                                             const std::string& key) {
  if (!std::filesystem::exists(path)) return nullptr;
  auto out = std::make_shared<PreparedSamples>();
  out->source_ = map_file(path);
  const Bytes bytes = out->source_->bytes();
  const std::string& name = out->name();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kMagic) || bytes.size() < kMagic.size() + 16) fail_damaged(name, "another file, or a cut one");
  const std::uint64_t trailer = number_at(bytes, bytes.size() - 8), table = number_at(bytes, bytes.size() - 16);
  if (trailer > bytes.size() - 16 || table > bytes.size() - 16 - trailer) fail_damaged(name, "a broken end");
  const std::size_t trailer_at = bytes.size() - 16 - trailer;
  const auto json = parse_json(text.substr(trailer_at, trailer), name);
  try {
    if (json.at("key").get<std::string>() != key) return nullptr;
    PreparedCounts& counts = out->counts_;
    counts.rows = json.at("rows");
    counts.samples = json.at("samples");
    counts.skipped = json.at("skipped");
    counts.unaligned = json.at("unaligned");
    counts.tokens = json.at("tokens");
    counts.labels = json.at("labels");
    counts.longest = json.at("longest");
    out->shared_prefix_ = json.at("shared_prefix").get<std::vector<std::int64_t>>();
  } catch (const nlohmann::json::exception&) {
    fail_damaged(name, "a broken trailer");
  }
  out->table_ = static_cast<std::size_t>(table);
  if (out->counts_.samples < 0 || (trailer_at - table) / 8 != static_cast<std::uint64_t>(out->counts_.samples) + 1)
    fail_damaged(name, "a table of another size");
  return out;
}

Sample PreparedSamples::sample(std::int64_t i) const {
  C2C_CHECK(i >= 0 && i < size(), "PreparedSamples: no such sample");
  const Bytes bytes = source_->bytes();
  const std::size_t at = table_ + static_cast<std::size_t>(i) * 8;
  const std::uint64_t begin = number_at(bytes, at), end = number_at(bytes, at + 8);
  if (begin > end || end > table_) fail_damaged(name(), "a broken offset of sample " + std::to_string(i));
  return read_sample({reinterpret_cast<const char*>(bytes.data()) + begin, static_cast<std::size_t>(end - begin)},
                     name() + ", sample " + std::to_string(i));
}

std::shared_ptr<const PreparedSamples> prepare_samples(const std::filesystem::path& path, const std::string& key,
                                                       std::int64_t rows, const MessagesAt& messages,
                                                       const SampleEncoder& encoder, const ProgressFn& progress) {
  AtomicFile file(path);
  PreparedCounts counts{.rows = rows};
  SharedPrefix prefix;
  Complaints complaints;
  std::string table, buffer(kMagic);
  std::uint64_t written = kMagic.size();
  for (std::int64_t begin = 0; begin < rows; begin += kBlock) {
    const std::int64_t end = std::min(rows, begin + kBlock);
    const auto block = encode_block(begin, end, messages, encoder);
    for (std::size_t i = 0; i < block.size(); ++i) {
      const EncodedSample& encoded = block[i];
      ++counts.skipped[static_cast<std::size_t>(encoded.skipped)];
      if (encoded.skipped != Skipped::kNone) {
        complaints.add(begin + static_cast<std::int64_t>(i), encoded);
        continue;
      }
      append_number(table, written);
      const std::size_t before = buffer.size();
      append_sample(buffer, encoded.sample);
      written += buffer.size() - before;
      prefix.add(encoded.sample.plan);
      const auto length = static_cast<std::int64_t>(encoded.sample.plan.ids.size());
      ++counts.samples;
      counts.unaligned += encoded.unaligned;
      counts.tokens += length;
      counts.labels += encoded.sample.label_count();
      counts.longest = std::max(counts.longest, length);
    }
    if (buffer.size() >= kBuffer) {
      file.write(buffer);
      buffer.clear();
    }
    if (progress) progress("preparing samples", static_cast<double>(end), static_cast<double>(rows));
  }
  counts.skipped[0] = 0;
  if (counts.samples == 0)
    fail_input({.where = "data",
                .found = "no sample to learn from: " + describe(counts),
                .expected = "conversations that end with an assistant message"});
  append_number(table, written);
  const std::string trailer = trailer_of(key, counts, prefix).dump();
  buffer += table;
  buffer += trailer;
  append_number(buffer, written);
  append_number(buffer, trailer.size());
  file.write(buffer);
  file.commit();
  return PreparedSamples::open(path, key);
}

std::string describe(const PreparedCounts& counts) {
  std::string text = std::to_string(counts.samples) + " samples of " + std::to_string(counts.rows) + " conversations";
  for (std::size_t i = 1; i < counts.skipped.size(); ++i)
    if (counts.skipped[i] > 0)
      text += ", " + std::to_string(counts.skipped[i]) + " skipped (" +
              std::string(to_string(static_cast<Skipped>(i))) + ")";
  if (counts.unaligned > 0) text += ", " + std::to_string(counts.unaligned) + " unaligned";
  return text;
}

}  // namespace c2c
