#include "c2c/io/formats/pickle.h"

#include <array>
#include <utility>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"

namespace c2c {
namespace {

// 85 bytes a tensor are usual, so this is some 400 000 of them.
constexpr std::size_t kMaxPickle = std::size_t{32} << 20;
constexpr std::uint32_t kMaxDims = 16;

// What a kGlobal stands for; storage types carry their element type on top.
enum Global : std::int64_t {
  kOrderedDict,
  kRebuildTensor,
  kRebuildTensorV2,
  kRebuildParameter,
  kStorageType,
};

constexpr std::array<std::pair<std::string_view, DType>, 10> kStorageTypes = {{
    {"DoubleStorage", DType::kF64},
    {"FloatStorage", DType::kF32},
    {"HalfStorage", DType::kF16},
    {"BFloat16Storage", DType::kBF16},
    {"LongStorage", DType::kI64},
    {"IntStorage", DType::kI32},
    {"ShortStorage", DType::kI16},
    {"CharStorage", DType::kI8},
    {"ByteStorage", DType::kU8},
    {"BoolStorage", DType::kBool},
}};

// Plain descriptions that torch.load(weights_only=True) allows too.
constexpr std::array<std::string_view, 13> kOpaqueNames = {"Size",     "device", "float64", "float32", "float16",
                                                           "bfloat16", "int64",  "int32",   "int16",   "int8",
                                                           "uint8",    "bool",   "strided"};

}  // namespace

Unpickler::Unpickler(Bytes pickle, std::string where) : pickle_(pickle), reader_(pickle, std::move(where)) {
  if (pickle.size() > kMaxPickle) fail(std::to_string(pickle.size()) + " bytes of pickle", "at most 32 MiB");
  for (;;) {
    const auto opcode = reader_.number<std::uint8_t>();
    if (opcode == '.') break;
    step(opcode);
  }
  root_ = pop();
}

void Unpickler::fail(const std::string& found, const std::string& expected) const {
  fail_input({.where = reader_.where(),
              .key = "byte " + std::to_string(reader_.offset()),
              .found = found,
              .expected = expected.empty() ? "a state dict as torch.save writes it" : expected,
              .hint = "save a plain state dict: torch.save(model.state_dict(), FILE)"});
}

std::string_view Unpickler::text(const PickleValue& value) const {
  C2C_CHECK(value.kind == Kind::kText, "not a text");
  return {reinterpret_cast<const char*>(pickle_.data()) + value.number, value.size};
}

std::span<const PickleValue> Unpickler::items(const PickleValue& value) const {
  const auto index = static_cast<std::size_t>(value.number);
  if (value.kind == Kind::kTuple) return std::span(tuples_).subspan(index, value.size);
  C2C_CHECK(value.kind == Kind::kList || value.kind == Kind::kDict, "not a container");
  return containers_[index];
}

const PickledTensor& Unpickler::tensor(const PickleValue& value) const {
  C2C_CHECK(value.kind == Kind::kTensor, "not a tensor");
  return tensors_[static_cast<std::size_t>(value.number)];
}

void Unpickler::step(std::uint8_t opcode) {
  if (step_atom(opcode) || step_container(opcode) || step_memo(opcode)) return;
  switch (opcode) {
    case 0x80:  // PROTO
      if (const auto version = reader_.number<std::uint8_t>(); version < 2 || version > 5)
        fail("pickle protocol " + std::to_string(version), "protocol 2 to 5");
      return;
    case 0x95:
      reader_.take(8);
      return;    // FRAME
    case 'c': {  // GLOBAL: two lines
      std::array<std::string_view, 2> lines;
      for (std::string_view& line : lines) {
        const auto* begin = reinterpret_cast<const char*>(pickle_.data()) + reader_.offset();
        const std::size_t end = std::string_view(begin, reader_.remaining()).substr(0, 256).find('\n');
        if (end == std::string_view::npos) fail("a global without an end");
        line = reader_.text(end);
        reader_.take(1);
      }
      return push_global(lines[0], lines[1]);
    }
    case 0x93: {  // STACK_GLOBAL
      const Value name = pop(Kind::kText);
      const Value module = pop(Kind::kText);
      return push_global(text(module), text(name));
    }
    case 'Q':
      return push_storage();  // BINPERSID
    case 'R':
      return reduce();  // REDUCE
    case 0x81:
      return reduce();  // NEWOBJ: of the globals here only OrderedDict has it
    case 'b':
      return build();  // BUILD
    default:
      fail("pickle opcode " + std::to_string(opcode), "the opcodes of a state dict");
  }
}

bool Unpickler::step_atom(std::uint8_t opcode) {
  switch (opcode) {
    case 'N':
      push(Kind::kNone);
      return true;
    case 0x88:
      push(Kind::kBool, 1);
      return true;
    case 0x89:
      push(Kind::kBool, 0);
      return true;
    case 'K':
      push(Kind::kInt, reader_.number<std::uint8_t>());
      return true;
    case 'M':
      push(Kind::kInt, reader_.number<std::uint16_t>());
      return true;
    case 'J':
      push(Kind::kInt, reader_.number<std::int32_t>());
      return true;
    case 0x8a: {  // LONG1: little-endian two's complement
      const auto size = reader_.number<std::uint8_t>();
      const Bytes bytes = reader_.take(size);
      if (size > 8) {
        push(Kind::kOpaque);
        return true;
      }
      std::uint64_t value = size > 0 && (bytes.back() & std::byte{0x80}) != std::byte{0} ? ~std::uint64_t{0} : 0;
      for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<std::uint64_t>(bytes[i]);
      push(Kind::kInt, static_cast<std::int64_t>(value));
      return true;
    }
    case 'G':  // BINFLOAT
      reader_.take(8);
      push(Kind::kOpaque);
      return true;
    case 'X':  // BINUNICODE
    case 'T':  // BINSTRING
      push_text(reader_.number<std::uint32_t>());
      return true;
    case 0x8c:  // SHORT_BINUNICODE
    case 'U':   // SHORT_BINSTRING
      push_text(reader_.number<std::uint8_t>());
      return true;
    case 0x8d:
      push_text(reader_.number<std::uint64_t>());
      return true;  // BINUNICODE8
    case 'B':       // BINBYTES
      reader_.take(reader_.number<std::uint32_t>());
      push(Kind::kOpaque);
      return true;
    case 'C':  // SHORT_BINBYTES
      reader_.take(reader_.number<std::uint8_t>());
      push(Kind::kOpaque);
      return true;
    default:
      return false;
  }
}

bool Unpickler::step_container(std::uint8_t opcode) {
  switch (opcode) {
    case '(':
      marks_.push_back(stack_.size());
      return true;
    case '0':
      pop();
      return true;
    case ')':
      push_tuple(0);
      return true;
    case 0x85:
      push_tuple(1);
      return true;
    case 0x86:
      push_tuple(2);
      return true;
    case 0x87:
      push_tuple(3);
      return true;
    case 't':
      push_tuple(stack_.size() - pop_mark());
      return true;
    case ']':
      push_container(Kind::kList);
      return true;
    case '}':
      push_container(Kind::kDict);
      return true;
    case 'a':
      extend(Kind::kList, stack_.size() - 1);
      return true;
    case 'e':
      extend(Kind::kList, pop_mark());
      return true;
    case 's':
      extend(Kind::kDict, stack_.size() - 2);
      return true;
    case 'u':
      extend(Kind::kDict, pop_mark());
      return true;
    default:
      return false;
  }
}

bool Unpickler::step_memo(std::uint8_t opcode) {
  const auto put = [&](std::uint32_t key) {
    if (stack_.empty()) fail("a memo of nothing");
    memo_.insert_or_assign(key, stack_.back());
    return true;
  };
  const auto get = [&](std::uint32_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) fail("memo " + std::to_string(key) + ", which was never set");
    stack_.push_back(found->second);
    return true;
  };
  switch (opcode) {
    case 'q':
      return put(reader_.number<std::uint8_t>());
    case 'r':
      return put(reader_.number<std::uint32_t>());
    case 0x94:
      return put(static_cast<std::uint32_t>(memo_.size()));  // MEMOIZE
    case 'h':
      return get(reader_.number<std::uint8_t>());
    case 'j':
      return get(reader_.number<std::uint32_t>());
    default:
      return false;
  }
}

