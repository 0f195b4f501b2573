#include "c2c/tensor/ops/crew.h"

#include <array>
#include <atomic>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "c2c/base/error.h"

namespace c2c {
namespace {

constexpr std::int64_t kLine = 64;
// What a thread fetches ahead at most: half of a usual second-level cache.
constexpr std::int64_t kFetchBytes = std::int64_t{512} << 10;
constexpr std::int64_t kFetchStep = 4096;  // then it looks whether there is work
constexpr int kSpins = 4000;               // then others may have the core
constexpr std::size_t kMostRemembered = 8192;
constexpr std::int64_t kMostParts = 0xFFFF;
constexpr int kShareOfRest = 4;

thread_local Crew* active = nullptr;

void pause(int& spins) {
  if (++spins < kSpins) {
#if defined(__x86_64__)
    _mm_pause();
#endif
    return;
  }
  spins = 0;
  std::this_thread::yield();
}

// A thread's share of a loop: parts [begin, end) of loop `loop`. One number, so that it is claimed in one step; the
// loop's number in it keeps those who come late away from the next loop's parts.
struct Share {
  std::uint32_t loop;
  std::uint16_t begin, end;

  static Share of(std::uint64_t word) {
    return {static_cast<std::uint32_t>(word >> 32), static_cast<std::uint16_t>(word >> 16),
            static_cast<std::uint16_t>(word)};
  }
  std::uint64_t word() const { return (std::uint64_t{loop} << 32) | (std::uint64_t{begin} << 16) | std::uint64_t{end}; }
};

struct Range {
  std::int64_t begin = 0, end = 0;
};

struct alignas(128) Place {
  std::atomic<std::uint64_t> share{0};
};

// What a loop reads, by value: the bytes may be gone when they are looked at again.
struct Reads {
  std::array<PartBytes, kMostPartBytes> parts{};
  std::size_t count = 0;
};

// The same for many eyes: who looks while it changes sees a mixture, and fetches what nobody needs.
class Expected {
 public:
  void set(const Reads& reads) {
    for (std::size_t i = 0; i < reads.count; ++i) {
      parts_[i].data.store(reads.parts[i].data, std::memory_order_relaxed);
      parts_[i].count.store(reads.parts[i].count, std::memory_order_relaxed);
      parts_[i].bytes.store(reads.parts[i].bytes, std::memory_order_relaxed);
    }
    count_.store(reads.count, std::memory_order_relaxed);
  }
  Reads get() const {
    Reads reads{.count = count_.load(std::memory_order_relaxed)};
    for (std::size_t i = 0; i < reads.count; ++i)
      reads.parts[i] = {parts_[i].data.load(std::memory_order_relaxed), parts_[i].count.load(std::memory_order_relaxed),
                        parts_[i].bytes.load(std::memory_order_relaxed)};
    return reads;
  }

 private:
  struct Part {
    std::atomic<const std::byte*> data{nullptr};
    std::atomic<std::int64_t> count{0}, bytes{0};
  };
  std::array<Part, kMostPartBytes> parts_;
  std::atomic<std::size_t> count_{0};
};

}  // namespace

struct Crew::Impl {
  explicit Impl(std::int64_t threads) : places(static_cast<std::size_t>(threads)) {}

  void serve(std::size_t self);
  void work_on(std::size_t self, std::uint32_t loop);
  bool claim(std::size_t place, bool own, std::uint32_t loop, Range& parts);
  void fetch(std::size_t self, std::uint32_t loop) const;
  void expect(std::span<const PartBytes> reads);

