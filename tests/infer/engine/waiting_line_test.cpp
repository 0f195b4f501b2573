#include "c2c/infer/engine/waiting_line.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include "c2c/infer/engine/ticket.h"

namespace c2c {
namespace {

TEST(WaitingLine, FirstComeFirstServedAndOnlySoMany) {
  WaitingLine<int> line(2);
  EXPECT_EQ(line.enter(1), LineEntry::kIn);
  EXPECT_EQ(line.enter(2), LineEntry::kIn);
  EXPECT_EQ(line.enter(3), LineEntry::kFull);
  EXPECT_TRUE(line.wait());
  EXPECT_EQ(line.next(), 1);
  EXPECT_EQ(line.enter(3), LineEntry::kIn);
  EXPECT_TRUE(line.leave(2));
  EXPECT_FALSE(line.leave(2));
  EXPECT_EQ(line.next(), 3);
  EXPECT_EQ(line.next(), std::nullopt);
}

TEST(WaitingLine, AClosedLineServesWhoIsInItAndNobodyElse) {
  WaitingLine<int> line(9);
  line.enter(1);
  line.enter(2);
  line.close();
  EXPECT_EQ(line.enter(3), LineEntry::kClosed);
  EXPECT_TRUE(line.wait());
  EXPECT_EQ(line.next(), 1);
  EXPECT_EQ(line.clear(), std::vector<int>{2});
  EXPECT_FALSE(line.wait());
}

// Every item goes out once, whoever takes it out.
TEST(WaitingLine, ManyThreadsLoseAndRepeatNothing) {
  constexpr int kThreads = 4, kEach = 500;
  WaitingLine<int> line(kThreads * kEach);
  std::atomic<int> left = 0;
  std::vector<int> seen(kThreads * kEach, 0);
  std::thread server([&] {
    while (line.wait())
      while (const std::optional<int> item = line.next()) ++seen[static_cast<std::size_t>(*item)];
  });
  std::vector<std::thread> clients;
  for (int t = 0; t < kThreads; ++t)
    clients.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        EXPECT_EQ(line.enter(t * kEach + i), LineEntry::kIn);
        if (i % 3 == 0 && line.leave(t * kEach + i)) ++left;
      }
    });
  for (std::thread& client : clients) client.join();
  line.close();
  server.join();
  EXPECT_EQ(std::accumulate(seen.begin(), seen.end(), 0) + left, kThreads * kEach);
  for (const int times : seen) EXPECT_LE(times, 1);
}

TEST(Ticket, WhatWasWrittenBeforeTheEndIsSeenAfterIt) {
  for (int round = 0; round < 200; ++round) {
    Ticket ticket;
    int value = 0;
    std::thread worker([&] {
      while (!ticket.is_cancelled()) std::this_thread::yield();
      value = 7;
      ticket.finish(std::make_exception_ptr(std::runtime_error("so be it")));
    });
    EXPECT_FALSE(ticket.wait_for(std::chrono::nanoseconds(0)));
    ticket.cancel();
    ticket.wait();
    EXPECT_EQ(value, 7);
    EXPECT_TRUE(ticket.is_done());
    EXPECT_THROW(ticket.check(), std::runtime_error);
    worker.join();
  }
}

}  // namespace
}  // namespace c2c
