#include "c2c/io/formats/gguf.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>
#include <unordered_set>
#include <utility>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/io/formats/byte_reader.h"

namespace c2c {
namespace {

// Numbers of the format's enum gguf_metadata_value_type.
enum ValueType : std::uint32_t {
  kUint8 = 0,
  kInt8 = 1,
  kUint16 = 2,
  kInt16 = 3,
  kUint32 = 4,
  kInt32 = 5,
  kFloat32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kUint64 = 10,
  kInt64 = 11,
  kFloat64 = 12,
};

constexpr std::uint64_t kMaxDims = 8;
constexpr std::int64_t kDefaultAlignment = 32;

std::optional<DType> dtype_of_ggml(std::uint32_t type) {
  switch (type) {
    case 0:
      return DType::kF32;
    case 1:
      return DType::kF16;
    case 2:
      return DType::kQ4_0;
    case 3:
      return DType::kQ4_1;
    case 6:
      return DType::kQ5_0;
    case 7:
      return DType::kQ5_1;
    case 8:
      return DType::kQ8_0;
    case 12:
      return DType::kQ4_K;
    case 13:
      return DType::kQ5_K;
    case 14:
      return DType::kQ6_K;
    case 24:
      return DType::kI8;
    case 25:
      return DType::kI16;
    case 26:
      return DType::kI32;
    case 27:
      return DType::kI64;
    case 28:
      return DType::kF64;
    case 30:
      return DType::kBF16;
    default:
      return std::nullopt;
  }
}

// The wide-spread ones that are not read, for the message.
std::string ggml_type_text(std::uint32_t type) {
  static const std::map<std::uint32_t, const char*> kNames = {
      {9, "Q8_1"},     {10, "Q2_K"},  {11, "Q3_K"},   {15, "Q8_K"},  {16, "IQ2_XXS"}, {17, "IQ2_XS"},
      {18, "IQ3_XXS"}, {19, "IQ1_S"}, {20, "IQ4_NL"}, {21, "IQ3_S"}, {22, "IQ2_S"},   {23, "IQ4_XS"},
      {29, "IQ1_M"},   {34, "TQ1_0"}, {35, "TQ2_0"},  {39, "MXFP4"}};
  const auto found = kNames.find(type);
  return found == kNames.end() ? "ggml type " + std::to_string(type) : found->second;
}

class Parser {
 public:
  explicit Parser(const ByteSource& source) : where_(source.name()), reader_(source.bytes(), source.name()) {}

  std::size_t offset() const { return reader_.offset(); }

  // {number of tensors, number of metadata entries}
  std::pair<std::uint64_t, std::uint64_t> header() {
    if (reader_.text(4) != "GGUF")
      fail_input({.where = where_, .found = "no GGUF magic", .expected = "a GGUF file (a model for llama.cpp)"});
    const auto version = reader_.number<std::uint32_t>();
    if (version != 2 && version != 3)
      fail_input({.where = where_,
                  .found = "GGUF version " + std::to_string(version),
                  .expected = "version 2 or 3, little endian",
                  .hint = "convert the model again with a present llama.cpp"});
    const auto tensors = reader_.number<std::uint64_t>();
    const auto entries = reader_.number<std::uint64_t>();
    check_count(tensors, 24, "tensor count");
    check_count(entries, 13, "metadata count");
    return {tensors, entries};
  }

  std::string string() { return std::string(reader_.text(reader_.number<std::uint64_t>())); }

  GgufValue value(const std::string& key) {
    const auto type = reader_.number<std::uint32_t>();
    switch (type) {
      case kString:
        return string();
      case kBool:
        return boolean();
      case kFloat32:
        return static_cast<double>(reader_.number<float>());
      case kFloat64:
        return reader_.number<double>();
      case kArray:
        return array(key);
      default:
        return integer(type, key);
    }
  }

