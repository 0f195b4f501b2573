// Sockets without HTTP code of ours, for tests: a service that says what it is told to, and a client that does.
#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace c2c::testing {

using namespace std::chrono_literals;

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// What can be read within `time`, until `enough` says so or the other side ends; `ended` tells which.
inline std::string read_raw(int socket, std::chrono::milliseconds time,
                            const std::function<bool(const std::string&)>& enough = {}, bool* ended = nullptr) {
  std::string text;
  const auto end = std::chrono::steady_clock::now() + time;
  if (ended != nullptr) *ended = false;
  while (!enough || !enough(text)) {
    pollfd entry{socket, POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0 || ::poll(&entry, 1, static_cast<int>(left.count())) <= 0) break;
    char piece[4096];
    const ssize_t n = ::recv(socket, piece, sizeof(piece), 0);
    if (n <= 0) {
      if (ended != nullptr) *ended = true;
      break;
    }
    text.append(piece, static_cast<std::size_t>(n));
  }
  return text;
}
inline bool send_raw(int socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}
inline bool has_head(const std::string& text) {
  return text.find("\r\n\r\n") != std::string::npos;
}

// Accepts connections one after another, each handled on the service's own thread.
class RawService {
 public:
  explicit RawService(std::function<void(int socket)> talk) : talk_(std::move(talk)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("RawService: no port");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~RawService() {
    stop_ = true;
    thread_.join();
    ::close(listener_);
  }
  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int accepted() const { return accepted_; }

 private:
  void run() {
    while (!stop_) {
      pollfd entry{listener_, POLLIN, 0};
      if (::poll(&entry, 1, 20) <= 0) continue;
      const int socket = ::accept(listener_, nullptr, nullptr);
      ++accepted_;
      talk_(socket);
      ::close(socket);
    }
  }
  std::function<void(int)> talk_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_ = false;
  std::atomic<int> accepted_ = 0;
  std::thread thread_;
};

// A service that reads a request's head and says `text`, then hangs up.
inline std::function<void(int)> says(std::string text) {
  return [text = std::move(text)](int socket) {
    read_raw(socket, 5s, has_head);
    send_raw(socket, text);
  };
}

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    const sockaddr_in address = loopback(port);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
      throw std::runtime_error("RawClient: not connected");
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { hang_up(); }
  bool say(std::string_view text) const { return send_raw(socket_, text); }
  std::string hear_until(const std::string& end, std::chrono::milliseconds time = 5s) const {
    return read_raw(socket_, time, [&](const std::string& text) { return text.ends_with(end); });
  }
  // Everything up to the connection's end, which must come.
  std::string hear_all(std::chrono::milliseconds time = 10s) const {
    bool ended = false;
    std::string text = read_raw(socket_, time, {}, &ended);
    EXPECT_TRUE(ended) << "the connection is still open";
    return text;
  }
  void hang_up() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

 private:
  int socket_;
};

// Whether it comes true within some seconds.
template <class Condition>
bool eventually(const Condition& condition, std::chrono::milliseconds time = 5s) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

}  // namespace c2c::testing
