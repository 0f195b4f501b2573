// The JSONL log and TensorBoard's event files: read back here by a parser of their own, and by TensorBoard itself where
// it is installed.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "c2c/base/error.h"
#include "c2c/io/formats/source.h"
#include "c2c/train/trainer/crc32c.h"
#include "c2c/train/trainer/metrics_log.h"
#include "c2c/train/trainer/tensorboard.h"
#include "tests/io/formats/format_testing.h"

namespace c2c {
namespace {

using testing::error_of;
using testing::TemporaryFolder;
using Json = nlohmann::ordered_json;

TEST(Crc32c, KnowsThePublishedSums) {  // RFC 3720 B.4 and the usual check value
  EXPECT_EQ(crc32c(""), 0U);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43U);
}

void write_steps(MetricsLog& log, std::int64_t first, std::int64_t last) {
  for (std::int64_t step = first; step <= last; ++step) log.write(step, {{"loss", 1.0 / static_cast<double>(step)}});
}

TEST(MetricsLog, WritesOneObjectPerStepAtOnce) {
  const TemporaryFolder folder;
  MetricsLog log(folder / "run/metrics.jsonl");
  log.write(1, {{"loss", 2.5}, {"gates", {1, 2}}});
  EXPECT_EQ(read_text_file(folder / "run/metrics.jsonl"), "{\"step\":1,\"loss\":2.5,\"gates\":[1,2]}\n");
  log.write(2, {{"loss", std::numeric_limits<double>::quiet_NaN()}});
  EXPECT_TRUE(read_text_file(folder / "run/metrics.jsonl").ends_with("{\"step\":2,\"loss\":null}\n"));
}

TEST(MetricsLog, ResumesBehindTheStepThatWasSaved) {
  const TemporaryFolder folder;
  const auto path = folder / "metrics.jsonl";
  {
    MetricsLog log(path);
    write_steps(log, 1, 7);
  }
  const std::string whole = read_text_file(path);
  std::ofstream(path, std::ios::app) << "{\"step\":8,\"lo";  // killed while writing
  {
    MetricsLog log(path, 7);
    EXPECT_EQ(read_text_file(path), whole);
    write_steps(log, 8, 9);
  }
  {
    MetricsLog log(path, 4);
    write_steps(log, 5, 7);
  }
  EXPECT_EQ(read_text_file(path), whole);
  MetricsLog log(path, 0);
  EXPECT_EQ(read_text_file(path), "");
  MetricsLog(folder / "new.jsonl", 3).write(4, Json::object());
  EXPECT_EQ(read_text_file(folder / "new.jsonl"), "{\"step\":4}\n");
}

TEST(MetricsLog, KeepsLinesOfOtherHandsAndRefusesAUsedFile) {
  const TemporaryFolder folder;
  const auto path = folder / "metrics.jsonl";
  std::ofstream(path) << "# a note\n{\"step\":2}\n{\"other\":1}\n{\"step\":3}\n{\"step\":1}\n";
  EXPECT_NE(error_of([&] { MetricsLog log(path); }).find("metrics.jsonl"), std::string::npos);
  MetricsLog(path, 2).write(3, Json::object());
  EXPECT_EQ(read_text_file(path), "# a note\n{\"step\":2}\n{\"other\":1}\n{\"step\":3}\n");
}

TEST(MetricsLog, SaysWhereTheDiskIsFull) {
  if (access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full here";
  MetricsLog log("/dev/full");
  const std::string error = error_of([&] { log.write(1, Json::object()); });
  EXPECT_NE(error.find("/dev/full"), std::string::npos) << error;
  EXPECT_NE(error_of([] { MetricsLog log2("/proc/none/metrics.jsonl"); }).find("/proc/none"), std::string::npos);
}

// A reader of its own: sums bit by bit, fields by number ----------------------------------------------------------

std::uint32_t slow_masked_crc(const std::string& bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes)
    for (int bit = 0; bit < 8; ++bit) {
      const std::uint32_t low = (crc ^ (static_cast<std::uint8_t>(c) >> bit)) & 1U;
      crc = (crc >> 1) ^ (low != 0 ? 0x82F63B78U : 0U);
    }
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8U;
}

template <class T>
T take(const std::string& text, std::size_t& at) {
  T value{};
  if (at + sizeof value > text.size()) throw std::runtime_error("cut off");
  std::memcpy(&value, text.data() + at, sizeof value);
  at += sizeof value;
  return value;
}

std::uint64_t take_varint(const std::string& text, std::size_t& at) {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = take<std::uint8_t>(text, at);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value;
  }
}

// Field number -> values in order: numbers as raw bits, messages and strings as text.
struct Message {
  explicit Message(const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
      const std::uint64_t key = take_varint(text, at);
      const auto number = static_cast<int>(key >> 3);
      if ((key & 7) == 0) numbers[number].push_back(take_varint(text, at));
      if ((key & 7) == 1) numbers[number].push_back(take<std::uint64_t>(text, at));
      if ((key & 7) == 5) numbers[number].push_back(take<std::uint32_t>(text, at));
      if ((key & 7) != 2) continue;
      const std::uint64_t size = take_varint(text, at);
      texts[number].push_back(text.substr(at, size));
      at += size;
    }
  }
  std::string text(int number) const { return texts.at(number).at(0); }
  Message message(int number, std::size_t index = 0) const { return Message(texts.at(number).at(index)); }
  std::uint64_t number(int field) const { return numbers.at(field).at(0); }

  std::map<int, std::vector<std::uint64_t>> numbers;
  std::map<int, std::vector<std::string>> texts;
};

