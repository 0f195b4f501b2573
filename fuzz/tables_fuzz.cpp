// JSONL, JSON, CSV and TSV: the first byte says which. Every row is read; what opens must not break.
#include <algorithm>

#include "c2c/io/tables/data_files.h"
#include "c2c/io/tables/text_rows.h"
#include "fuzz/format_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const char kind = static_cast<char>(data[0]);
  return c2c::fuzz::check([&] {
    auto source = c2c::fuzz::source_of(data + 1, size - 1);
    const auto rows = kind == 'l'   ? c2c::jsonl_rows(source)
                      : kind == 'j' ? c2c::json_rows(source)
                                    : c2c::csv_rows(source, kind == 't' ? '\t' : ',');
    if (static_cast<std::size_t>(rows->size()) > size) std::abort();  // a row takes a byte at least
    for (std::int64_t i = 0; i < std::min<std::int64_t>(rows->size(), 256); ++i)
      c2c::fuzz::check([&] {
        if (!rows->row(i).is_object()) std::abort();
      });
  });
}
