#include "c2c/io/formats/safetensors.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/io/formats/atomic_file.h"
#include "c2c/io/formats/byte_reader.h"
#include "c2c/io/formats/json.h"

namespace c2c {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxHeader = 100'000'000;  // the limit of the safetensors library
constexpr const char* kMetadataKey = "__metadata__";

DType parse_dtype(const std::string& text, const std::string& where, const std::string& tensor) {
  for (const DType type : {DType::kF64, DType::kF32, DType::kF16, DType::kBF16, DType::kI64, DType::kI32, DType::kI16,
                           DType::kI8, DType::kU8, DType::kBool})
    if (dtype_name(type) == text) return type;
  fail_input({.where = where,
              .key = tensor,
              .found = "element type " + text,
              .expected = "F64, F32, F16, BF16, I64, I32, I16, I8, U8 or BOOL"});
}

std::uint64_t unsigned_number(const Json& value, const std::string& where, const std::string& key) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > kMost)
    fail_input({.where = where, .key = key, .found = value.dump(), .expected = "a whole number from 0 to 2^63-1"});
  return value.get<std::uint64_t>();
}

// The three fields of one entry; `data` becomes its bytes inside `payload`.
TensorInfo parse_entry(const std::string& name, const Json& entry, Bytes payload, const std::string& where) {
  const auto field = [&](const char* key, Json::value_t type) -> const Json& {
    const auto found = entry.is_object() ? entry.find(key) : entry.end();
    if (found == entry.end() || found->type() != type)
      fail_input({.where = where,
                  .key = name,
                  .expected = std::string("an object with dtype, shape and data_offsets; ") + key +
                              " is missing or of another type"});
    return *found;
  };
  TensorInfo info;
  info.name = name;
  info.dtype = parse_dtype(field("dtype", Json::value_t::string).get<std::string>(), where, name);
  for (const Json& size : field("shape", Json::value_t::array))
    info.shape.push_back(static_cast<std::int64_t>(unsigned_number(size, where, name + ".shape")));
  const Json& offsets = field("data_offsets", Json::value_t::array);
  if (offsets.size() != 2)
    fail_input({.where = where, .key = name + ".data_offsets", .found = offsets.dump(), .expected = "[begin, end]"});
  const std::uint64_t begin = unsigned_number(offsets[0], where, name + ".data_offsets");
  const std::uint64_t end = unsigned_number(offsets[1], where, name + ".data_offsets");
  if (begin > end || end > payload.size())
    fail_input({.where = where,
                .key = name + ".data_offsets",
                .found = offsets.dump(),
                .expected = "an interval within the " + std::to_string(payload.size()) + " bytes of tensor data",
                .hint = "the file is truncated or damaged"});
  const std::size_t expected = tensor_bytes(info.dtype, info.numel());
  if (end - begin != expected)
    fail_input({.where = where,
                .key = name,
                .found = std::to_string(end - begin) + " bytes",
                .expected =
                    std::to_string(expected) + " for " + std::string(dtype_name(info.dtype)) + shape_text(info.shape)});
  info.data = payload.subspan(begin, end - begin);
  return info;
}

// Sorted by offset, the intervals must tile the payload: what the format's own library demands.
void check_tiling(const std::vector<TensorInfo>& tensors, Bytes payload, const std::string& where) {
  const std::byte* at = payload.data();
  for (const TensorInfo& info : tensors) {
    if (info.data.data() != at)
      fail_input({.where = where,
                  .key = info.name,
                  .found = "data that begins at byte " + std::to_string(info.data.data() - payload.data()),
                  .expected = "it right after its predecessor, at byte " + std::to_string(at - payload.data())});
    at += info.data.size();
  }
  if (at != payload.data() + payload.size())
    fail_input({.where = where,
                .found = std::to_string(payload.data() + payload.size() - at) + " bytes that belong to no tensor"});
}

}  // namespace

