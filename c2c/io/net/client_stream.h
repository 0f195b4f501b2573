// A client's connection, plain or TLS, whose calls block until a deadline. POSIX and OpenSSL: Asio's synchronous calls
// know no time-outs.
#pragma once
#include <openssl/types.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "c2c/io/net/http_error.h"
#include "c2c/io/net/url.h"

namespace c2c {

using NetClock = std::chrono::steady_clock;

// Whom clients trust: the system's certificates, or those of SSL_CERT_FILE and SSL_CERT_DIR. Reading them takes a
// while, so a client does it once.
std::shared_ptr<SSL_CTX> make_tls_trust();

class ClientStream {
 public:
  // Connects, and for https checks certificate and host name. `trust` is only needed there. Name look-ups have the
  // system resolver's own time-outs. Throws HttpError.
  ClientStream(const Url& url, SSL_CTX* trust, NetClock::time_point deadline);
  ClientStream(const ClientStream&) = delete;
  ClientStream& operator=(const ClientStream&) = delete;
  ~ClientStream();

  // Throw HttpError kTimeout or kClosed.
  void write_all(std::string_view bytes, NetClock::time_point deadline);
  // At least one byte, or 0: the other side has ended in good order.
  std::size_t read_some(char* data, std::size_t size, NetClock::time_point deadline);
  // Nothing has arrived between two requests; what has is the end of the connection, or nonsense.
  bool is_quiet() const;

 private:
  void start_tls(SSL_CTX* trust, NetClock::time_point deadline);
  void wait_for(short events, NetClock::time_point deadline, const char* doing) const;
  // Waits as the last TLS call asks; throws where it failed for good.
  void wait_for_tls(int result, NetClock::time_point deadline, const char* doing);

  Url url_;
  int socket_ = -1;
  std::unique_ptr<SSL, void (*)(SSL*)> tls_;
};

}  // namespace c2c
