// A journal of generated data: read, and every row that it says is there read again from its place.
#include <string>

#include "c2c/train/datagen/journal_text.h"
#include "fuzz/format_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace c2c;
  const std::string text(reinterpret_cast<const char*>(data), size);
  return fuzz::check([&] {
    const JournalText journal = read_journal(text, "journal");
    if (journal.size > size || journal.fingerprint.is_null() != (journal.size == 0)) std::abort();
    for (const auto& [row, place] : journal.places) {
      if (place.offset + place.size >= journal.size) std::abort();
      const JournalEntry entry = parse_journal_line(text.substr(place.offset, place.size), "journal");
      if (entry.row != row || entry.error.empty() == place.is_error) std::abort();
      std::string line = journal_line(entry);
      line.pop_back();
      if (parse_journal_line(line, "again") != entry) std::abort();
    }
  });
}