void Unpickler::push_text(std::uint64_t size) {
  const std::size_t begin = reader_.offset();
  reader_.take(size);
  push(Kind::kText, static_cast<std::int64_t>(begin), static_cast<std::uint32_t>(size));
}

// The last `size` values become one tuple.
void Unpickler::push_tuple(std::size_t size) {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() < floor + size) fail("a tuple of more values than there are");
  const std::size_t begin = tuples_.size();
  tuples_.insert(tuples_.end(), stack_.end() - static_cast<std::ptrdiff_t>(size), stack_.end());
  stack_.resize(stack_.size() - size);
  push(Kind::kTuple, static_cast<std::int64_t>(begin), static_cast<std::uint32_t>(size));
}

void Unpickler::push_container(Kind kind) {
  containers_.emplace_back();
  push(kind, static_cast<std::int64_t>(containers_.size() - 1));
}

PickleValue Unpickler::pop() {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) fail("an opcode that lacks a value");
  const Value value = stack_.back();
  stack_.pop_back();
  return value;
}

PickleValue Unpickler::pop(Kind kind) {
  const Value value = pop();
  if (value.kind != kind) fail("a value of another kind than its opcode wants");
  return value;
}

std::size_t Unpickler::pop_mark() {
  if (marks_.empty()) fail("an end without a mark");
  const std::size_t mark = marks_.back();
  marks_.pop_back();
  return mark;
}