  // A tensor's entry; its data are resolved once their start is known.
  struct TensorEntry {
    TensorInfo info;
    std::uint64_t offset;
  };
  TensorEntry tensor() {
    TensorEntry entry;
    entry.info.name = string();
    const std::string name = sanitize_utf8(entry.info.name);
    const auto dims = reader_.number<std::uint32_t>();
    if (dims > kMaxDims)
      fail_input(
          {.where = where_, .key = name, .found = std::to_string(dims) + " dimensions", .expected = "at most 8"});
    for (std::uint32_t i = 0; i < dims; ++i) entry.info.shape.push_back(integer(kUint64, name));
    // The file has the fastest dimension first.
    const std::int64_t row = dims > 0 ? entry.info.shape.front() : 1;
    std::reverse(entry.info.shape.begin(), entry.info.shape.end());
    const auto type = reader_.number<std::uint32_t>();
    const auto dtype = dtype_of_ggml(type);
    if (!dtype)
      fail_input({.where = where_,
                  .key = name,
                  .found = "element type " + ggml_type_text(type),
                  .expected = "F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K or Q6_K",
                  .hint = "take the model in another quantisation, for example Q8_0 or Q4_K_M"});
    entry.info.dtype = *dtype;
    if (row % static_cast<std::int64_t>(dtype_block_elements(*dtype)) != 0)
      fail_input({.where = where_,
                  .key = name,
                  .found = "rows of " + std::to_string(row) + " elements",
                  .expected = "a multiple of " + std::to_string(dtype_block_elements(*dtype)) + " for " +
                              std::string(dtype_name(*dtype))});
    entry.offset = reader_.number<std::uint64_t>();
    return entry;
  }

 private:
  // Nothing is reserved for entries that the rest of the file cannot hold.
  void check_count(std::uint64_t count, std::uint64_t smallest, const std::string& key) const {
    if (count > reader_.remaining() / smallest)
      fail_input({.where = where_,
                  .key = key,
                  .found = std::to_string(count),
                  .expected = "at most what the " + std::to_string(reader_.remaining()) + " bytes that follow can hold",
                  .hint = "the file is truncated or damaged"});
  }

  bool boolean() {
    const auto byte = reader_.number<std::uint8_t>();
    if (byte > 1)
      fail_input({.where = where_,
                  .key = "byte " + std::to_string(reader_.offset() - 1),
                  .found = std::to_string(byte),
                  .expected = "a bool (0 or 1)"});
    return byte == 1;
  }

  std::int64_t integer(std::uint32_t type, const std::string& key) {
    switch (type) {
      case kUint8:
        return reader_.number<std::uint8_t>();
      case kInt8:
        return reader_.number<std::int8_t>();
      case kUint16:
        return reader_.number<std::uint16_t>();
      case kInt16:
        return reader_.number<std::int16_t>();
      case kUint32:
        return reader_.number<std::uint32_t>();
      case kInt32:
        return reader_.number<std::int32_t>();
      case kInt64:
        return reader_.number<std::int64_t>();
      case kUint64: {
        const auto value = reader_.number<std::uint64_t>();
        if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
          return static_cast<std::int64_t>(value);
        fail_input({.where = where_, .key = key, .found = std::to_string(value), .expected = "less than 2^63"});
      }
      default:
        fail_input({.where = where_,
                    .key = key,
                    .found = "value type " + std::to_string(type),
                    .expected = "a value type of the format (0 to 12); arrays in arrays are not read"});
    }
  }

  template <class T, class Read>
  std::vector<T> items(std::uint64_t count, std::uint64_t smallest, const std::string& key, Read read) {
    check_count(count, smallest, key);
    std::vector<T> values;
    values.reserve(static_cast<std::size_t>(count));
    for (std::uint64_t i = 0; i < count; ++i) values.push_back(read());
    return values;
  }

  GgufValue array(const std::string& key) {
    const auto type = reader_.number<std::uint32_t>();
    const auto count = reader_.number<std::uint64_t>();
    switch (type) {
      case kString:
        return items<std::string>(count, 8, key, [&] { return string(); });
      case kBool:
        return items<bool>(count, 1, key, [&] { return boolean(); });
      case kFloat32:
        return items<double>(count, 4, key, [&] { return static_cast<double>(reader_.number<float>()); });
      case kFloat64:
        return items<double>(count, 8, key, [&] { return reader_.number<double>(); });
      default:
        return items<std::int64_t>(count, 1, key, [&] { return integer(type, key); });
    }
  }

