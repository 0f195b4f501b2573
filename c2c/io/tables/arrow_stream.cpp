#include "c2c/io/tables/arrow_stream.h"

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/io/tables/flat_table.h"

namespace c2c {
namespace {

constexpr std::int64_t kBatchRows = 1000;                          // as Hugging Face datasets writes them
constexpr std::size_t kMostText = std::size_t{1} << 30;            // of one column in one batch
constexpr std::uint8_t kSchemaHeader = 1, kRecordBatchHeader = 3;  // Message.fbs: MessageHeader
constexpr std::uint8_t kUtf8 = 5, kBool = 6;                       // Schema.fbs: Type
constexpr std::int16_t kVersion5 = 4;                              // Schema.fbs: MetadataVersion
constexpr std::uint32_t kContinuation = 0xFFFFFFFF;

std::size_t padded(std::size_t size) {
  return (size + 7) / 8 * 8;
}

// A Message (Message.fbs) up to its header, whose pointer is returned.
std::size_t begin_message(FlatBytes& flat, std::uint8_t header_type, std::int64_t body_bytes) {
  const std::size_t root = flat.put(std::uint32_t{0});
  const auto message = flat.table(root, {2, 1, 4, 8});  // version, header_type, header, bodyLength
  flat.set(message[0], kVersion5);
  flat.set(message[1], header_type);
  flat.set(message[3], body_bytes);
  return message[2];
}

std::string framed(FlatBytes& flat) {
  flat.align(8);
  std::string out(8, '\0');
  const auto size = static_cast<std::uint32_t>(flat.bytes().size());
  std::memcpy(out.data(), &kContinuation, 4);
  std::memcpy(out.data() + 4, &size, 4);
  return out + flat.bytes();
}

void put_field(FlatBytes& flat, std::size_t pointer, const ArrowStreamWriter::Column& column) {
  // name, nullable, type_type, type, dictionary, children
  const auto field = flat.table(pointer, {4, 1, 1, 4, 0, 4});
  flat.set(field[1], std::uint8_t{1});
  flat.set(field[2], column.type == ArrowStreamWriter::Type::kText ? kUtf8 : kBool);
  flat.text(field[0], column.name);
  flat.table(field[3], {});
  flat.vector(field[5], 0, 4);
}

std::string schema_message(const std::vector<ArrowStreamWriter::Column>& columns) {
  FlatBytes flat;
  const auto schema = flat.table(begin_message(flat, kSchemaHeader, 0), {2, 4});  // endianness (little: 0), fields
  flat.vector(schema[1], columns.size(), 4);
  std::vector<std::size_t> pointers;
  for (std::size_t i = 0; i < columns.size(); ++i) pointers.push_back(flat.put(std::uint32_t{0}));
  for (std::size_t i = 0; i < columns.size(); ++i) put_field(flat, pointers[i], columns[i]);
  return framed(flat);
}

}  // namespace

ArrowStreamWriter::ArrowStreamWriter(std::vector<Column> columns, Sink sink)
    : columns_(std::move(columns)), buffers_(columns_.size()), sink_(std::move(sink)) {
  sink_(schema_message(columns_));
}

void ArrowStreamWriter::add(const std::vector<std::string_view>& texts, const std::vector<bool>& booleans) {
  C2C_CHECK(texts.size() + booleans.size() == columns_.size(), "a value for each column");
  bool is_full = pending_ == kBatchRows;
  for (std::size_t i = 0, text = 0; i < columns_.size(); ++i) {
    if (columns_[i].type != Type::kText) continue;
    const std::size_t size = texts.at(text++).size();
    if (size > kMostText)
      fail_input({.key = columns_[i].name, .found = std::to_string(size) + " bytes", .expected = "at most 1 GiB"});
    is_full = is_full || buffers_[i].bytes.size() + size > kMostText;
  }
  if (is_full) write_batch();
  for (std::size_t i = 0, text = 0, boolean = 0; i < columns_.size(); ++i) {
    Buffer& buffer = buffers_[i];
    if (columns_[i].type == Type::kText) {
      buffer.bytes += texts[text++];
      buffer.ends.push_back(static_cast<std::int32_t>(buffer.bytes.size()));
      continue;
    }
    if (pending_ % 8 == 0) buffer.bytes.push_back('\0');
    if (booleans.at(boolean++)) buffer.bytes.back() = static_cast<char>(buffer.bytes.back() | 1 << pending_ % 8);
  }
  ++pending_;
  ++rows_;
}

void ArrowStreamWriter::write_batch() {
  if (pending_ == 0) return;
  std::string body;
  std::vector<std::int64_t> places;  // offset and length of each buffer
  const auto append = [&](std::string_view bytes) {
    places.push_back(static_cast<std::int64_t>(body.size()));
    places.push_back(static_cast<std::int64_t>(bytes.size()));
    body += bytes;
    body.resize(padded(body.size()));
  };
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    append({});  // which values are null: none
    const auto& ends = buffers_[i].ends;
    if (columns_[i].type == Type::kText)
      append({reinterpret_cast<const char*>(ends.data()), ends.size() * sizeof(ends[0])});
    append(buffers_[i].bytes);
    buffers_[i] = Buffer();
  }
  FlatBytes flat;
  const std::size_t header = begin_message(flat, kRecordBatchHeader, static_cast<std::int64_t>(body.size()));
  const auto batch = flat.table(header, {8, 4, 4});  // length, nodes, buffers
  flat.set(batch[0], pending_);
  flat.vector(batch[1], columns_.size(), 8);
  for (std::size_t i = 0; i < columns_.size(); ++i) flat.put(pending_), flat.put(std::int64_t{0});  // length, nulls
  flat.vector(batch[2], places.size() / 2, 8);
  for (const std::int64_t number : places) flat.put(number);
  sink_(framed(flat));
  sink_(body);
  pending_ = 0;
}

void ArrowStreamWriter::finish() {
  write_batch();
  sink_({"\xFF\xFF\xFF\xFF\0\0\0\0", 8});
}

}  // namespace c2c
