#include "c2c/train/datagen/journal.h"

#include <gtest/gtest.h>

#include "c2c/io/formats/source.h"
#include "tests/train/data/dataset_testing.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;
using testing::error_of;
using testing::TemporaryFolder;
using testing::write;

const Json kRun = {{"type", "dolly"}, {"teacher", {{"model", "m"}, {"sampling", {{"top_k", 0}}}}}};

JournalEntry answer(std::int64_t row, const std::string& text) {
  return {.row = row,
          .key = "k" + std::to_string(row),
          .reply = {.text = text, .reasoning = "because", .finish = "stop"},
          .error = {}};
}

TEST(Journal, KeepsTheLastEntryOfARow) {
  const TemporaryFolder folder;
  const auto path = folder / "new" / "journal.jsonl";
  const JournalEntry failed{.row = 7, .key = "k7", .reply = {}, .error = "no \"such\" host\n"};
  {
    Journal journal(path, kRun);
    journal.put(answer(3, "line one\nline \"two\" \xC3\xA9"));
    journal.put(failed);
    journal.put(answer(0, "zero"));
    EXPECT_EQ(journal.find(7), failed);
    EXPECT_EQ(journal.state(7), Journal::State::kFailed);
  }
  Journal journal(path, kRun);
  EXPECT_EQ(journal.find(3), answer(3, "line one\nline \"two\" \xC3\xA9"));
  EXPECT_EQ(journal.find(7), failed);
  EXPECT_EQ(journal.find(1), std::nullopt);
  EXPECT_EQ(journal.state(1), Journal::State::kOpen);
  journal.put(answer(7, "now"));
  EXPECT_EQ(journal.find(7), answer(7, "now"));
  EXPECT_EQ(journal.state(7), Journal::State::kAnswered);
}

// A process may end anywhere within a write: whole lines stay, the broken one goes, the next one is whole again.
TEST(Journal, CutAnywhereItGoesOn) {
  const TemporaryFolder folder;
  const auto path = folder / "journal.jsonl";
  {
    Journal journal(path, kRun);
    journal.put(answer(0, "zero"));
    journal.put(answer(1, "one \xE2\x82\xAC"));
  }
  const std::string whole = read_text_file(path);
  const std::size_t head = whole.find('\n') + 1, second = whole.find('\n', head) + 1;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    write(path, whole.substr(0, size));
    {
      Journal journal(path, kRun);
      EXPECT_EQ(journal.state(0) == Journal::State::kAnswered, size >= second) << size;
      EXPECT_EQ(journal.state(1) == Journal::State::kAnswered, size == whole.size()) << size;
      journal.put(answer(0, "zero"));
      journal.put(answer(1, "one \xE2\x82\xAC"));
    }
    Journal again(path, kRun);
    EXPECT_EQ(again.find(0), answer(0, "zero"));
    EXPECT_EQ(again.find(1), answer(1, "one \xE2\x82\xAC"));
  }
}

TEST(Journal, RefusesWhatIsNotItsOwn) {
  const TemporaryFolder folder;
  const auto path = folder / "journal.jsonl";
  Json other = kRun;
  other["teacher"]["sampling"]["top_k"] = 20;
  const auto problem = [&](const Json& run) { return error_of([&] { Journal(path, run); }); };
  {
    Journal journal(path, kRun);
    journal.put(answer(0, "zero"));
    EXPECT_NE(problem(kRun).find("another process"), std::string::npos);
  }
  const std::string different = problem(other);
  for (const char* part : {"journal.jsonl", "teacher.sampling.top_k", "= 0", "= 20"})
    EXPECT_NE(different.find(part), std::string::npos) << different;
  EXPECT_EQ(problem(kRun), "");
  const std::string good = read_text_file(path);
  write(path, "some notes\n");
  EXPECT_NE(problem(kRun).find("no journal"), std::string::npos);
  EXPECT_EQ(read_text_file(path), "some notes\n");
  write(path, good + "{\"row\": 1}\n");
  EXPECT_NE(problem(kRun).find("journal.jsonl:3"), std::string::npos) << problem(kRun);
  write(path, good + R"({"row":-1,"key":"k","text":"t","finish":"stop"})" + "\n");
  EXPECT_NE(problem(kRun).find("row"), std::string::npos);
}

}  // namespace
}  // namespace c2c
