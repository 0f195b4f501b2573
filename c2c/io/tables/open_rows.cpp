#include <algorithm>
#include <array>
#include <set>

#include "c2c/base/error.h"
#include "c2c/io/formats/json.h"
#include "c2c/io/tables/arrow_module.h"
#include "c2c/io/tables/row_source.h"
#include "c2c/io/tables/text_rows.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

constexpr const char* kState = "state.json";

std::string extension_of(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return extension;
}

class Concatenated final : public RowSource {
 public:
  explicit Concatenated(std::vector<std::shared_ptr<const RowSource>> parts) : parts_(std::move(parts)) {
    for (const auto& part : parts_) {
      firsts_.push_back(size_);
      size_ += part->size();
    }
  }
  std::int64_t size() const override { return size_; }
  const std::string& name() const override { return parts_.front()->name(); }
  Row row(std::int64_t i) const override {
    C2C_CHECK(i >= 0 && i < size_, "row out of range");
    const auto part =
        static_cast<std::size_t>(std::upper_bound(firsts_.begin(), firsts_.end(), i) - firsts_.begin() - 1);
    return parts_[part]->row(i - firsts_[part]);
  }

 private:
  std::vector<std::shared_ptr<const RowSource>> parts_;
  std::vector<std::int64_t> firsts_;
  std::int64_t size_ = 0;
};

std::shared_ptr<const RowSource> open_folder(const fs::path& folder) {
  if (is_saved_dataset(folder)) return open_rows(saved_dataset_files(folder));
  std::string hint = "name one of its files";
  if (std::error_code error; fs::exists(folder / "dataset_dict.json", error))
    hint = "it is a dictionary of splits: name the folder of one split below it";
  fail_input({.where = folder.string(),
              .found = "a folder without state.json",
              .expected = "a file, or what save_to_disk of Hugging Face datasets writes",
              .hint = hint});
}

}  // namespace

bool is_table_file(const fs::path& file) {
  constexpr std::array kKnown = {".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".feather"};
  return std::find(kKnown.begin(), kKnown.end(), extension_of(file)) != kKnown.end();
}

bool is_saved_dataset(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / kState, error);
}

std::vector<fs::path> saved_dataset_files(const fs::path& folder) {
  const std::string where = (folder / kState).string();
  const auto state = parse_json<Row>(read_text_file(folder / kState, std::size_t{16} << 20), where);
  const auto list = state.is_object() ? state.find("_data_files") : state.end();
  if (!state.is_object() || list == state.end() || !list->is_array() || list->empty())
    fail_input({.where = where, .key = "_data_files", .found = "nothing", .expected = "a list of Arrow files"});
  if (const auto chosen = state.find("_indices_data_files"); chosen != state.end() && !chosen->is_null())
    fail_input({.where = where,
                .key = "_indices_data_files",
                .found = "a selection beside the data",
                .hint = "save it again with a present version of Hugging Face datasets"});
  std::vector<fs::path> files;
  for (const Row& entry : *list) {
    const auto name = entry.is_object() ? entry.find("filename") : entry.end();
    if (!entry.is_object() || name == entry.end() || !name->is_string())
      fail_input({.where = where, .key = "_data_files", .found = entry.dump(), .expected = "{\"filename\": ...}"});
    const auto text = name->get<std::string>();
    if (text.empty() || fs::path(text).filename() != text || text.find('\0') != text.npos)
      fail_input({.where = where, .key = "_data_files", .found = name->dump(), .expected = "a file of this folder"});
    files.push_back(folder / text);
  }
  return files;
}

std::shared_ptr<const RowSource> open_rows(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return open_folder(path);
  const std::string extension = extension_of(path);
  if (!is_table_file(path) && fs::exists(path, error))
    fail_input({.where = path.string(),
                .found = "a file of unknown kind",
                .expected = ".jsonl, .ndjson, .json, .csv, .tsv, .parquet, .arrow or .feather"});
  auto source = map_file(path);
  if (extension == ".json") return json_rows(std::move(source));
  if (extension == ".csv") return csv_rows(std::move(source), ',');
  if (extension == ".tsv") return csv_rows(std::move(source), '\t');
  if (extension == ".parquet") return arrow_rows(std::move(source), true);
  if (extension == ".arrow" || extension == ".feather") return arrow_rows(std::move(source), false);
  return jsonl_rows(std::move(source));
}

std::shared_ptr<const RowSource> open_rows(const std::vector<fs::path>& files) {
  std::vector<std::shared_ptr<const RowSource>> parts;
  for (const fs::path& file : files) parts.push_back(open_rows(file));
  return concatenate_rows(std::move(parts));
}

std::shared_ptr<const RowSource> concatenate_rows(std::vector<std::shared_ptr<const RowSource>> parts) {
  C2C_CHECK(!parts.empty(), "no tables to concatenate");
  if (parts.size() == 1) return std::move(parts.front());
  return std::make_shared<Concatenated>(std::move(parts));
}

}  // namespace c2c
