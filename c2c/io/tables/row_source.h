// A table as JSON objects by index. The files stay where they are: text formats hold 8 bytes a row, Parquet and Arrow a
// few decoded pieces. Not part of the public API (third-party type).
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace c2c {

using Row = nlohmann::ordered_json;  // always an object

class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual std::int64_t size() const = 0;
  // Throws kInput naming file and line (Parquet, Arrow: row) where this row cannot be read; the others still can. CSV
  // values are strings. Thread-safe. Precondition: 0 <= i < size().
  virtual Row row(std::int64_t i) const = 0;
  virtual const std::string& name() const = 0;  // for messages: the file, or the first of several
};

// A file by its extension: .jsonl .ndjson, .json (an array of objects, {"data": [...]}, or JSON Lines), .csv .tsv,
// .parquet, .arrow .feather (IPC file or stream). A folder that `save_to_disk` of Hugging Face datasets wrote: the
// files that its state.json lists. Throws kInput: missing, unreadable, an unknown extension, a broken frame (row
// errors come with the row), Parquet or Arrow in a build without Arrow.
std::shared_ptr<const RowSource> open_rows(const std::filesystem::path& path);
// One after another. Precondition: not empty.
std::shared_ptr<const RowSource> open_rows(const std::vector<std::filesystem::path>& files);
std::shared_ptr<const RowSource> concatenate_rows(std::vector<std::shared_ptr<const RowSource>> parts);

// Is this a name that open_rows() reads as a table?
bool is_table_file(const std::filesystem::path& file);
// Did `save_to_disk` write this folder?
bool is_saved_dataset(const std::filesystem::path& folder);
// The data files of such a folder, in order.
std::vector<std::filesystem::path> saved_dataset_files(const std::filesystem::path& folder);

}  // namespace c2c
