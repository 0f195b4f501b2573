#include "c2c/train/data/sample_bytes.h"

#include <limits>

#include "c2c/base/error.h"

namespace c2c {
namespace {

void put(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

// Lengths of alternating runs, the first of false.
template <class IsTrue>
void put_runs(std::string& out, std::size_t size, IsTrue&& is_true) {
  bool value = false;
  std::size_t run = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (is_true(i) != value) {
      put(out, run);
      run = 0;
      value = !value;
    }
    ++run;
  }
  put(out, run);
}

void put_ids(std::string& out, const std::vector<std::int32_t>& ids) {
  put(out, ids.size());
  for (const std::int32_t id : ids) put(out, static_cast<std::uint32_t>(id));
}

void put_positions_and_padding(std::string& out, const std::vector<std::int64_t>& positions,
                               const std::vector<bool>& padding) {
  put(out, (positions.empty() ? 0U : 1U) | (padding.empty() ? 0U : 2U));
  for (const std::int64_t position : positions) put(out, static_cast<std::uint64_t>(position));
  if (!padding.empty()) put_runs(out, padding.size(), [&](std::size_t i) { return padding[i]; });
}

class Reader {
 public:
  Reader(std::string_view bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      if (at_ == bytes_.size()) fail();
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    fail();
  }
  // A count of things that take at least a byte each.
  std::size_t count() {
    const std::uint64_t value = number();
    if (value > bytes_.size() - at_) fail();
    return static_cast<std::size_t>(value);
  }
  std::vector<std::int32_t> ids() {
    std::vector<std::int32_t> ids(count());
    for (std::int32_t& id : ids) {
      const std::uint64_t value = number();
      if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max())) fail();
      id = static_cast<std::int32_t>(value);
    }
    return ids;
  }
  std::vector<bool> runs(std::size_t size) {
    std::vector<bool> values;
    values.reserve(size);
    for (bool value = false; values.size() < size; value = !value) {
      const std::uint64_t run = number();
      if (run > size - values.size()) fail();
      values.insert(values.end(), static_cast<std::size_t>(run), value);
    }
    return values;
  }
  void positions_and_padding(std::size_t size, std::vector<std::int64_t>& positions, std::vector<bool>& padding) {
    const std::uint64_t flags = number();
    if (flags > 3) fail();
    for (std::size_t i = 0; (flags & 1) != 0 && i < size; ++i)
      positions.push_back(static_cast<std::int64_t>(number() & 0x7fffffffU));
    if ((flags & 2) != 0) padding = runs(size);
  }
  void finish() const {
    if (at_ != bytes_.size()) fail();
  }
  [[noreturn]] void fail() const {
    fail_input({.where = where_, .found = "a damaged sample", .hint = "delete the prepared file; it is made again"});
  }

 private:
  std::string_view bytes_;
  const std::string& where_;
  std::size_t at_ = 0;
};

}  // namespace

void append_sample(std::string& out, const Sample& sample) {
  const SectionPlan& plan = sample.plan;
  put_ids(out, plan.ids);
  put_positions_and_padding(out, plan.positions, plan.padding);
  put_runs(out, sample.labels.size(), [&](std::size_t i) { return sample.labels[i] != kIgnoredLabel; });
  put(out, plan.sections.size());
  for (const Section& section : plan.sections) {
    put(out, static_cast<std::uint64_t>(section.length));
    put(out, section.mask);
  }
  put(out, plan.sharers.size());
  for (const SharerPlan& sharer : plan.sharers) {
    const bool same = sharer.ids == plan.ids;
    put(out, (same ? 1U : 0U) | (sharer.source.empty() ? 0U : 2U));
    if (!same) put_ids(out, sharer.ids);
    put_positions_and_padding(out, sharer.positions, sharer.padding);
    for (const std::int64_t source : sharer.source) put(out, static_cast<std::uint64_t>(source + 1));
  }
}

Sample read_sample(std::string_view bytes, const std::string& where) {
  Reader in(bytes, where);
  Sample sample;
  SectionPlan& plan = sample.plan;
  plan.ids = in.ids();
  in.positions_and_padding(plan.ids.size(), plan.positions, plan.padding);
  const std::vector<bool> learned = in.runs(plan.ids.size());
  for (std::size_t i = 0; i < plan.ids.size(); ++i) sample.labels.push_back(learned[i] ? plan.ids[i] : kIgnoredLabel);
  plan.sections.resize(in.count());
  for (Section& section : plan.sections) {
    section.length = static_cast<std::int64_t>(in.number() & 0x7fffffffU);
    section.mask = in.number();
  }
  plan.sharers.resize(in.count());
  for (SharerPlan& sharer : plan.sharers) {
    const std::uint64_t flags = in.number();
    if (flags > 3) in.fail();
    sharer.ids = (flags & 1) != 0 ? plan.ids : in.ids();
    in.positions_and_padding(sharer.ids.size(), sharer.positions, sharer.padding);
    for (std::size_t i = 0; (flags & 2) != 0 && i < plan.ids.size(); ++i)
      sharer.source.push_back(static_cast<std::int64_t>(in.number() & 0x7fffffffU) - 1);
  }
  in.finish();
  return sample;
}

}  // namespace c2c
