#include "c2c/train/trainer/tensorboard.h"

#include <unistd.h>

#include <array>
#include <bit>
#include <chrono>
#include <cstring>

#include "c2c/train/trainer/crc32c.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

// Protobuf's wire format: a field is a varint (number << 3 | kind), then its value.
enum Wire : std::uint64_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

template <class T>
std::string raw(T value) {
  static_assert(std::endian::native == std::endian::little);
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
  return bytes + static_cast<char>(value);
}

std::string key(std::uint64_t number, Wire wire) {
  return varint(number << 3 | wire);
}
std::string integer(std::uint64_t number, std::int64_t value) {
  return key(number, kVarint) + varint(static_cast<std::uint64_t>(value));
}
std::string bytes(std::uint64_t number, const std::string& value) {
  return key(number, kBytes) + varint(value.size()) + value;
}
std::string float64(std::uint64_t number, double value) {
  return key(number, kFixed64) + raw(value);
}
std::string float32(std::uint64_t number, float value) {
  return key(number, kFixed32) + raw(value);
}

// Event
constexpr std::uint64_t kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7;
// Summary.Value; Summary is a list (1) of these
constexpr std::uint64_t kValue = 1, kTag = 1, kSimpleValue = 2, kTensor = 8, kMetadata = 9;

// SummaryMetadata: plugin_data (1) {plugin_name (1)}, data_class (4) = DATA_CLASS_TENSOR
std::string text_metadata() {
  return bytes(1, bytes(1, "text")) + integer(4, 2);
}
// TensorProto: dtype (1) = DT_STRING, tensor_shape (2) {dim (2) {size (1)}}, string_val (8)
std::string text_tensor(const std::string& text) {
  return integer(1, 7) + bytes(2, bytes(2, integer(1, 1))) + bytes(8, text);
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Two writers of one process and second get numbers.
std::unique_ptr<AppendFile> new_file(const fs::path& folder) {
  const auto seconds = static_cast<std::int64_t>(seconds_now());
  const fs::path name =
      folder / ("events.out.tfevents." + std::to_string(seconds) + "." + host_name() + "." + std::to_string(getpid()));
  fs::path path = name;
  for (int i = 1; fs::exists(path); ++i) path = name.string() + "." + std::to_string(i);
  return std::make_unique<AppendFile>(path, AppendFile::Mode::kCreate);
}

}  // namespace

TensorBoardWriter::TensorBoardWriter(const fs::path& folder, std::optional<std::int64_t> first_step)
    : file_(new_file(folder)) {
  constexpr std::int64_t kStart = 1;  // SessionLog.status
  write_event(std::nullopt, bytes(kFileVersion, "brain.Event:2"));
  if (first_step) write_event(first_step, bytes(kSessionLog, integer(1, kStart)));
}

void TensorBoardWriter::add_scalars(std::int64_t step, const std::vector<std::pair<std::string, double>>& scalars) {
  std::string summary;
  for (const auto& [tag, value] : scalars)
    summary += bytes(kValue, bytes(kTag, tag) + float32(kSimpleValue, static_cast<float>(value)));
  write_event(step, bytes(kSummary, summary));
}

void TensorBoardWriter::add_text(std::int64_t step, const std::string& tag, const std::string& text) {
  const std::string value = bytes(kTag, tag) + bytes(kMetadata, text_metadata()) + bytes(kTensor, text_tensor(text));
  write_event(step, bytes(kSummary, bytes(kValue, value)));
}

// TFRecord: length, its sum, the event, its sum.
void TensorBoardWriter::write_event(std::optional<std::int64_t> step, const std::string& what) {
  const std::string event = float64(kWallTime, seconds_now()) + (step ? integer(kStep, *step) : "") + what;
  const std::string length = raw(static_cast<std::uint64_t>(event.size()));
  file_->append(length + raw(masked_crc32c(length)) + event + raw(masked_crc32c(event)));
}

}  // namespace c2c