// Moves the values from stack position `from` on into the list or dict below them.
void Unpickler::extend(Kind kind, std::size_t from) {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (from > stack_.size() || from < floor + 1 || stack_[from - 1].kind != kind)
    fail(kind == Kind::kDict ? "items set on something that is no dict" : "items added to something that is no list");
  const std::size_t count = stack_.size() - from;
  if (kind == Kind::kDict && count % 2 != 0) fail("a key without a value");
  auto& items = containers_[static_cast<std::size_t>(stack_[from - 1].number)];
  items.insert(items.end(), stack_.begin() + static_cast<std::ptrdiff_t>(from), stack_.end());
  stack_.resize(from);
}

void Unpickler::push_global(std::string_view module, std::string_view name) {
  if (module == "collections" && name == "OrderedDict") return push(Kind::kGlobal, kOrderedDict);
  if (module == "torch._utils") {
    if (name == "_rebuild_tensor") return push(Kind::kGlobal, kRebuildTensor);
    if (name == "_rebuild_tensor_v2") return push(Kind::kGlobal, kRebuildTensorV2);
    if (name == "_rebuild_parameter" || name == "_rebuild_parameter_with_state")
      return push(Kind::kGlobal, kRebuildParameter);
  }
  if (module == "torch" || module == "torch.cuda")
    for (const auto& [type_name, dtype] : kStorageTypes)
      if (name == type_name) return push(Kind::kGlobal, kStorageType + static_cast<std::int64_t>(dtype));
  if (module == "torch")
    for (const std::string_view known : kOpaqueNames)
      if (name == known) return push(Kind::kOpaque);
  fail(
      "the global " + sanitize_utf8(module) + "." + sanitize_utf8(name) + ", which we do not run",
      "OrderedDict, torch._utils._rebuild_tensor_v2 or _rebuild_parameter, and the storages of float, integer and bool "
      "types");
}