std::vector<Message> events_of(const std::filesystem::path& path) {
  const std::string text = read_text_file(path);
  std::vector<Message> events;
  for (std::size_t at = 0; at < text.size();) {
    const std::string length = text.substr(at, 8);
    const auto size = take<std::uint64_t>(text, at);
    EXPECT_EQ(take<std::uint32_t>(text, at), slow_masked_crc(length));
    const std::string event = text.substr(at, size);
    at += size;
    EXPECT_EQ(take<std::uint32_t>(text, at), slow_masked_crc(event));
    events.emplace_back(event);
  }
  return events;
}

float scalar_of(const Message& event, std::size_t index) {
  const auto bits = static_cast<std::uint32_t>(event.message(5).message(1, index).number(2));
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

TEST(TensorBoard, WritesEventsThatAReaderOfItsOwnUnderstands) {
  const TemporaryFolder folder;
  TensorBoardWriter writer(folder / "run");
  writer.add_scalars(1, {{"train/loss", 2.5}, {"train/lr", 1e-4}});
  writer.add_scalars(std::int64_t{1} << 40, {{"train/loss", -0.25}});
  writer.add_text(3, "recipe", "a **b**\n\xC3\xA4");
  const std::string name = writer.path().filename().string();
  EXPECT_TRUE(name.starts_with("events.out.tfevents.")) << name;
  EXPECT_TRUE(name.ends_with(std::to_string(getpid()))) << name;
  const auto events = events_of(writer.path());
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[0].text(3), "brain.Event:2");
  for (const Message& event : events) {
    double seconds = 0;
    const std::uint64_t bits = event.number(1);
    std::memcpy(&seconds, &bits, sizeof seconds);
    EXPECT_NEAR(seconds, static_cast<double>(std::time(nullptr)), 600);
  }
  EXPECT_EQ(events[1].number(2), 1U);
  EXPECT_EQ(events[1].message(5).message(1, 1).text(1), "train/lr");
  EXPECT_EQ(scalar_of(events[1], 0), 2.5F);
  EXPECT_EQ(scalar_of(events[1], 1), 1e-4F);
  EXPECT_EQ(events[2].number(2), std::uint64_t{1} << 40);
  EXPECT_EQ(scalar_of(events[2], 0), -0.25F);
  const Message value = events[3].message(5).message(1);
  EXPECT_EQ(value.text(1), "recipe");
  EXPECT_EQ(value.message(9).message(1).text(1), "text");
  EXPECT_EQ(value.message(8).text(8), "a **b**\n\xC3\xA4");
}

TEST(TensorBoard, MarksWhereAResumedRunBegins) {
  const TemporaryFolder folder;
  TensorBoardWriter first(folder.path()), second(folder.path(), 5);
  EXPECT_NE(first.path(), second.path());
  const auto events = events_of(second.path());
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].number(2), 5U);
  EXPECT_EQ(events[1].message(7).number(1), 1U);  // SessionLog START
}

constexpr const char* kTensorBoardScript = R"(
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
import glob
run = EventAccumulator(sys.argv[1])
run.Reload()
scalars = {tag: [[e.step, e.value] for e in run.Scalars(tag)] for tag in run.Tags()["scalars"]}
texts = {tag: [[e.step, e.tensor_proto.string_val[0].decode()] for e in run.Tensors(tag)] for tag in run.Tags()["tensors"]}
plugins = {tag: run.SummaryMetadata(tag).plugin_data.plugin_name for tag in texts}
events = sum(1 for path in glob.glob(sys.argv[1] + "/*") for _ in EventFileLoader(path).Load())
print(json.dumps({"scalars": scalars, "texts": texts, "plugins": plugins, "events": events}))
)";

TEST(TensorBoard, ReadsIt) {
  const std::string python = testing::python_with("tensorboard.backend.event_processing.event_file_loader");
  if (python.empty()) GTEST_SKIP() << "C2C_PYTHON (default python3) has no tensorboard; pip install tensorboard there";
  const TemporaryFolder folder;
  {
    TensorBoardWriter writer(folder.path());
    for (std::int64_t step = 1; step <= 4; ++step)
      writer.add_scalars(step, {{"train/loss", static_cast<double>(step)}});
    writer.add_text(0, "recipe", "seed: 42");
  }
  TensorBoardWriter resumed(folder.path(), 3);
  resumed.add_scalars(3, {{"train/loss", 0.5}});
  const Json json =
      Json::parse(testing::run_python(python, kTensorBoardScript, folder.path().string() + " 2>/dev/null"));
  EXPECT_EQ(json["scalars"], Json::parse(R"({"train/loss": [[1, 1.0], [2, 2.0], [3, 0.5]]})"));
  EXPECT_EQ(json["texts"], Json::parse(R"({"recipe": [[0, "seed: 42"]]})"));
  EXPECT_EQ(json["plugins"], Json::parse(R"({"recipe": "text"})"));
  EXPECT_EQ(json["events"], 9);
}

}  // namespace
}  // namespace c2c
