#include <algorithm>
#include <limits>
#include <vector>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/io/formats/byte_reader.h"
#include "c2c/io/formats/zip.h"

// Layout: APPNOTE.TXT of PKWARE, 4.3. [local header, data]* [central directory] [zip64 end, locator] [end].
namespace c2c {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kCentralHeader = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50;
constexpr std::uint32_t kZip64End = 0x06064b50;
constexpr std::uint32_t kZip64Locator = 0x07064b50;
constexpr std::size_t kEndSize = 22;
constexpr std::size_t kLocatorSize = 20;
constexpr std::size_t kCentralSize = 46;
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;  // "the real number is in the zip64 part"

[[noreturn]] void fail_damaged(const std::string& where, const std::string& what) {
  fail_input({.where = where,
              .found = what,
              .expected = "a whole zip archive",
              .hint = "the file is truncated or damaged; download or save it again"});
}

struct Directory {
  std::uint64_t entries;
  std::uint64_t size;
  std::uint64_t offset;
};

// The end record stands last, but for a comment of at most 64 KiB.
std::size_t find_end(Bytes bytes, const std::string& where) {
  if (bytes.size() < kEndSize) fail_damaged(where, "no zip directory");
  const std::size_t last = bytes.size() - kEndSize;
  const std::size_t first = last > 0xFFFF ? last - 0xFFFF : 0;
  for (std::size_t at = last + 1; at-- > first;) {
    ByteReader reader(bytes, where, at);
    if (reader.number<std::uint32_t>() != kEnd) continue;
    reader.take(16);
    if (reader.number<std::uint16_t>() == reader.remaining()) return at;
  }
  fail_damaged(where, "no zip directory");
}

Directory find_directory(Bytes bytes, const std::string& where) {
  const std::size_t end = find_end(bytes, where);
  ByteReader reader(bytes, where, end + 8);
  reader.take(2);
  Directory directory{};
  directory.entries = reader.number<std::uint16_t>();
  directory.size = reader.number<std::uint32_t>();
  directory.offset = reader.number<std::uint32_t>();
  if (end < kLocatorSize) return directory;
  ByteReader locator(bytes, where, end - kLocatorSize);
  if (locator.number<std::uint32_t>() != kZip64Locator) return directory;
  locator.take(4);
  const auto at = locator.number<std::uint64_t>();
  if (at > bytes.size()) fail_damaged(where, "a zip64 directory beyond the end");
  ByteReader zip64(bytes, where, static_cast<std::size_t>(at));
  if (zip64.number<std::uint32_t>() != kZip64End) fail_damaged(where, "a zip64 locator that points elsewhere");
  zip64.take(28);
  directory.entries = zip64.number<std::uint64_t>();
  directory.size = zip64.number<std::uint64_t>();
  directory.offset = zip64.number<std::uint64_t>();
  return directory;
}

struct Entry {
  std::string name;
  std::uint64_t size;
  std::uint64_t header_offset;
};

// Sizes and offset that do not fit 32 bits stand in an extra field of id 1, in this order.
void read_zip64_extra(Bytes extra, const std::string& where, std::uint64_t& raw_size, std::uint64_t& stored_size,
                      std::uint64_t& offset) {
  ByteReader reader(extra, where + ": zip64 field");
  while (reader.remaining() >= 4) {
    const auto id = reader.number<std::uint16_t>();
    ByteReader field(reader.take(reader.number<std::uint16_t>()), where + ": zip64 field");
    if (id != 1) continue;
    for (std::uint64_t* value : {&raw_size, &stored_size, &offset})
      if (*value == kIn64) *value = field.number<std::uint64_t>();
    return;
  }
}

Entry read_central(ByteReader& reader, const std::string& where) {
  if (reader.number<std::uint32_t>() != kCentralHeader) fail_damaged(where, "a broken directory entry");
  reader.take(4);
  const auto flags = reader.number<std::uint16_t>();
  const auto method = reader.number<std::uint16_t>();
  reader.take(8);
  std::uint64_t stored_size = reader.number<std::uint32_t>();
  std::uint64_t raw_size = reader.number<std::uint32_t>();
  const auto name_size = reader.number<std::uint16_t>();
  const auto extra_size = reader.number<std::uint16_t>();
  const auto comment_size = reader.number<std::uint16_t>();
  reader.take(8);
  std::uint64_t offset = reader.number<std::uint32_t>();
  Entry entry;
  entry.name = std::string(reader.text(name_size));
  read_zip64_extra(reader.take(extra_size), where, raw_size, stored_size, offset);
  reader.take(comment_size);
  entry.size = raw_size;
  entry.header_offset = offset;
  if ((flags & 1) != 0 || method != 0 || raw_size != stored_size)
    fail_input({.where = where,
                .key = sanitize_utf8(entry.name),
                .found = (flags & 1) != 0 ? "an encrypted entry" : "a compressed entry",
                .expected = "stored entries, as torch.save writes them",
                .hint = "load and save the file again with torch.save"});
  return entry;
}

Bytes data_of(const Entry& entry, Bytes bytes, const std::string& where) {
  const std::string name = sanitize_utf8(entry.name);
  if (entry.header_offset > bytes.size()) fail_damaged(where, "entry " + name + " beyond the end of the file");
  ByteReader reader(bytes, where + ": " + name, static_cast<std::size_t>(entry.header_offset));
  if (reader.number<std::uint32_t>() != kLocalHeader) fail_damaged(where, "entry " + name + " without its header");
  reader.take(22);
  const auto name_size = reader.number<std::uint16_t>();
  const auto extra_size = reader.number<std::uint16_t>();
  if (reader.text(name_size) != entry.name) fail_damaged(where, "entry " + name + " under another name in its header");
  reader.take(extra_size);
  return reader.take(entry.size);
}

void check_overlap(const std::map<std::string, Bytes, std::less<>>& entries, const std::string& where) {
  std::vector<Bytes> ranges;
  for (const auto& [name, data] : entries)
    if (!data.empty()) ranges.push_back(data);
  std::sort(ranges.begin(), ranges.end(), [](Bytes a, Bytes b) { return a.data() < b.data(); });
  for (std::size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i - 1].data() + ranges[i - 1].size() > ranges[i].data()) fail_damaged(where, "entries that overlap");
}

}  // namespace

std::map<std::string, Bytes, std::less<>> read_stored_zip(const ByteSource& source) {
  const Bytes bytes = source.bytes();
  const std::string& where = source.name();
  const Directory directory = find_directory(bytes, where);
  if (directory.offset > bytes.size() || directory.size > bytes.size() - directory.offset ||
      directory.entries > directory.size / kCentralSize)
    fail_damaged(where, "a directory that does not fit the file");
  ByteReader reader(bytes.subspan(directory.offset, directory.size), where + ": directory");
  std::map<std::string, Bytes, std::less<>> entries;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    Entry entry = read_central(reader, where);
    const Bytes data = data_of(entry, bytes, where);
    if (const auto [at, fresh] = entries.emplace(std::move(entry.name), data); !fresh)
      fail_damaged(where, "entry " + sanitize_utf8(at->first) + " twice");
  }
  check_overlap(entries, where);
  return entries;
}

}  // namespace c2c
