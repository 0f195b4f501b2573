#include "c2c/io/net/client_stream.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string>

#include "c2c/io/net/quiet_bio.h"

namespace c2c {
namespace {

[[noreturn]] void fail(const Url& url, HttpFailure failure, std::string found, std::string hint = {}) {
  throw HttpError(failure, {.where = to_string(url), .found = std::move(found), .hint = std::move(hint)});
}
[[noreturn]] void fail_timeout(const Url& url, const char* doing) {
  fail(url, HttpFailure::kTimeout, std::string("no answer in time while ") + doing);
}

std::string errno_text(int error) {
  return std::generic_category().message(error);
}

bool is_ip_address(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// true: an event; false: the deadline.
bool poll_until(int socket, short events, NetClock::time_point deadline) {
  pollfd entry{socket, events, 0};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - NetClock::now()).count();
    const int ready = ::poll(&entry, 1, static_cast<int>(std::clamp<long>(left, 0, INT_MAX)));
    if (ready > 0) return true;
    if (ready == 0 && NetClock::now() >= deadline) return false;
    if (ready < 0 && errno != EINTR) return true;  // the call that follows says what is wrong
  }
}

// A connected socket, or -1 with `error` set (ETIMEDOUT at the deadline).
int connect_to(const addrinfo& address, NetClock::time_point deadline, int& error) {
  const int socket = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) {
    error = errno;
    return -1;
  }
  error = ::connect(socket, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    socklen_t size = sizeof(error);
    error = ETIMEDOUT;
    if (poll_until(socket, POLLOUT, deadline)) ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error == 0) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return socket;
  }
  ::close(socket);
  return -1;
}

int connect_to(const Url& url, NetClock::time_point deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int problem = ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found);
  if (problem != 0) fail(url, HttpFailure::kResolve, std::string("host name not found: ") + ::gai_strerror(problem));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);
  int error = EHOSTUNREACH;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next)
    if (const int socket = connect_to(*address, deadline, error); socket >= 0) return socket;
  if (error == ETIMEDOUT) fail_timeout(url, "connecting");
  fail(url, HttpFailure::kRefused, "no connection: " + errno_text(error), "is the service running, at this address?");
}

std::string tls_problem(const SSL* tls) {
  if (const long verified = SSL_get_verify_result(tls); verified != X509_V_OK)
    return std::string("certificate not trusted: ") + X509_verify_cert_error_string(verified);
  const unsigned long error = ERR_peek_last_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return std::string("TLS failed: ") + (reason == nullptr ? "the connection broke" : reason);
}

}  // namespace

std::shared_ptr<SSL_CTX> make_tls_trust() {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  C2C_CHECK(context != nullptr, "make_tls_trust: no context");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_AUTO_RETRY | SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_default_verify_paths(context.get());
  return context;
}

ClientStream::ClientStream(const Url& url, SSL_CTX* trust, NetClock::time_point deadline)
    : url_(url), socket_(connect_to(url, deadline)), tls_(nullptr, SSL_free) {
  if (!url.tls) return;
  try {
    C2C_CHECK(trust != nullptr, "ClientStream: https without trust");
    start_tls(trust, deadline);
  } catch (...) {
    ::close(socket_);
    throw;
  }
}

ClientStream::~ClientStream() {
  ERR_clear_error();
  if (tls_) SSL_shutdown(tls_.get());  // says goodbye where that goes without waiting
  ::close(socket_);
}

void ClientStream::start_tls(SSL_CTX* trust, NetClock::time_point deadline) {
  tls_.reset(SSL_new(trust));
  C2C_CHECK(tls_ != nullptr, "ClientStream: no TLS session");
  BIO* const bio = make_quiet_bio(socket_);
  SSL_set_bio(tls_.get(), bio, bio);
  if (is_ip_address(url_.host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_.get()), url_.host.c_str());
  } else {
    SSL_set_hostflags(tls_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    C2C_CHECK(SSL_set1_host(tls_.get(), url_.host.c_str()) == 1, "ClientStream: host name");
    SSL_set_tlsext_host_name(tls_.get(), url_.host.c_str());
  }
  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(tls_.get());
    if (result == 1) return;
    const int error = SSL_get_error(tls_.get(), result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
      fail(url_, HttpFailure::kTls, tls_problem(tls_.get()),
           "SSL_CERT_FILE names a file of certificates to trust instead of the system's");
    wait_for(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline, "setting up TLS");
  }
}

void ClientStream::wait_for(short events, NetClock::time_point deadline, const char* doing) const {
  if (!poll_until(socket_, events, deadline)) fail_timeout(url_, doing);
}

void ClientStream::wait_for_tls(int result, NetClock::time_point deadline, const char* doing) {
  const int error = SSL_get_error(tls_.get(), result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
    fail(url_, HttpFailure::kClosed, "the connection broke while " + std::string(doing));
  wait_for(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline, doing);
}

void ClientStream::write_all(std::string_view bytes, NetClock::time_point deadline) {
  constexpr const char* kDoing = "sending the request";
  while (!bytes.empty()) {
    if (tls_) {
      ERR_clear_error();
      const int n = SSL_write(tls_.get(), bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20)));
      if (n <= 0)
        wait_for_tls(n, deadline, kDoing);
      else
        bytes.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0)
      bytes.remove_prefix(static_cast<std::size_t>(n));
    else if (errno == EAGAIN)
      wait_for(POLLOUT, deadline, kDoing);
    else if (errno != EINTR)
      fail(url_, HttpFailure::kClosed, std::string("the connection broke while ") + kDoing + ": " + errno_text(errno));
  }
}

std::size_t ClientStream::read_some(char* data, std::size_t size, NetClock::time_point deadline) {
  constexpr const char* kDoing = "waiting for the reply";
  while (true) {
    if (tls_) {
      ERR_clear_error();
      const int n = SSL_read(tls_.get(), data, static_cast<int>(std::min<std::size_t>(size, 1 << 20)));
      if (n > 0) return static_cast<std::size_t>(n);
      if (SSL_get_error(tls_.get(), n) == SSL_ERROR_ZERO_RETURN) return 0;
      wait_for_tls(n, deadline, kDoing);
      continue;
    }
    const ssize_t n = ::recv(socket_, data, size, 0);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EAGAIN)
      wait_for(POLLIN, deadline, kDoing);
    else if (errno != EINTR)
      fail(url_, HttpFailure::kClosed, std::string("the connection broke while ") + kDoing + ": " + errno_text(errno));
  }
}

bool ClientStream::is_quiet() const {
  pollfd entry{socket_, POLLIN, 0};
  return ::poll(&entry, 1, 0) == 0 && (tls_ == nullptr || SSL_pending(tls_.get()) == 0);
}

}  // namespace c2c
