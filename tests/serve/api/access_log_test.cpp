#include "c2c/serve/api/access_log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "c2c/base/error.h"

namespace c2c::api {
namespace {

namespace fs = std::filesystem;

TEST(AccessLog, ALineSaysWhoWhatAndHowLong) {
  AccessRecord record{
      .id = "chatcmpl-1", .route = "/v1/chat/completions", .model = "m", .mode = "c2c", .finish = "stop"};
  record.status = 200;
  record.total = 1.5;
  record.usage = {.prompt_tokens = 4, .completion_tokens = 2};
  const std::string line = access_line(record, 1700000000.25);
  const Json json = Json::parse(line);
  EXPECT_EQ(line.back(), '\n');
  EXPECT_EQ(json["time"], "2023-11-14T22:13:20.250Z");
  EXPECT_EQ(json["status"], 200);
  EXPECT_EQ(json["mode"], "c2c");
  EXPECT_EQ(json["total_ms"], 1500.0);
  EXPECT_EQ(json["usage"]["completion_tokens"], 2);
  EXPECT_FALSE(json.contains("error"));
}

TEST(AccessLog, LinesOfManyThreadsStayWholeAndAreAppended) {
  const fs::path path = fs::temp_directory_path() / ("c2c_access_" + std::to_string(::getpid()) + ".jsonl");
  std::ofstream(path) << "{\"before\": true}\n";
  {
    AccessLog log(path);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) log.write({.id = "x", .route = "/v1/models"});
      });
    for (std::thread& thread : threads) thread.join();
  }
  std::ifstream file(path);
  int lines = 0;
  for (std::string line; std::getline(file, line); ++lines) EXPECT_TRUE(Json::parse(line).is_object());
  EXPECT_EQ(lines, 201);
  fs::remove(path);
}

TEST(AccessLog, AFileThatCannotBeOpenedIsAnError) {
  EXPECT_THROW(AccessLog("/nowhere/at/all.jsonl"), Error);
}

}  // namespace
}  // namespace c2c::api
