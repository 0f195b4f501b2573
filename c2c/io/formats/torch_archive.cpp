#include "c2c/io/formats/torch_archive.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/io/formats/pickle.h"
#include "c2c/io/formats/zip.h"

namespace c2c {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxName = 512;
constexpr std::size_t kSmallestTensor = 16;  // bytes of pickle that name one more tensor, at the very least

using Entries = std::map<std::string, Bytes, std::less<>>;

Entries open_zip(const ByteSource& source) {
  const Bytes bytes = source.bytes();
  const auto begins_with = [&](std::string_view magic) {
    return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
  };
  if (begins_with("\x80\x02"))
    fail_input({.where = source.name(),
                .found = "a bare pickle, PyTorch's format before 1.6",
                .expected = "the zip format",
                .hint = "save it again in Python: torch.save(torch.load(FILE), FILE)"});
  if (!begins_with("PK"))
    fail_input({.where = source.name(), .found = "no zip file", .expected = "a .pt file of torch.save"});
  return read_stored_zip(source);
}

// All records lie in one folder, named after the file when it was saved.
std::string find_prefix(const Entries& entries, const std::string& where) {
  const std::string_view pickle = "/data.pkl";
  for (const auto& [name, data] : entries) {
    if (!name.ends_with(pickle) || name.find('/') != name.size() - pickle.size()) continue;
    std::string prefix = name.substr(0, name.size() - pickle.size() + 1);
    if (entries.contains(prefix + "constants.pkl"))
      fail_input({.where = where,
                  .found = "a TorchScript program",
                  .expected = "a state dict",
                  .hint = "save the weights: torch.save(model.state_dict(), FILE)"});
    return prefix;
  }
  fail_input({.where = where, .found = "no record data.pkl", .expected = "a .pt file of torch.save"});
}

// The tensors of one pickle with their bytes; throws with the tensor's name.
class Collector {
 public:
  Collector(const ByteSource& source, const Entries& entries, std::string prefix)
      : where_(source.name()),
        entries_(entries),
        prefix_(std::move(prefix)),
        pickle_(entries.find(prefix_ + "data.pkl")->second, where_ + ": data.pkl"),
        visits_left_(entries.find(prefix_ + "data.pkl")->second.size()),
        tensors_left_(visits_left_ / kSmallestTensor + 1),
        copies_left_(source.bytes().size()) {}

  void run() {
    const PickleKind kind = pickle_.root().kind;
    if (kind != PickleKind::kDict && kind != PickleKind::kList && kind != PickleKind::kTuple)
      fail_input({.where = where_, .found = "a single value", .expected = "a dict of tensors"});
    collect(pickle_.root(), "", 0);
  }

  std::vector<TensorInfo> tensors;
  std::vector<std::vector<std::byte>> owned;

 private:
  [[noreturn]] void fail(const std::string& name, std::string found, std::string expected = {}) const {
    fail_input({.where = where_, .key = name, .found = std::move(found), .expected = std::move(expected)});
  }

  // Values that are shared stand in several places: their number is bounded by what a pickle without sharing holds.
  void collect(const PickleValue& value, const std::string& name, std::size_t depth) {
    if (value.kind == PickleKind::kTensor) return add(pickle_.tensor(value), name);
    const bool is_dict = value.kind == PickleKind::kDict;
    if (!is_dict && value.kind != PickleKind::kList && value.kind != PickleKind::kTuple) return;
    if (depth == kMaxDepth) fail(name, "values nested deeper than " + std::to_string(kMaxDepth));
    const auto items = pickle_.items(value);
    if (items.size() > visits_left_) fail(name, "more values than the pickle has bytes: they contain each other");
    visits_left_ -= items.size();
    for (std::size_t i = is_dict ? 1 : 0; i < items.size(); i += is_dict ? 2 : 1) {
      const PickleKind kind = items[i].kind;
      if (kind != PickleKind::kTensor && kind != PickleKind::kDict && kind != PickleKind::kList &&
          kind != PickleKind::kTuple)
        continue;
      const std::string part = is_dict ? key_text(items[i - 1], name) : std::to_string(i);
      collect(items[i], name.empty() ? part : name + "." + part, depth + 1);
    }
  }

  std::string key_text(const PickleValue& key, const std::string& parent) const {
    if (key.kind == PickleKind::kInt) return std::to_string(key.number);
    if (key.kind != PickleKind::kText) return "?";
    const std::string_view text = pickle_.text(key);
    if (parent.size() + text.size() > kMaxName || !is_valid_utf8(text))
      fail(sanitize_utf8(text.substr(0, 64)), "a name that is too long or not UTF-8", "at most 512 bytes");
    return std::string(text);
  }

  Bytes storage_bytes(const PickledStorage& storage, const std::string& name) const {
    const auto found = entries_.find(prefix_ + "data/" + std::string(storage.key));
    if (found == entries_.end()) fail(name, "no record data/" + sanitize_utf8(storage.key));
    const std::size_t expected = tensor_bytes(storage.dtype, storage.numel);
    if (found->second.size() != expected)
      fail(name, "a storage of " + std::to_string(found->second.size()) + " bytes",
           std::to_string(expected) + " bytes, as the pickle declares");
    return found->second;
  }

