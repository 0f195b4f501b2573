// One connection of the server: reads requests one after another, hands them over, sends replies, watches the clocks.
// Everything here runs on the session's strand. Internal to the room: it knows Asio.
#pragma once
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "c2c/io/net/exchange.h"
#include "c2c/io/net/http_parser.h"
#include "c2c/io/net/http_server.h"

namespace c2c {

class Session;

// What all sessions share. Outlives them.
struct SessionHouse {
  HttpHandler handler;
  HttpServerOptions options;
  std::shared_ptr<std::atomic<bool>> stopping = std::make_shared<std::atomic<bool>>(false);

  // Sessions that live; stop() waits until there are none.
  std::mutex mutex;
  std::condition_variable one_less;
  std::set<std::shared_ptr<Session>> sessions;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;
  Session(boost::asio::ip::tcp::socket socket, Strand strand, SessionHouse& house);
  // From any thread.
  void start();
  void stop_when_idle();  // closes now where no reply is under way, else behind it
  void close_now();

 private:
  enum class Stage { kReading, kAnswering, kLingering, kClosed };
  void read();
  void on_read(const boost::system::error_code& error, std::size_t bytes);
  void advance();
  void parse();
  void expect_continue();
  void hand_over();
  void refuse(int status, const std::string& what);
  std::shared_ptr<Exchange> begin_exchange(bool head_only, bool http_1_0, bool keep_alive);
  void flush();
  void on_written(const boost::system::error_code& error);
  void next_request();
  void linger();
  void close();
  void arm(std::chrono::milliseconds time);
  void on_clock();
  bool has_room() const;

  boost::asio::ip::tcp::socket socket_;
  Strand strand_;
  SessionHouse& house_;
  boost::asio::steady_timer read_clock_, write_clock_;
  std::string remote_address_;
  Stage stage_ = Stage::kReading;
  std::array<char, 16 << 10> piece_;
  std::string in_, out_;
  std::size_t out_sent_ = 0;
  HttpParser parser_;
  std::shared_ptr<Exchange> exchange_;
  bool reading_ = false, writing_ = false, last_ = false, clock_for_request_ = false;
  std::size_t discarded_ = 0;
};

}  // namespace c2c
