#include "c2c/io/net/session.h"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "c2c/base/log.h"

namespace c2c {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = asio::steady_timer::clock_type;

// A connection that is being closed is read a little longer: bytes that nobody reads would make the system send a
// reset, and the client might lose the reply that says why.
constexpr std::chrono::milliseconds kLingerTime{2'000};
constexpr std::size_t kLingerBytes = std::size_t{4} << 20;
// Written in pieces, so that the write clock measures progress and not a whole reply.
constexpr std::size_t kWritePiece = std::size_t{64} << 10;

}  // namespace

Session::Session(asio::ip::tcp::socket socket, Strand strand, SessionHouse& house)
    : socket_(std::move(socket)),
      strand_(std::move(strand)),
      house_(house),
      read_clock_(strand_),
      write_clock_(strand_),
      parser_(HttpParser::Kind::kRequest, house.options.limits) {
  error_code ignored;
  const auto remote = socket_.remote_endpoint(ignored);
  if (!ignored) remote_address_ = remote.address().to_string();
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

void Session::start() {
  asio::post(strand_, [self = shared_from_this()] {
    if (self->stage_ == Stage::kClosed) return;  // stopped before it began
    self->arm(self->house_.options.idle_timeout);
    self->read();
  });
}

void Session::stop_when_idle() {
  asio::post(strand_, [self = shared_from_this()] {
    if (self->stage_ == Stage::kReading) self->close();
  });
}

void Session::close_now() {
  asio::post(strand_, [self = shared_from_this()] { self->close(); });
}

// Requests that come before their turn wait, as long as they are few.
bool Session::has_room() const {
  return stage_ == Stage::kReading || stage_ == Stage::kLingering ||
         in_.size() < house_.options.limits.max_header_bytes;
}

void Session::read() {
  if (reading_ || stage_ == Stage::kClosed || !has_room()) return;
  reading_ = true;
  socket_.async_read_some(asio::buffer(piece_),
                          asio::bind_executor(strand_, [self = shared_from_this()](error_code error, std::size_t n) {
                            self->on_read(error, n);
                          }));
}

void Session::on_read(const error_code& error, std::size_t bytes) {
  reading_ = false;
  if (stage_ == Stage::kClosed) return;
  if (error) return close();  // also while a reply is under way: its client has left
  if (stage_ == Stage::kLingering) {
    discarded_ += bytes;
    if (discarded_ > kLingerBytes) return close();
  } else {
    in_.append(piece_.data(), bytes);
    advance();
  }
  read();
}

void Session::advance() {
  if (stage_ != Stage::kReading || in_.empty()) return;
  try {
    parse();
  } catch (const HttpSyntaxError& error) {
    refuse(error.status(), error.what());
  }
}

void Session::parse() {
  if (!clock_for_request_) {
    clock_for_request_ = true;
    arm(house_.options.request_timeout);
  }
  // Blank lines before a request are forgiven (RFC 9112 2.2).
  if (!parser_.started()) in_.erase(0, std::min(in_.find_first_not_of("\r\n"), in_.size()));
  const bool had_head = parser_.head_done();
  parser_.feed(in_);
  if (!parser_.head_done()) return;
  if (!had_head && !parser_.done()) {
    parser_.feed(in_);
    if (!parser_.done()) expect_continue();
  }
  if (stage_ == Stage::kReading && parser_.done()) hand_over();
}

void Session::expect_continue() {
  const std::string* const expected = find_header(parser_.head().headers, "Expect");
  if (expected == nullptr || parser_.head().version < 11) return;
  if (!equals_ignoring_case(*expected, "100-continue")) return refuse(417, "an expectation that nobody here knows");
  if (!parser_.body().empty() || !in_.empty()) return;  // it has not waited
  // Small enough for any socket buffer that has just been emptied; one that takes it not is of no use.
  error_code error;
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  socket_.non_blocking(true, error);
  if (!error && socket_.write_some(asio::buffer(kContinue), error) != kContinue.size()) close();
}

std::shared_ptr<Exchange> Session::begin_exchange(bool head_only, bool http_1_0, bool keep_alive) {
  stage_ = Stage::kAnswering;
  read_clock_.cancel();
  last_ = false;
  out_.clear();
  out_sent_ = 0;
  exchange_ = std::make_shared<Exchange>(ReplyTerms{.head_only = head_only,
                                                    .http_1_0 = http_1_0,
                                                    .keep_alive = keep_alive,
                                                    .max_unsent_bytes = house_.options.max_unsent_bytes,
                                                    .stopping = house_.stopping,
                                                    .error_reply = house_.options.error_reply});
  exchange_->set_wake([weak = weak_from_this()] {
    if (const auto self = weak.lock()) asio::post(self->strand_, [self] { self->flush(); });
  });
  return exchange_;
}

void Session::hand_over() {
  const HttpHead& head = parser_.head();
  HttpRequest request{.method = head.method, .headers = head.headers, .remote_address = remote_address_};
  const std::size_t question = std::min(head.target.find('?'), head.target.size());
  request.path = head.target.substr(0, question);
  request.query = head.target.substr(std::min(head.target.size(), question + 1));
  request.body = std::move(parser_.body());
  const auto exchange = begin_exchange(head.method == "HEAD", head.version == 10, parser_.keep_alive());
  try {
    house_.handler(std::move(request), HttpResponder(exchange));
  } catch (const std::exception& error) {
    log_warning(std::string("a request's handler failed: ") + error.what());
    exchange->fail(500, "the request's handler failed");
  }
}

void Session::refuse(int status, const std::string& what) {
  in_.clear();
  begin_exchange(false, false, false)->fail(status, what);
}

void Session::flush() {
  if (writing_ || stage_ != Stage::kAnswering) return;
  if (out_sent_ == out_.size()) {
    if (last_) return next_request();
    Exchange::Outgoing next = exchange_->take();
    if (next.broken) return close();
    out_ = std::move(next.bytes);
    out_sent_ = 0;
    last_ = next.last;
    if (out_.empty()) {
      if (last_) next_request();
      return;
    }
  }
  writing_ = true;
  write_clock_.expires_after(house_.options.write_timeout);
  write_clock_.async_wait([self = shared_from_this()](error_code error) {
    if (!error && self->writing_ && self->write_clock_.expiry() <= Clock::now()) self->close();
  });
  const auto done = [self = shared_from_this()](error_code error, std::size_t n) {
    self->out_sent_ += n;
    self->on_written(error);
  };
  asio::async_write(socket_, asio::buffer(out_.data() + out_sent_, std::min(out_.size() - out_sent_, kWritePiece)),
                    asio::bind_executor(strand_, done));
}

void Session::on_written(const error_code& error) {
  writing_ = false;
  write_clock_.cancel();
  if (stage_ == Stage::kClosed) return;
  if (error) return close();
  flush();
}

void Session::next_request() {
  const bool keep_alive = exchange_->keep_alive();
  exchange_->client_left();  // this exchange is over; its responder's further calls find nobody
  exchange_.reset();
  if (!keep_alive || *house_.stopping) return linger();
  stage_ = Stage::kReading;
  parser_ = HttpParser(HttpParser::Kind::kRequest, house_.options.limits);
  clock_for_request_ = false;
  arm(house_.options.idle_timeout);
  // Not from here: a client that sends many requests at once would make this call itself once for each.
  asio::post(strand_, [self = shared_from_this()] {
    self->advance();
    self->read();
  });
}

void Session::linger() {
  stage_ = Stage::kLingering;
  in_.clear();
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  arm(std::min(kLingerTime, house_.options.idle_timeout));
  read();
}

void Session::close() {
  if (stage_ == Stage::kClosed) return;
  stage_ = Stage::kClosed;
  read_clock_.cancel();
  write_clock_.cancel();
  error_code ignored;
  socket_.close(ignored);
  {
    const std::lock_guard lock(house_.mutex);
    house_.sessions.erase(shared_from_this());
  }
  if (const auto exchange = std::exchange(exchange_, nullptr)) {
    try {
      exchange->client_left();
    } catch (const std::exception& error) {
      log_warning(std::string("a callback of a request that was left failed: ") + error.what());
    }
  }
  house_.one_less.notify_all();
}

void Session::arm(std::chrono::milliseconds time) {
  read_clock_.expires_after(time);
  read_clock_.async_wait([self = shared_from_this()](error_code error) {
    // One that was set anew, or is no longer wanted, may already be on its way here.
    if (!error && self->read_clock_.expiry() <= Clock::now()) self->on_clock();
  });
}

void Session::on_clock() {
  if (stage_ == Stage::kLingering) return close();
  if (stage_ != Stage::kReading) return;
  if (!clock_for_request_) return close();  // idle: nobody waits for an answer
  refuse(408, "the request was not whole in time");
}

}  // namespace c2c
