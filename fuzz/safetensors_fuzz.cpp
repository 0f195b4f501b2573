// Safetensors files; what is accepted must find each tensor by its name.
#include "c2c/io/formats/safetensors.h"
#include "fuzz/format_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return c2c::fuzz::check([&] {
    const auto file = c2c::SafetensorsFile::open(c2c::fuzz::source_of(data, size));
    for (const c2c::TensorInfo& info : file.tensors()) {
      c2c::fuzz::read_tensor(info);
      if (file.find(info.name) != &info) std::abort();
    }
  });
}
