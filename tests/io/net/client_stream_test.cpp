// https against a service with a certificate made for the occasion.
#include "c2c/io/net/client_stream.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "c2c/io/net/http_client.h"
#include "tests/io/net/raw_service.h"

namespace c2c {
namespace {

using namespace testing;
namespace fs = std::filesystem;

struct Identity {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
};

// Signed by itself, for the given names ("DNS:localhost,IP:127.0.0.1"), from `begin` to `end` seconds from now.
Identity make_identity(const std::string& names, long begin = -3600, long end = 3600) {
  Identity made{{EVP_EC_gen("P-256"), EVP_PKEY_free}, {X509_new(), X509_free}};
  X509* const x509 = made.certificate.get();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), begin);
  X509_gmtime_adj(X509_getm_notAfter(x509), end);
  X509_set_pubkey(x509, made.key.get());
  X509_NAME* const name = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("c2c test"), -1, -1, 0);
  X509_set_issuer_name(x509, name);
  const std::unique_ptr<X509_EXTENSION, void (*)(X509_EXTENSION*)> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str()), X509_EXTENSION_free);
  X509_add_ext(x509, extension.get(), -1);
  X509_sign(x509, made.key.get(), EVP_sha256());
  return made;
}

// Answers one request for each connection; a handshake that fails is the client's to report.
class TlsService {
 public:
  explicit TlsService(Identity identity)
      : identity_(std::move(identity)), context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
    SSL_CTX_use_certificate(context_.get(), identity_.certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), identity_.key.get());
    service_ = std::make_unique<RawService>([this](int socket) { talk(socket); });
  }
  std::uint16_t port() const { return service_->port(); }
  const Identity& identity() const { return identity_; }
  std::string body = "private";  // of every reply
  bool cut_off = false;          // hang up without TLS's goodbye, and without a length

 private:
  void talk(int socket) const {
    timeval time{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
    const std::unique_ptr<SSL, void (*)(SSL*)> tls(SSL_new(context_.get()), SSL_free);
    SSL_set_fd(tls.get(), socket);
    if (SSL_accept(tls.get()) != 1) return;
    std::string seen;
    char piece[1024];
    for (int n = 0; !has_head(seen) && (n = SSL_read(tls.get(), piece, sizeof(piece))) > 0;)
      seen.append(piece, static_cast<std::size_t>(n));
    std::string reply = "HTTP/1.1 200 OK\r\n";
    if (!cut_off) reply += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    reply += "\r\n" + body;
    SSL_write(tls.get(), reply.data(), static_cast<int>(reply.size()));
    if (!cut_off) SSL_shutdown(tls.get());
  }
  Identity identity_;
  std::shared_ptr<SSL_CTX> context_;
  std::unique_ptr<RawService> service_;
};

// SSL_CERT_FILE for as long as it lives: an identity's own certificate is all that is trusted.
class Trusting {
 public:
  explicit Trusting(const Identity& identity)
      : file_(fs::temp_directory_path() / ("c2c_trust_" + std::to_string(::getpid()) + ".pem")) {
    FILE* const out = std::fopen(file_.c_str(), "w");
    PEM_write_X509(out, identity.certificate.get());
    std::fclose(out);
    ::setenv("SSL_CERT_FILE", file_.c_str(), 1);
    ::setenv("SSL_CERT_DIR", "/nonexistent", 1);
  }
  ~Trusting() {
    ::unsetenv("SSL_CERT_FILE");
    ::unsetenv("SSL_CERT_DIR");
    fs::remove(file_);
  }

 private:
  fs::path file_;
};

std::string ask(const std::string& host, std::uint16_t port) {
  HttpClientOptions options;
  options.connect_timeout = options.idle_timeout = 5s;
  return HttpClient("https://" + host + ":" + std::to_string(port), options).get("/").body;
}
HttpError failure_of(const std::string& host, std::uint16_t port) {
  try {
    ask(host, port);
  } catch (const HttpError& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {HttpFailure::kBadReply, {}};
}

TEST(Https, TrustsWhomTheStoreTrusts) {
  TlsService service(make_identity("DNS:localhost,IP:127.0.0.1"));
  service.body = std::string(300'000, 'x');
  const Trusting trust(service.identity());
  EXPECT_EQ(ask("localhost", service.port()), service.body);
  EXPECT_EQ(ask("127.0.0.1", service.port()), service.body);
}

TEST(Https, RefusesAnotherHostsCertificate) {
  const TlsService service(make_identity("DNS:example.org,IP:127.0.0.2"));
  const Trusting trust(service.identity());
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const HttpError error = failure_of(host, service.port());
    EXPECT_EQ(error.failure(), HttpFailure::kTls);
    EXPECT_FALSE(error.is_retryable());
    EXPECT_NE(std::string(error.what()).find("mismatch"), std::string::npos) << error.what();
  }
}

TEST(Https, RefusesStrangersAndTheExpired) {
  const TlsService stranger(make_identity("DNS:localhost"));
  {
    const Trusting trust(make_identity("DNS:localhost"));
    EXPECT_EQ(failure_of("localhost", stranger.port()).failure(), HttpFailure::kTls);
  }
  EXPECT_EQ(failure_of("localhost", stranger.port()).failure(), HttpFailure::kTls) << "the system's own store";
  const TlsService expired(make_identity("DNS:localhost", -7200, -3600));
  const Trusting trust(expired.identity());
  const HttpError error = failure_of("localhost", expired.port());
  EXPECT_EQ(error.failure(), HttpFailure::kTls);
  EXPECT_NE(std::string(error.what()).find("expired"), std::string::npos) << error.what();
}

TEST(Https, ACutOffBodyIsNoBody) {
  TlsService service(make_identity("DNS:localhost"));
  service.cut_off = true;
  const Trusting trust(service.identity());
  EXPECT_EQ(failure_of("localhost", service.port()).failure(), HttpFailure::kClosed);
}

TEST(Https, AServiceWithoutTlsIsNamed) {
  const RawService plain([](int socket) {
    read_raw(socket, 5s, [](const std::string& text) { return !text.empty(); });
    send_raw(socket, "HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  EXPECT_EQ(failure_of("127.0.0.1", plain.port()).failure(), HttpFailure::kTls);
  const RawService silent([](int socket) { read_raw(socket, 1s); });
  HttpClientOptions options;
  options.connect_timeout = 100ms;
  try {
    HttpClient("https://127.0.0.1:" + std::to_string(silent.port()), options).get("/");
    FAIL();
  } catch (const HttpError& error) {
    EXPECT_EQ(error.failure(), HttpFailure::kTimeout);
  }
}

}  // namespace
}  // namespace c2c
