// TensorBoard event files, encoded by hand: the protobuf of LibTorch and that of Debian do not go together, and these
// messages are a few fields. Event, Summary, SummaryMetadata, TensorProto and SessionLog as in
// tensorboard/compat/proto.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "c2c/train/trainer/append_file.h"

namespace c2c {

class TensorBoardWriter {
 public:
  // A new file events.out.tfevents.<seconds>.<host>.<pid> in `folder`. `first_step`, given on resume: TensorBoard then
  // forgets what earlier files of the folder say about this step and later ones.
  explicit TensorBoardWriter(const std::filesystem::path& folder,
                             std::optional<std::int64_t> first_step = std::nullopt);

  // One event with all scalars of a step (stored as float32).
  void add_scalars(std::int64_t step, const std::vector<std::pair<std::string, double>>& scalars);
  // Shown as Markdown under "Text".
  void add_text(std::int64_t step, const std::string& tag, const std::string& text);
  const std::filesystem::path& path() const { return file_->path(); }

 private:
  void write_event(std::optional<std::int64_t> step, const std::string& what);

  std::unique_ptr<AppendFile> file_;
};

}  // namespace c2c
