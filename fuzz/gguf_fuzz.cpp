// GGUF files; every tensor of an accepted file is dequantised.
#include "c2c/io/formats/gguf.h"
#include "fuzz/format_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return c2c::fuzz::check([&] {
    const auto file = c2c::GgufFile::open(c2c::fuzz::source_of(data, size));
    for (const c2c::TensorInfo& info : file.tensors()) c2c::fuzz::read_tensor(info);
    for (const auto& [key, value] : file.metadata()) c2c::fuzz::check([&] { file.find_string(key); });
  });
}
