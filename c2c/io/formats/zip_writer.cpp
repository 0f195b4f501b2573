#include <array>
#include <cstring>
#include <span>

#include "c2c/base/error.h"
#include "c2c/io/formats/zip.h"

namespace c2c {
namespace {

constexpr std::uint64_t kMost32 = 0xFFFFFFFF;
constexpr std::uint16_t kUtf8Names = 0x0800;
constexpr std::uint64_t kAlignment = 64;

std::uint32_t crc32_of(Bytes bytes) {
  static const auto kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320U : 0U);
      table[i] = value;
    }
    return table;
  }();
  std::uint32_t crc = ~0U;
  for (const std::byte byte : bytes) crc = kTable[(crc ^ static_cast<std::uint32_t>(byte)) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

template <class... T>
std::string pack(T... values) {
  std::string out;
  (out.append(reinterpret_cast<const char*>(&values), sizeof(values)), ...);
  return out;
}

std::uint32_t low(std::uint64_t value) {
  return static_cast<std::uint32_t>(std::min(value, kMost32));
}

// The zip64 field (id 1) of those values that do not fit 32 bits; empty when all do.
std::string zip64_field(std::initializer_list<std::uint64_t> values) {
  std::string large;
  for (const std::uint64_t value : values)
    if (value >= kMost32) large += pack(value);
  if (large.empty()) return large;
  return pack(std::uint16_t{1}, static_cast<std::uint16_t>(large.size())) + large;
}

// What local and central headers share, from the version needed to the two sizes. No date: files are reproducible.
std::string common(std::uint32_t crc, std::uint64_t size, bool zip64) {
  return pack(std::uint16_t(zip64 ? 45 : 20), kUtf8Names, std::uint16_t{0}, std::uint16_t{0}, std::uint16_t{0x21}, crc,
              low(size), low(size));
}

}  // namespace

void StoredZipWriter::add(const std::string& name, Bytes data) {
  C2C_CHECK(name.size() < 0xFFFF, "zip entry name too long");
  const Entry entry{name, crc32_of(data), data.size(), file_.size()};
  std::string extra = zip64_field({entry.size, entry.size});
  // An extra field that PyTorch calls "FB" pads up to the alignment.
  const std::uint64_t unpadded = entry.header_offset + 30 + name.size() + extra.size() + 4;
  const std::uint64_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;
  extra += "FB" + pack(static_cast<std::uint16_t>(padding)) + std::string(padding, 'Z');
  file_.write(pack(std::uint32_t{0x04034b50}) + common(entry.crc, entry.size, entry.size >= kMost32) +
              pack(static_cast<std::uint16_t>(name.size()), static_cast<std::uint16_t>(extra.size())) + name + extra);
  file_.write(data);
  entries_.push_back(entry);
}

void StoredZipWriter::finish() {
  const std::uint64_t start = file_.size();
  for (const Entry& entry : entries_) {
    const std::string extra = entry.size >= kMost32 ? zip64_field({entry.size, entry.size, entry.header_offset})
                                                    : zip64_field({entry.header_offset});
    file_.write(pack(std::uint32_t{0x02014b50}, std::uint16_t{45}) + common(entry.crc, entry.size, !extra.empty()) +
                pack(static_cast<std::uint16_t>(entry.name.size()), static_cast<std::uint16_t>(extra.size()),
                     std::uint16_t{0}, std::uint16_t{0}, std::uint16_t{0}, std::uint32_t{0}, low(entry.header_offset)) +
                entry.name + extra);
  }
  const std::uint64_t end = file_.size();
  const std::uint64_t count = entries_.size();
  if (count >= 0xFFFF || end >= kMost32) {
    file_.write(pack(std::uint32_t{0x06064b50}, std::uint64_t{44}, std::uint16_t{45}, std::uint16_t{45},
                     std::uint32_t{0}, std::uint32_t{0}, count, count, end - start, start));
    file_.write(pack(std::uint32_t{0x07064b50}, std::uint32_t{0}, end, std::uint32_t{1}));
  }
  const auto low_count = static_cast<std::uint16_t>(std::min<std::uint64_t>(count, 0xFFFF));
  file_.write(pack(std::uint32_t{0x06054b50}, std::uint16_t{0}, std::uint16_t{0}, low_count, low_count,
                   low(end - start), low(start), std::uint16_t{0}));
}

}  // namespace c2c
