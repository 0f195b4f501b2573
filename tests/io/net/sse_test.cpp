#include "c2c/io/net/sse.h"

#include <gtest/gtest.h>

#include <vector>

#include "c2c/base/error.h"

namespace c2c {
namespace {

std::vector<std::string> read(std::string_view stream, std::size_t step) {
  std::vector<std::string> events;
  SseParser parser;
  for (std::size_t i = 0; i < stream.size(); i += step)
    parser.feed(stream.substr(i, step),
                [&](const SseEvent& event) { events.push_back(event.type + "|" + event.data); });
  return events;
}

TEST(Sse, WhatIsWrittenIsRead) {
  for (const std::string data : {"{\"a\":1}", "", "two\nlines", " starts with a blank", "a\n\nb\n", "x: y", ":"}) {
    const std::string stream = format_sse_comment("ping") + format_sse(data) + format_sse(data, "done");
    for (const std::size_t step : {1, 2, 3, 1000})
      EXPECT_EQ(read(stream, step), (std::vector<std::string>{"message|" + data, "done|" + data}));
  }
}

TEST(Sse, LinesCannotBeSmuggledIn) {
  EXPECT_EQ(format_sse("a\r\nb\rc\nd"), "data: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(format_sse_comment("a\n\ndata: b"), ": a\n: \n: data: b\n\n");
  EXPECT_THROW(format_sse("x", "a\nb"), Error);
}

TEST(Sse, ReadsTheStandardsForms) {
  const std::string stream =
      "\xEF\xBB\xBF"
      ": comment\r\n"
      "data:no blank\r"
      "data:  two blanks\r\n"
      "data: one event\r\n"
      "\r\n"
      "event: other\n"
      "id: 7\n"
      "retry: 10\n"
      "data\n"
      "\n"
      "event: without data\n\n"
      "data: unfinished\n";
  for (const std::size_t step : {1, 2, 5, 1000})
    EXPECT_EQ(read(stream, step), (std::vector<std::string>{"message|no blank\n two blanks\none event", "other|"}));
}

TEST(Sse, AnEventIsBounded) {
  const auto ignore = [](const SseEvent&) {};
  SseParser one_line(100);
  EXPECT_THROW(one_line.feed("data: " + std::string(200, 'x'), ignore), Error);
  SseParser many_lines(100);
  EXPECT_THROW(for (int i = 0; i < 100; ++i) many_lines.feed("data: xx\n", ignore), Error);
  SseParser many_events(100);
  for (int i = 0; i < 100; ++i) many_events.feed("data: xx\n\n", ignore);
}

}  // namespace
}  // namespace c2c