  std::string where_;
  ByteReader reader_;
};

// Finds each tensor's bytes behind `start`, in bounds, aligned and without overlap.
void resolve(std::vector<Parser::TensorEntry>& entries, Bytes data, std::int64_t alignment, const std::string& where) {
  std::vector<const TensorInfo*> order;
  for (auto& [info, offset] : entries) {
    const std::size_t size = tensor_bytes(info.dtype, info.numel());
    if (offset % static_cast<std::uint64_t>(alignment) != 0 || offset > data.size() || size > data.size() - offset)
      fail_input({.where = where,
                  .key = sanitize_utf8(info.name),
                  .found = std::to_string(size) + " bytes at offset " + std::to_string(offset),
                  .expected = "an offset that is a multiple of " + std::to_string(alignment) +
                              " and an end within the " + std::to_string(data.size()) + " bytes of tensor data",
                  .hint = "the file is truncated or damaged"});
    info.data = data.subspan(static_cast<std::size_t>(offset), size);
    if (size > 0) order.push_back(&info);
  }
  std::sort(order.begin(), order.end(),
            [](const TensorInfo* a, const TensorInfo* b) { return a->data.data() < b->data.data(); });
  for (std::size_t i = 1; i < order.size(); ++i)
    if (order[i - 1]->data.data() + order[i - 1]->data.size() > order[i]->data.data())
      fail_input({.where = where,
                  .key = sanitize_utf8(order[i]->name),
                  .found = "data that overlap those of " + sanitize_utf8(order[i - 1]->name)});
}

const char* type_text(const GgufValue& value) {
  static constexpr const char* kNames[] = {"an integer",
                                           "a float",
                                           "a bool",
                                           "a string",
                                           "an array of integers",
                                           "an array of floats",
                                           "an array of bools",
                                           "an array of strings"};
  return kNames[value.index()];
}

template <class T>
const T* find_typed(const GgufFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end()) return nullptr;
  if (const T* value = std::get_if<T>(&found->second)) return value;
  fail_input({.where = file.source()->name(),
              .key = key,
              .found = type_text(found->second),
              .expected = type_text(GgufValue(T{}))});
}

template <class T>
std::optional<T> copy_typed(const GgufFile& file, const std::string& key) {
  const T* value = find_typed<T>(file, key);
  return value != nullptr ? std::optional<T>(*value) : std::nullopt;
}

}  // namespace

GgufFile GgufFile::open(std::shared_ptr<ByteSource> source) {
  GgufFile file;
  file.source_ = std::move(source);
  const std::string& where = file.source_->name();
  Parser parser(*file.source_);
  const auto [tensor_count, entry_count] = parser.header();
  for (std::uint64_t i = 0; i < entry_count; ++i) {
    std::string key = parser.string();
    GgufValue value = parser.value(sanitize_utf8(key));
    if (const auto [at, fresh] = file.metadata_.emplace(std::move(key), std::move(value)); !fresh)
      fail_input({.where = where, .key = sanitize_utf8(at->first), .found = "the key twice"});
  }
  if (file.find_int("split.count").value_or(1) > 1)
    fail_input({.where = where,
                .found = "one part of a model in several files",
                .expected = "a whole model",
                .hint = "join the parts: llama-gguf-split --merge FIRST_PART WHOLE.gguf"});
  std::vector<Parser::TensorEntry> entries;
  std::unordered_set<std::string> names;
  for (std::uint64_t i = 0; i < tensor_count; ++i) {
    entries.push_back(parser.tensor());
    if (!names.insert(entries.back().info.name).second)
      fail_input({.where = where, .key = sanitize_utf8(entries.back().info.name), .found = "the tensor twice"});
  }
  const std::int64_t alignment = file.find_int("general.alignment").value_or(kDefaultAlignment);
  if (alignment <= 0 || alignment > (1 << 20) || !std::has_single_bit(static_cast<std::uint64_t>(alignment)))
    fail_input({.where = where,
                .key = "general.alignment",
                .found = std::to_string(alignment),
                .expected = "a power of two up to 1 MiB"});
  const Bytes bytes = file.source_->bytes();
  const auto step = static_cast<std::size_t>(alignment);
  const std::size_t start = std::min((parser.offset() + step - 1) / step * step, bytes.size());
  resolve(entries, bytes.subspan(start), alignment, where);
  for (auto& entry : entries) file.tensors_.push_back(std::move(entry.info));
  file.source_->release(bytes.first(start));  // names and metadata were copied
  return file;
}

const std::string* GgufFile::find_string(const std::string& key) const {
  return find_typed<std::string>(*this, key);
}
std::optional<std::int64_t> GgufFile::find_int(const std::string& key) const {
  return copy_typed<std::int64_t>(*this, key);
}
std::optional<double> GgufFile::find_float(const std::string& key) const {
  const auto found = metadata_.find(key);
  if (found != metadata_.end())
    if (const auto* value = std::get_if<std::int64_t>(&found->second)) return static_cast<double>(*value);
  return copy_typed<double>(*this, key);
}
std::optional<bool> GgufFile::find_bool(const std::string& key) const {
  return copy_typed<bool>(*this, key);
}
const std::vector<std::string>* GgufFile::find_strings(const std::string& key) const {
  return find_typed<std::vector<std::string>>(*this, key);
}
const std::vector<std::int64_t>* GgufFile::find_ints(const std::string& key) const {
  return find_typed<std::vector<std::int64_t>>(*this, key);
}
const std::vector<double>* GgufFile::find_floats(const std::string& key) const {
  return find_typed<std::vector<double>>(*this, key);
}

}  // namespace c2c
