// A file that only grows, one whole piece at a time: what a log is after a crash, it was before.
#pragma once
#include <filesystem>
#include <string_view>

namespace c2c {

class AppendFile {
 public:
  enum class Mode { kExtend, kCreate };  // kCreate: the file must not exist yet
  // The folder is created when missing. Throws kInput naming the file and the system's reason.
  AppendFile(std::filesystem::path path, Mode mode);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  // Hands all of it to the system; throws kInput (a full disk, for one).
  void append(std::string_view bytes);
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace c2c
