// The part of Python's pickle that torch.save uses for state dicts, run without Python: a fixed list of opcodes and of
// globals; nothing is called, imported or constructed beyond the values below. Internal to torch_archive.cpp.
#pragma once
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "c2c/io/formats/byte_reader.h"
#include "c2c/io/formats/descriptor.h"

namespace c2c {

enum class PickleKind : std::uint8_t {
  kNone,
  kBool,
  kInt,
  kText,
  kOpaque,  // known to be harmless and of no interest: floats, torch.Size, torch.float32
  kTuple,
  kList,
  kDict,  // also OrderedDict
  kGlobal,
  kStorage,
  kTensor,
};

// Sixteen bytes; what it points to lies in the pickle's text or in the machine's pools.
struct PickleValue {
  PickleKind kind = PickleKind::kNone;
  std::uint32_t size = 0;   // of a text or tuple
  std::int64_t number = 0;  // value, or index into a pool
};

struct PickledStorage {
  DType dtype = DType::kF32;
  std::string_view key;
  std::int64_t numel = 0;
};
// A tuple that many tensors share is kept once, so that a small file cannot ask for much memory.
struct PickledTensor {
  std::size_t storage = 0;
  std::int64_t offset = 0;  // in elements
  PickleValue shape;        // tuples of integers >= 0, equally long
  PickleValue strides;
};

class Unpickler {
 public:
  // Runs the whole pickle; throws kInput naming the byte, opcode or global that is not allowed. Memory and time grow
  // linearly with the pickle's size.
  Unpickler(Bytes pickle, std::string where);

  const PickleValue& root() const { return root_; }
  std::string_view text(const PickleValue& value) const;
  // Elements of a tuple or list; of a dict: key, value, key, value ...
  std::span<const PickleValue> items(const PickleValue& value) const;
  const PickledStorage& storage(std::size_t index) const { return storages_[index]; }
  const PickledTensor& tensor(const PickleValue& value) const;
  std::vector<std::int64_t> integers(const PickleValue& tuple) const;

 private:
  using Value = PickleValue;
  using Kind = PickleKind;

  [[noreturn]] void fail(const std::string& found, const std::string& expected = {}) const;
  void step(std::uint8_t opcode);
  bool step_atom(std::uint8_t opcode);
  bool step_container(std::uint8_t opcode);
  bool step_memo(std::uint8_t opcode);

  void push(Kind kind, std::int64_t number = 0, std::uint32_t size = 0) { stack_.push_back({kind, size, number}); }
  void push_text(std::uint64_t size);
  void push_tuple(std::size_t size);
  void push_container(Kind kind);
  Value pop();
  Value pop(Kind kind);
  std::size_t pop_mark();  // stack size at the last mark
  void extend(Kind kind, std::size_t from);

  void push_global(std::string_view module, std::string_view name);
  void push_storage();
  void reduce();
  void build();
  void rebuild_tensor(std::span<const Value> arguments, bool second_version);
  void rebuild_parameter(std::span<const Value> arguments);

  Bytes pickle_;
  ByteReader reader_;
  std::vector<Value> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, Value> memo_;
  std::vector<Value> tuples_;                  // all tuples' elements
  std::deque<std::vector<Value>> containers_;  // lists and dicts
  std::vector<PickledStorage> storages_;
  std::vector<PickledTensor> tensors_;
  Value root_;
};

}  // namespace c2c