  std::vector<Place> places;
  alignas(128) std::atomic<std::uint32_t> loop{0};  // the newest
  std::atomic<bool> over{false};
  alignas(128) std::atomic<std::int64_t> done{0};  // parts of it
  // Of the newest loop: written before `loop`, read by those who claimed a part of it.
  Work work = nullptr;
  const void* context = nullptr;
  Expected next;                    // what the loop behind it will read
  const std::byte* last = nullptr;  // the bytes of the loop before
  std::unordered_map<const std::byte*, Reads> followers;
};

// The owner takes a quarter of what is left from the front, where its bytes were fetched: many parts behind each other
// read faster than one by one, and the small ones at the end let threads finish together. Others take one from the
// back.
bool Crew::Impl::claim(std::size_t place, bool own, std::uint32_t current, Range& parts) {
  std::atomic<std::uint64_t>& word = places[place].share;
  std::uint64_t seen = word.load(std::memory_order_acquire);
  for (;;) {
    Share share = Share::of(seen);
    if (share.loop != current || share.begin >= share.end) return false;
    if (own) {
      parts.begin = share.begin;
      share.begin = static_cast<std::uint16_t>(share.begin + std::max(1, (share.end - share.begin) / kShareOfRest));
      parts.end = share.begin;
    } else {
      parts.end = share.end--;
      parts.begin = share.end;
    }
    if (word.compare_exchange_weak(seen, share.word(), std::memory_order_acq_rel)) return true;
  }
}

void Crew::Impl::work_on(std::size_t self, std::uint32_t current) {
  std::int64_t finished = 0;
  Range parts;
  for (std::size_t i = 0; i < places.size(); ++i)
    while (claim((self + i) % places.size(), i == 0, current, parts)) {
      work(context, parts.begin, parts.end);
      finished += parts.end - parts.begin;
    }
  if (finished > 0) done.fetch_add(finished, std::memory_order_acq_rel);
}

// This thread's share of what comes next, until there is work again.
void Crew::Impl::fetch(std::size_t self, std::uint32_t current) const {
  const Reads reads = next.get();
  const auto threads = static_cast<std::int64_t>(places.size()), own = static_cast<std::int64_t>(self);
  std::int64_t total = 0, left = kFetchBytes;
  for (std::size_t i = 0; i < reads.count; ++i) total += reads.parts[i].count;
  std::int64_t begin = total * own / threads, end = total * (own + 1) / threads;
  for (std::size_t i = 0; i < reads.count; ++i) {
    const PartBytes& part = reads.parts[i];
    const std::byte* from = part.data + std::clamp<std::int64_t>(begin, 0, part.count) * part.bytes;
    const std::byte* const to = part.data + std::clamp<std::int64_t>(end, 0, part.count) * part.bytes;
    begin -= part.count;
    end -= part.count;
    for (; from < to && left > 0; left -= kFetchStep) {
      if (loop.load(std::memory_order_acquire) != current || over.load(std::memory_order_relaxed)) return;
      const std::byte* const stop = to - from > kFetchStep ? from + kFetchStep : to;
      for (; from < stop; from += kLine) __builtin_prefetch(from, 0, 2);
    }
  }
}

void Crew::Impl::serve(std::size_t self) {
  std::uint32_t seen = 0;
  for (int spins = 0; !over.load(std::memory_order_acquire);) {
    const std::uint32_t current = loop.load(std::memory_order_acquire);
    if (current == seen) {
      pause(spins);
      continue;
    }
    seen = current;
    spins = 0;
    work_on(self, current);
    fetch(self, current);
  }
}

// Learns what came behind the loop before, and looks up what came behind this one. A loop that reads nothing known is
// passed over: what was expected before it is expected still.
void Crew::Impl::expect(std::span<const PartBytes> reads) {
  if (reads.empty()) return;
  if (followers.size() > kMostRemembered) followers.clear();
  if (last != nullptr) {
    Reads& follower = followers[last];
    follower.count = std::min(reads.size(), kMostPartBytes);
    std::copy_n(reads.begin(), follower.count, follower.parts.begin());
  }
  last = reads.front().data;
  const auto it = followers.find(last);
  next.set(it == followers.end() ? Reads{} : it->second);
}

void Crew::run(std::int64_t parts, Work work, const void* context, std::span<const PartBytes> reads) {
  C2C_CHECK(parts >= 0 && parts <= kMostParts, "a crew's loop has at most 65535 parts");
  if (parts == 0) return;
  Impl& crew = *impl_;
  const auto threads = static_cast<std::int64_t>(crew.places.size());
  const std::uint32_t current = crew.loop.load(std::memory_order_relaxed) + 1;
  crew.expect(reads);
  crew.work = work;
  crew.context = context;
  crew.done.store(0, std::memory_order_relaxed);
  for (std::int64_t t = 0; t < threads; ++t) {
    const Share share{current, static_cast<std::uint16_t>(parts * t / threads),
                      static_cast<std::uint16_t>(parts * (t + 1) / threads)};
    crew.places[static_cast<std::size_t>(t)].share.store(share.word(), std::memory_order_release);
  }
  crew.loop.store(current, std::memory_order_release);
  Crew* const here = std::exchange(active, nullptr);  // a part has no crew of its own
  crew.work_on(0, current);
  for (int spins = 0; crew.done.load(std::memory_order_acquire) != parts;) pause(spins);
  active = here;
}

Crew::Crew(std::int64_t threads) : impl_(std::make_unique<Impl>(threads)) {}
Crew::~Crew() = default;

Crew* Crew::here() {
  return active;
}

void with_crew(const std::function<void()>& step) {
  const std::int64_t threads = at::get_num_threads();
  if (active != nullptr || threads < 2 || at::in_parallel_region()) return step();
  // Kept for what it remembers.
  static thread_local std::unique_ptr<Crew, void (*)(Crew*)> kept(nullptr, [](Crew* crew) { delete crew; });
  if (kept == nullptr || static_cast<std::int64_t>(kept->impl_->places.size()) != threads)
    kept.reset(new Crew(threads));
  Crew& crew = *kept;
  crew.impl_->over.store(false, std::memory_order_release);
  at::parallel_for(0, threads, 1, [&](std::int64_t begin, std::int64_t) {
    if (begin != 0) return crew.impl_->serve(static_cast<std::size_t>(begin));
    struct Standing {
      Crew& crew;
      explicit Standing(Crew& standing) : crew(standing) { active = &crew; }
      ~Standing() {
        active = nullptr;
        crew.impl_->over.store(true, std::memory_order_release);
      }
    } const standing(crew);
    step();
  });
}

}  // namespace c2c
