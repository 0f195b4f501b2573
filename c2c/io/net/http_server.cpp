#include "c2c/io/net/http_server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <thread>
#include <vector>

#include "c2c/base/error.h"
#include "c2c/base/log.h"
#include "c2c/io/net/session.h"

namespace c2c {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

HttpResponse plain_error(int status, const std::string& what) {
  return {.status = status, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = what + "\n"};
}

[[noreturn]] void refuse_address(const HttpServerOptions& options, const std::string& found) {
  fail_usage({.where = options.address + ":" + std::to_string(options.port),
              .found = found,
              .expected = "an address of this machine and a free port",
              .hint = "port 0 takes a free one"});
}

// Everyone is busy: say so and close, without waiting for anything.
void turn_away(tcp::socket socket, const HttpErrorReply& error_reply) {
  const HttpResponse response = error_reply(503, "too many connections");
  std::string bytes = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n";
  for (const HttpHeader& header : response.headers) bytes += header.name + ": " + header.value + "\r\n";
  bytes += "Content-Length: " + std::to_string(response.body.size()) + "\r\n\r\n" + response.body;
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(bytes), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace

struct HttpResponder::Handle {
  explicit Handle(std::shared_ptr<Exchange> of) : exchange(std::move(of)) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { exchange->abandon(); }
  std::shared_ptr<Exchange> exchange;
};

HttpResponder::HttpResponder(std::shared_ptr<Exchange> exchange)
    : handle_(std::make_shared<Handle>(std::move(exchange))) {}
void HttpResponder::send(HttpResponse response) const {
  handle_->exchange->send(std::move(response));
}
void HttpResponder::start(int status, HttpHeaders headers) const {
  handle_->exchange->start(status, std::move(headers));
}
bool HttpResponder::write(std::string_view piece) const {
  return handle_->exchange->write(piece);
}
void HttpResponder::end() const {
  handle_->exchange->end();
}
void HttpResponder::on_client_gone(std::function<void()> callback) const {
  handle_->exchange->on_client_gone(std::move(callback));
}
bool HttpResponder::client_gone() const {
  return handle_->exchange->client_gone();
}

struct HttpServer::State {
  SessionHouse house;
  asio::io_context context;
  asio::strand<asio::io_context::executor_type> strand = asio::make_strand(context);  // of all that accepts
  tcp::acceptor acceptor{strand};
  asio::steady_timer pause{strand};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::vector<std::thread> threads;
  std::uint16_t port = 0;

  void listen();
  void accept();
  void on_accept(const error_code& error, tcp::socket socket);
  void run();
};

void HttpServer::State::listen() {
  const HttpServerOptions& options = house.options;
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) refuse_address(options, "no numeric address");
  const tcp::endpoint endpoint(address, options.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) refuse_address(options, error.message());
  port = acceptor.local_endpoint().port();
}

void HttpServer::State::accept() {
  acceptor.async_accept(context, [this](error_code error, tcp::socket socket) { on_accept(error, std::move(socket)); });
}

void HttpServer::State::on_accept(const error_code& error, tcp::socket socket) {
  if (error == asio::error::operation_aborted || *house.stopping) return;
  if (error) {
    // Out of file descriptors, most likely: a moment later some may be back.
    log_warning("cannot accept a connection: " + error.message());
    pause.expires_after(std::chrono::milliseconds(100));
    pause.async_wait([this](error_code stopped) {
      if (!stopped) accept();
    });
    return;
  }
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock(house.mutex);
    if (static_cast<int>(house.sessions.size()) < house.options.max_connections && !*house.stopping) {
      session = std::make_shared<Session>(std::move(socket), asio::make_strand(context), house);
      house.sessions.insert(session);
    }
  }
  if (session)
    session->start();
  else
    turn_away(std::move(socket), house.options.error_reply);
  accept();
}

void HttpServer::State::run() {
  while (true) {
    try {
      context.run();
      return;
    } catch (const std::exception& error) {
      log_warning(std::string("HTTP server: ") + error.what());
    }
  }
}

HttpServer::HttpServer(HttpHandler handler, HttpServerOptions options) : state_(std::make_unique<State>()) {
  C2C_CHECK(handler != nullptr, "HttpServer: no handler");
  if (!options.error_reply) options.error_reply = plain_error;
  if (options.threads < 1 || options.max_connections < 1)
    fail_usage({.where = "server", .found = "no thread or no connection", .expected = "at least 1 of each"});
  state_->house.handler = std::move(handler);
  state_->house.options = std::move(options);
}

HttpServer::~HttpServer() {
  stop(std::chrono::milliseconds(0));
}

void HttpServer::start() {
  C2C_CHECK(state_->threads.empty() && !*state_->house.stopping, "HttpServer: started twice");
  state_->listen();
  state_->work.emplace(state_->context.get_executor());
  asio::post(state_->strand, [this] { state_->accept(); });
  for (int i = 0; i < state_->house.options.threads; ++i) state_->threads.emplace_back([this] { state_->run(); });
}

void HttpServer::stop(std::chrono::milliseconds grace) {
  State& state = *state_;
  if (state.threads.empty()) return;
  for (const std::thread& thread : state.threads)
    C2C_CHECK(thread.get_id() != std::this_thread::get_id(), "HttpServer::stop: called from a handler");
  SessionHouse& house = state.house;
  const auto each = [&house](auto action) {
    const std::lock_guard lock(house.mutex);
    for (const auto& session : house.sessions) action(*session);
  };
  const auto all_gone = [&house] { return house.sessions.empty(); };
  *house.stopping = true;
  asio::post(state.strand, [&state] {
    error_code ignored;
    state.acceptor.close(ignored);
    state.pause.cancel();
  });
  each([](Session& session) { session.stop_when_idle(); });
  {
    std::unique_lock lock(house.mutex);
    house.one_less.wait_for(lock, grace, all_gone);
  }
  each([](Session& session) { session.close_now(); });
  {
    std::unique_lock lock(house.mutex);
    house.one_less.wait(lock, all_gone);
  }
  state.work.reset();
  for (std::thread& thread : state.threads) thread.join();
  state.threads.clear();
}

std::uint16_t HttpServer::port() const {
  return state_->port;
}

std::string HttpServer::url() const {
  const std::string& address = state_->house.options.address;
  const bool is_v6 = address.find(':') != std::string::npos;
  return "http://" + (is_v6 ? "[" + address + "]" : address) + ":" + std::to_string(port());
}

int HttpServer::connections() const {
  const std::lock_guard lock(state_->house.mutex);
  return static_cast<int>(state_->house.sessions.size());
}

}  // namespace c2c