// ("storage", type, key, location, numel)
void Unpickler::push_storage() {
  const auto id = items(pop(Kind::kTuple));
  if (id.size() != 5 || id[0].kind != Kind::kText || text(id[0]) != "storage" || id[1].kind != Kind::kGlobal ||
      id[1].number < kStorageType || id[2].kind != Kind::kText || id[4].kind != Kind::kInt || id[4].number < 0)
    fail("a broken storage description", "('storage', type, key, location, number of elements)");
  storages_.push_back({static_cast<DType>(id[1].number - kStorageType), text(id[2]), id[4].number});
  push(Kind::kStorage, static_cast<std::int64_t>(storages_.size() - 1));
}

void Unpickler::reduce() {
  const Value tuple = pop(Kind::kTuple);
  const Value function = pop();
  const auto arguments = items(tuple);
  if (function.kind == Kind::kOpaque) return push(Kind::kOpaque);
  if (function.kind != Kind::kGlobal) fail("a call of something that is no function");
  switch (function.number) {
    case kOrderedDict:
      if (!arguments.empty()) fail("an OrderedDict with arguments", "OrderedDict()");
      return push_container(Kind::kDict);
    case kRebuildTensor:
      return rebuild_tensor(arguments, false);
    case kRebuildTensorV2:
      return rebuild_tensor(arguments, true);
    case kRebuildParameter:
      return rebuild_parameter(arguments);
    default:
      fail("a call of a storage type");
  }
}

// Attributes of an OrderedDict (a state dict's _metadata): of no interest.
void Unpickler::build() {
  pop();
  const Value target = pop();
  if (target.kind != Kind::kDict && target.kind != Kind::kOpaque) fail("a state for something that has none");
  stack_.push_back(target);
}

// (storage, offset, size, stride[, requires_grad, backward_hooks[, metadata]])
void Unpickler::rebuild_tensor(std::span<const Value> arguments, bool second_version) {
  const std::size_t least = second_version ? 6 : 4;
  if (arguments.size() < least || arguments.size() > least + (second_version ? 1 : 0) ||
      arguments[0].kind != Kind::kStorage || arguments[1].kind != Kind::kInt)
    fail("a broken tensor description", "(storage, offset, size, stride, requires_grad, hooks)");
  // Conjugate and negative bits: the stored numbers would not be the tensor's.
  if (arguments.size() == 7 && arguments[6].kind != Kind::kNone &&
      (arguments[6].kind != Kind::kDict || !items(arguments[6]).empty()))
    fail("a tensor with conjugate or negative bit", "a plain tensor (tensor.resolve_neg())");
  for (const Value& tuple : {arguments[2], arguments[3]})
    if (tuple.kind != Kind::kTuple || tuple.size > kMaxDims || tuple.size != arguments[2].size)
      fail("sizes and strides that are no equally long tuples", "at most 16 dimensions");
  tensors_.push_back({static_cast<std::size_t>(arguments[0].number), arguments[1].number, arguments[2], arguments[3]});
  push(Kind::kTensor, static_cast<std::int64_t>(tensors_.size() - 1));
}

// (tensor, requires_grad, backward_hooks[, state])
void Unpickler::rebuild_parameter(std::span<const Value> arguments) {
  if (arguments.size() < 3 || arguments.size() > 4 || arguments[0].kind != Kind::kTensor)
    fail("a broken parameter description", "(tensor, requires_grad, hooks)");
  stack_.push_back(arguments[0]);
}

std::vector<std::int64_t> Unpickler::integers(const PickleValue& tuple) const {
  std::vector<std::int64_t> values;
  for (const Value& value : items(tuple)) {
    if (value.kind != Kind::kInt || value.number < 0) fail("a size or stride that is no whole number");
    values.push_back(value.number);
  }
  return values;
}

}  // namespace c2c