SafetensorsFile SafetensorsFile::open(std::shared_ptr<ByteSource> source) {
  SafetensorsFile file;
  const std::string& where = source->name();
  ByteReader reader(source->bytes(), where);
  const auto header_size = reader.number<std::uint64_t>();
  if (header_size > kMaxHeader)
    fail_input({.where = where,
                .found = "a header of " + std::to_string(header_size) + " bytes",
                .expected = "at most 100 MB",
                .hint = "this is no safetensors file, or it is damaged"});
  const std::string_view header = reader.text(header_size);
  const Bytes payload = source->bytes().subspan(reader.offset());
  const Json root = parse_json(header, where, {.max_bytes = kMaxHeader, .max_depth = 8, .unique_keys = true});
  if (!root.is_object()) fail_input({.where = where, .key = "header", .expected = "a JSON object"});
  for (const auto& [name, entry] : root.items()) {
    if (name != kMetadataKey) {
      file.tensors_.push_back(parse_entry(name, entry, payload, where));
      continue;
    }
    if (!entry.is_object()) fail_input({.where = where, .key = name, .expected = "an object of strings"});
    for (const auto& [key, value] : entry.items()) {
      if (!value.is_string()) fail_input({.where = where, .key = name + "." + key, .expected = "a string"});
      file.metadata_[key] = value.get<std::string>();
    }
  }
  std::sort(file.tensors_.begin(), file.tensors_.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return std::pair(a.data.data(), a.data.size()) < std::pair(b.data.data(), b.data.size());
  });
  check_tiling(file.tensors_, payload, where);
  for (std::size_t i = 0; i < file.tensors_.size(); ++i) file.index_.emplace(file.tensors_[i].name, i);
  file.source_ = std::move(source);
  return file;
}

const TensorInfo* SafetensorsFile::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

void write_safetensors(const std::filesystem::path& path, const std::vector<TensorInfo>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  // Wide elements first, so that every tensor begins at a multiple of its element size.
  std::vector<const TensorInfo*> order;
  for (const TensorInfo& info : tensors) order.push_back(&info);
  std::sort(order.begin(), order.end(), [](const TensorInfo* a, const TensorInfo* b) {
    const std::size_t size_a = dtype_block_bytes(a->dtype);
    const std::size_t size_b = dtype_block_bytes(b->dtype);
    return size_a != size_b ? size_a > size_b : a < b;  // both point into `tensors`: else the given order
  });
  nlohmann::ordered_json root = nlohmann::ordered_json::object();
  if (!metadata.empty()) root[kMetadataKey] = metadata;
  std::set<std::string> names = {kMetadataKey};
  std::size_t offset = 0;
  for (const TensorInfo* info : order) {
    const std::string where = path.string();
    if (!names.insert(info->name).second || !is_valid_utf8(info->name))
      fail_input({.where = where, .key = sanitize_utf8(info->name), .expected = "unique tensor names in UTF-8"});
    if (dtype_is_quantized(info->dtype))
      fail_input({.where = where,
                  .key = info->name,
                  .found = std::string(dtype_name(info->dtype)),
                  .expected = "a plain element type; safetensors has no block types"});
    C2C_CHECK(info->data.size() == tensor_bytes(info->dtype, info->numel()), "tensor bytes do not fit its shape");
    root[info->name] = {{"dtype", std::string(dtype_name(info->dtype))},
                        {"shape", info->shape},
                        {"data_offsets", {offset, offset + info->data.size()}}};
    offset += info->data.size();
  }
  std::string header;
  try {
    header = root.dump();
  } catch (const nlohmann::json::exception&) {
    fail_input({.where = path.string(), .key = kMetadataKey, .expected = "text in UTF-8"});
  }
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const std::uint64_t size = header.size();
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&size, 1)));
  file.write(header);
  for (const TensorInfo* info : order) file.write(info->data);
  file.commit();
}

}  // namespace c2c