  void add(const PickledTensor& tensor, const std::string& name) {
    if (tensors_left_-- == 0) fail(name, "more tensors than the pickle has room for: they are one and the same");
    const PickledStorage& storage = pickle_.storage(tensor.storage);
    TensorInfo info;
    info.name = name;
    info.dtype = storage.dtype;
    info.shape = pickle_.integers(tensor.shape);
    const auto strides = pickle_.integers(tensor.strides);
    const Bytes bytes = storage_bytes(storage, name);
    const std::int64_t numel = info.numel();
    const std::size_t element = dtype_block_bytes(info.dtype);
    if (tensor.offset < 0 || tensor.offset > storage.numel || numel > storage.numel ||
        !stays_inside(info.shape, strides, storage.numel - tensor.offset))
      fail(name, "a view that leaves its storage", "at most " + std::to_string(storage.numel) + " elements");
    const Bytes start = bytes.subspan(static_cast<std::size_t>(tensor.offset) * element);
    if (numel == 0 || is_contiguous(info.shape, strides))
      info.data = start.first(static_cast<std::size_t>(numel) * element);
    else
      info.data = copy_view(info, strides, start);
    tensors.push_back(std::move(info));
  }

  // Index of the last element reached, without overflow, below `limit`.
  static bool stays_inside(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides,
                           std::int64_t limit) {
    std::int64_t last = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] == 0) return true;
      std::int64_t reach = 0;
      if (__builtin_mul_overflow(shape[i] - 1, strides[i], &reach) || __builtin_add_overflow(last, reach, &last))
        return false;
    }
    return last < limit;
  }

  static bool is_contiguous(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides) {
    std::int64_t expected = 1;
    for (std::size_t i = shape.size(); i-- > 0;) {
      if (shape[i] != 1 && strides[i] != expected) return false;
      expected *= shape[i];
    }
    return true;
  }

  // Sorted by stride, each dimension must step over all that the smaller ones reach.
  static bool overlaps_itself(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides) {
    std::vector<std::pair<std::int64_t, std::int64_t>> dims;
    for (std::size_t i = 0; i < shape.size(); ++i)
      if (shape[i] > 1) dims.emplace_back(strides[i], shape[i]);
    std::sort(dims.begin(), dims.end());
    std::int64_t reach = 0;
    for (const auto& [stride, size] : dims) {
      if (stride <= reach) return true;
      reach += (size - 1) * stride;
    }
    return false;
  }

  Bytes copy_view(const TensorInfo& info, const std::vector<std::int64_t>& strides, Bytes start) {
    const std::size_t element = dtype_block_bytes(info.dtype);
    const std::size_t size = tensor_bytes(info.dtype, info.numel());
    if (overlaps_itself(info.shape, strides))
      fail(info.name, "a view whose elements overlap", "elements of their own; save tensor.contiguous()");
    if (size > copies_left_) fail(info.name, "more non-contiguous views than the file has bytes");
    copies_left_ -= size;
    std::vector<std::byte> copy(size);
    std::vector<std::int64_t> at(info.shape.size(), 0);
    std::size_t from = 0;
    for (std::size_t to = 0; to < size; to += element) {
      std::memcpy(copy.data() + to, start.data() + from * element, element);
      for (std::size_t i = at.size(); i-- > 0;) {
        from += static_cast<std::size_t>(strides[i]);
        if (++at[i] < info.shape[i]) break;
        from -= static_cast<std::size_t>(strides[i] * info.shape[i]);
        at[i] = 0;
      }
    }
    owned.push_back(std::move(copy));
    return owned.back();
  }

  std::string where_;
  const Entries& entries_;
  std::string prefix_;
  Unpickler pickle_;
  std::size_t visits_left_;
  std::size_t tensors_left_;
  std::size_t copies_left_;
};

}  // namespace

TorchArchive TorchArchive::open(std::shared_ptr<ByteSource> source) {
  const Entries entries = open_zip(*source);
  const std::string prefix = find_prefix(entries, source->name());
  const auto order = entries.find(prefix + "byteorder");
  if (order != entries.end() && (order->second.size() != 6 || std::memcmp(order->second.data(), "little", 6) != 0))
    fail_input(
        {.where = source->name(), .key = "byteorder", .expected = "little", .hint = "save it on such a machine"});
  Collector collector(*source, entries, prefix);
  collector.run();
  TorchArchive archive;
  archive.tensors_ = std::move(collector.tensors);
  archive.owned_ = std::move(collector.owned);
  for (std::size_t i = 0; i < archive.tensors_.size(); ++i)
    if (!archive.index_.emplace(archive.tensors_[i].name, i).second)
      fail_input({.where = source->name(), .key = archive.tensors_[i].name, .found = "the tensor twice"});
  archive.source_ = std::move(source);
  return archive;
}

const TensorInfo* TorchArchive::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

}  // namespace c2c
