// PyTorch archives. Input that begins with "PK" is the whole file; other input is the pickle of an archive that holds
// storages 0 and 1 (a fuzzer hardly gets through the zip directory to the pickle).
#include "c2c/io/formats/torch_archive.h"
#include "fuzz/format_fuzz.h"

namespace {

template <class... T>
void append(std::string& out, T... values) {
  (out.append(reinterpret_cast<const char*>(&values), sizeof(values)), ...);
}

std::string archive_around(std::string_view pickle) {
  const std::string storage(64, '\x3f');
  std::string file;
  std::string directory;
  std::uint16_t count = 0;
  const auto add = [&](std::string_view name, std::string_view data) {
    const auto offset = static_cast<std::uint32_t>(file.size());
    const auto size = static_cast<std::uint32_t>(data.size());
    std::string common;
    append(common, std::uint16_t{20}, std::uint16_t{0}, std::uint16_t{0}, std::uint32_t{0}, std::uint32_t{0}, size,
           size, static_cast<std::uint16_t>(name.size()), std::uint16_t{0});
    append(file, std::uint32_t{0x04034b50});
    file.append(common).append(name).append(data);
    append(directory, std::uint32_t{0x02014b50}, std::uint16_t{20});
    directory += common;
    append(directory, std::uint16_t{0}, std::uint16_t{0}, std::uint16_t{0}, std::uint32_t{0}, offset);
    directory += name;
    ++count;
  };
  add("a/data.pkl", pickle);
  add("a/data/0", storage);
  add("a/data/1", storage.substr(0, 24));
  const auto start = static_cast<std::uint32_t>(file.size());
  file += directory;
  append(file, std::uint32_t{0x06054b50}, std::uint16_t{0}, std::uint16_t{0}, count, count,
         static_cast<std::uint32_t>(directory.size()), start, std::uint16_t{0});
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bool whole = size >= 2 && data[0] == 'P' && data[1] == 'K';
  const std::string file = whole ? std::string() : archive_around({reinterpret_cast<const char*>(data), size});
  const auto* wrapped = reinterpret_cast<const std::uint8_t*>(file.data());
  return c2c::fuzz::check([&] {
    const auto source = whole ? c2c::fuzz::source_of(data, size) : c2c::fuzz::source_of(wrapped, file.size());
    const auto archive = c2c::TorchArchive::open(source);
    for (const c2c::TensorInfo& info : archive.tensors()) {
      c2c::fuzz::read_tensor(info);
      if (archive.find(info.name) != &info) std::abort();
    }
  });
}
