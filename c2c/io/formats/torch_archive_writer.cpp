#include <cstring>
#include <set>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/io/formats/atomic_file.h"
#include "c2c/io/formats/torch_archive.h"
#include "c2c/io/formats/zip.h"

namespace c2c {
namespace {

// Protocol 2, the one that weights_only=True reads.
class Pickler {
 public:
  void raw(std::string_view text) { out_ += text; }
  void global(std::string_view module, std::string_view name) {
    out_ += 'c';
    out_.append(module).append("\n").append(name).append("\n");
  }
  void text(std::string_view value) {
    out_ += 'X';
    number(static_cast<std::uint32_t>(value.size()));
    out_ += value;
  }
  void integer(std::int64_t value) {
    if (value >= 0 && value < 0x7FFFFFFF) {
      out_ += 'J';
      number(static_cast<std::int32_t>(value));
    } else {
      out_ += "\x8a\x08";
      number(value);
    }
  }
  void integers(const std::vector<std::int64_t>& values) {
    out_ += '(';
    for (const std::int64_t value : values) integer(value);
    out_ += 't';
  }
  std::string take() { return std::move(out_); }

 private:
  template <class T>
  void number(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof(T));
  }
  std::string out_;
};

std::string_view storage_type(const TensorInfo& info, const std::string& where) {
  switch (info.dtype) {
    case DType::kF64:
      return "DoubleStorage";
    case DType::kF32:
      return "FloatStorage";
    case DType::kF16:
      return "HalfStorage";
    case DType::kBF16:
      return "BFloat16Storage";
    case DType::kI64:
      return "LongStorage";
    case DType::kI32:
      return "IntStorage";
    case DType::kI16:
      return "ShortStorage";
    case DType::kI8:
      return "CharStorage";
    case DType::kU8:
      return "ByteStorage";
    case DType::kBool:
      return "BoolStorage";
    default:
      fail_input({.where = where,
                  .key = info.name,
                  .found = std::string(dtype_name(info.dtype)),
                  .expected = "a plain element type; PyTorch has no block types"});
  }
}

// torch._utils._rebuild_tensor_v2(storage `key`, 0, shape, strides, False, OrderedDict())
void pickle_tensor(Pickler& out, const TensorInfo& info, const std::string& key, const std::string& where) {
  std::vector<std::int64_t> strides(info.shape.size(), 1);
  for (std::size_t i = strides.size(); i-- > 1;) strides[i - 1] = strides[i] * std::max<std::int64_t>(info.shape[i], 1);
  out.global("torch._utils", "_rebuild_tensor_v2");
  out.raw("((");
  out.text("storage");
  out.global("torch", storage_type(info, where));
  out.text(key);
  out.text("cpu");
  out.integer(info.numel());
  out.raw("tQ");
  out.integer(0);
  out.integers(info.shape);
  out.integers(strides);
  out.raw("\x89");  // requires_grad
  out.global("collections", "OrderedDict");
  out.raw(")RtR");
}

std::string pickle_of(const std::vector<TensorInfo>& tensors, const std::string& where) {
  Pickler out;
  out.raw("\x80\x02");
  out.global("collections", "OrderedDict");
  out.raw(")R(");
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const TensorInfo& info = tensors[i];
    if (!names.insert(info.name).second || !is_valid_utf8(info.name))
      fail_input({.where = where, .key = sanitize_utf8(info.name), .expected = "unique tensor names in UTF-8"});
    C2C_CHECK(info.data.size() == tensor_bytes(info.dtype, info.numel()), "tensor bytes do not fit its shape");
    out.text(info.name);
    pickle_tensor(out, info, std::to_string(i), where);
  }
  out.raw("u.");
  return out.take();
}

}  // namespace

void write_torch_archive(const std::filesystem::path& path, const std::vector<TensorInfo>& tensors) {
  const std::string pickle = pickle_of(tensors, path.string());
  AtomicFile file(path);
  StoredZipWriter zip(file);
  const auto add = [&](const std::string& record, std::string_view text) {
    zip.add("archive/" + record, std::as_bytes(std::span(text)));
  };
  add("data.pkl", pickle);
  add("byteorder", "little");
  for (std::size_t i = 0; i < tensors.size(); ++i) zip.add("archive/data/" + std::to_string(i), tensors[i].data);
  add("version", "3\n");
  zip.finish();
  file.commit();
}

}  // namespace c2c
