#include "c2c/train/datagen/saved_dataset.h"

#include <nlohmann/json.hpp>

#include "c2c/io/formats/source.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* kFile = "data-00000-of-00001.arrow";

}  // namespace

SavedDataset::SavedDataset(std::filesystem::path folder, std::vector<ArrowStreamWriter::Column> columns)
    : folder_(std::move(folder)),
      columns_(std::move(columns)),
      file_(folder_ / kFile),
      rows_(columns_, [this](std::string_view bytes) {
        file_.write(bytes);
        hash_.add(bytes);
      }) {}

void SavedDataset::commit() {
  rows_.finish();
  file_.commit();
  Json features = Json::object();
  for (const auto& column : columns_)
    features[column.name] = {{"dtype", column.type == ArrowStreamWriter::Type::kText ? "string" : "bool"},
                             {"_type", "Value"}};
  const Json info = {{"citation", ""}, {"description", ""}, {"features", features}, {"homepage", ""}, {"license", ""}};
  const Json state = {{"_data_files", Json::array({Json{{"filename", kFile}}})},
                      // Hugging Face caches what it computes from the data under this name.
                      {"_fingerprint", hash_.hex().substr(0, 16)},
                      {"_format_columns", nullptr},
                      {"_format_kwargs", Json::object()},
                      {"_format_type", nullptr},
                      {"_output_all_columns", false},
                      {"_split", nullptr}};
  write_file_atomically(folder_ / "dataset_info.json", info.dump(2));
  write_file_atomically(folder_ / "state.json", state.dump(2));
}

}  // namespace c2c
