// Arrow IPC streams written without libarrow: tables of texts and booleans, none of them null, which is all that
// Hugging Face's save_to_disk folders of ours hold. Reading is the Arrow module's affair (arrow_module.h). Formats:
// arrow.apache.org/docs/format/Columnar.html (metadata version 5) and flatbuffers.dev's internals.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace c2c {

class ArrowStreamWriter {
 public:
  enum class Type { kText, kBool };
  struct Column {
    std::string name;
    Type type = Type::kText;
  };
  using Sink = std::function<void(std::string_view bytes)>;

  // Writes the schema at once.
  ArrowStreamWriter(std::vector<Column> columns, Sink sink);

  // One row: texts and booleans in the order of the columns of their type. Rows go out in batches, which are cut so
  // that a column's texts never pass what 32-bit offsets reach. Throws kInput for a text of more than 1 GiB.
  void add(const std::vector<std::string_view>& texts, const std::vector<bool>& booleans);
  // Writes what is left and the end of the stream; nothing may be added afterwards.
  void finish();
  std::int64_t rows() const { return rows_; }

 private:
  struct Buffer {
    std::vector<std::int32_t> ends = {0};  // texts: where each one ends, behind a 0
    std::string bytes;                     // texts one after another, or one bit a row
  };
  void write_batch();

  std::vector<Column> columns_;
  std::vector<Buffer> buffers_;  // of the batch that is being filled
  std::int64_t pending_ = 0, rows_ = 0;
  Sink sink_;
};

}  // namespace c2c
