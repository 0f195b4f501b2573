#include "c2c/infer/engine/prefix_store.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace c2c {
namespace {

// Where the receiver starts anew, everything does.
std::int64_t tokens_of(const PrefixMatch& match) {
  if (match.receiver == 0) return 0;
  return std::accumulate(match.sharers.begin(), match.sharers.end(), match.receiver);
}

// Whoever could take over from `plan` can take over as much from `held`.
bool covers(const SectionPlan& held, const SectionPlan& plan) {
  const PrefixMatch there = match_prefix(plan, held), all = match_prefix(plan, plan);
  return there.receiver == all.receiver && there.sharers == all.sharers;
}

}  // namespace

PrefixStore::PrefixStore(std::int64_t budget_bytes) : budget_(budget_bytes) {
  stats_.budget = budget_bytes;
}

PrefixFound PrefixStore::find(const PrefixKey& key) {
  const std::lock_guard lock(mutex_);
  auto best = entries_.end();
  std::int64_t most = 0;
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->fingerprint != key.fingerprint) continue;
    const std::int64_t tokens = tokens_of(match_prefix(key.plan, it->prompt->plan));
    if (tokens <= most) continue;
    most = tokens;
    best = it;
  }
  if (best == entries_.end()) {
    ++stats_.misses;
    return {};
  }
  ++stats_.hits;
  entries_.splice(entries_.begin(), entries_, best);
  return {best->prompt, covers(best->prompt->plan, key.plan)};
}

void PrefixStore::put(const std::string& fingerprint, std::shared_ptr<const ReusedPrompt> prompt) {
  const std::int64_t bytes = prompt->bytes();
  if (bytes > budget_) return;
  const std::lock_guard lock(mutex_);
  for (auto it = entries_.begin(); it != entries_.end();) {
    const auto entry = it++;
    if (entry->fingerprint == fingerprint && covers(prompt->plan, entry->prompt->plan)) drop(entry);
  }
  while (stats_.bytes + bytes > budget_) {
    drop(std::prev(entries_.end()));
    ++stats_.evictions;
  }
  entries_.push_front({fingerprint, std::move(prompt), bytes});
  stats_.bytes += bytes;
}

void PrefixStore::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
  stats_.bytes = 0;
}

PrefixStats PrefixStore::stats() const {
  const std::lock_guard lock(mutex_);
  PrefixStats stats = stats_;
  stats.entries = static_cast<std::int64_t>(entries_.size());
  return stats;
}

void PrefixStore::drop(std::list<Entry>::iterator entry) {
  stats_.bytes -= entry->bytes;
  entries_.erase(entry);
}

}  // namespace c2c
