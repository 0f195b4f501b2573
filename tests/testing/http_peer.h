// A service on loopback that answers every request as a test says: one thread for each connection, which it closes.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace c2c::testing {

struct PeerReply {
  int status = 200;
  std::string body = {};
  std::vector<std::string> headers = {};  // "Retry-After: 1"
};

class HttpPeer {
 public:
  // `head`: request line and headers; called from several threads at once.
  using Handler = std::function<PeerReply(const std::string& head, const std::string& body)>;

  // Listens from now on; answers after start().
  HttpPeer() {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || bind(listener_, plain, size) != 0 || listen(listener_, 64) != 0 ||
        getsockname(listener_, plain, &size) != 0)
      throw std::runtime_error("no socket on loopback");
    port_ = ntohs(address.sin_port);
  }
  ~HttpPeer() {
    shutdown(listener_, SHUT_RDWR);
    if (acceptor_.joinable()) acceptor_.join();
    close(listener_);
    for (std::thread& worker : workers_) worker.join();
  }
  HttpPeer(const HttpPeer&) = delete;
  HttpPeer& operator=(const HttpPeer&) = delete;

  void start(Handler handler) {
    handler_ = std::move(handler);
    acceptor_ = std::thread([this] {
      for (int peer = 0; (peer = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;)
        workers_.emplace_back([this, peer] { serve(peer); });
    });
  }
  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int requests() const { return requests_; }

 private:
  void serve(int peer) {
    std::string text;
    char buffer[4096];
    std::size_t end = text.npos, length = 0;
    while (end == text.npos || text.size() < end + 4 + length) {
      const ssize_t n = recv(peer, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      text.append(buffer, static_cast<std::size_t>(n));
      if (end != text.npos) continue;
      end = text.find("\r\n\r\n");
      const std::size_t field = text.find("Content-Length: ");
      if (end != text.npos && field < end) length = std::stoul(text.substr(field + 16));
    }
    if (end != text.npos) {
      ++requests_;
      const PeerReply reply = handler_(text.substr(0, end), text.substr(end + 4));
      std::string out = "HTTP/1.1 " + std::to_string(reply.status) + " Said\r\nContent-Type: application/json\r\n";
      for (const std::string& header : reply.headers) out += header + "\r\n";
      out += "Connection: close\r\nContent-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n" + reply.body;
      for (std::size_t sent = 0; sent < out.size();) {
        const ssize_t n = send(peer, out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) break;
        sent += static_cast<std::size_t>(n);
      }
    }
    close(peer);
  }

  int listener_ = -1, port_ = 0;
  Handler handler_;
  std::atomic<int> requests_ = 0;
  std::thread acceptor_;
  std::list<std::thread> workers_;
};

}  // namespace c2c::testing
