// model.safetensors.index.json; an accepted shard name must stay in its folder.
#include "c2c/io/formats/shard_index.h"
#include "fuzz/format_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return c2c::fuzz::check([&] {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const auto& [tensor, file] : c2c::parse_shard_index(text, "fuzz"))
      if (std::filesystem::path(file).filename() != file || file == "..") std::abort();
  });
}
