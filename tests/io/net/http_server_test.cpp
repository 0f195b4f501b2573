#include "c2c/io/net/http_server.h"

#include <future>
#include <mutex>
#include <vector>

#include "c2c/base/error.h"
#include "c2c/io/net/http_client.h"
#include "tests/io/net/raw_service.h"

namespace c2c {
namespace {

using namespace testing;

void echo(const HttpRequest& request, const HttpResponder& responder) {
  responder.send({.headers = {{"Content-Type", "text/plain"}},
                  .body = request.method + " " + request.path + "?" + request.query + " " + request.body});
}

struct Running {
  explicit Running(HttpHandler handler, HttpServerOptions options = {}) : server(std::move(handler), options) {
    server.start();
  }
  RawClient client(int receive_buffer = 0) const { return RawClient(server.port(), receive_buffer); }
  HttpServer server;
};

const std::string kGet = "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kGetAndClose = "GET /a?b=c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

int status_of(const std::string& reply) {
  return reply.starts_with("HTTP/1.1 ") ? std::stoi(reply.substr(9, 3)) : 0;
}

TEST(HttpServer, AnswersAndKeepsTheConnection) {
  const Running running(echo);
  HttpClient client(running.server.url());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.get("/a?b=c").body, "GET /a?b=c ");
    EXPECT_EQ(client.post("/p", "body").body, "POST /p? body");
  }
  EXPECT_EQ(running.server.connections(), 1);
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  const Running running(echo);
  const RawClient client = running.client();
  std::string requests, expected;
  for (int i = 0; i < 50; ++i) {
    requests += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab";
    expected += "POST /" + std::to_string(i) + "? ab,";
  }
  client.say(requests + kGetAndClose);
  std::string bodies, replies = client.hear_all();
  for (std::size_t at = 0; (at = replies.find("POST /", at)) != std::string::npos; ++at)
    bodies += replies.substr(at, replies.find("ab", at) + 2 - at) + ",";
  EXPECT_EQ(bodies, expected);
}

TEST(HttpServer, HeadHasNoBody) {
  const Running running([](const HttpRequest& request, const HttpResponder& responder) {
    if (request.path == "/whole") return responder.send({.body = "four"});
    responder.start(200, {});
    responder.write("four");
    responder.end();
  });
  const RawClient client = running.client();
  client.say("HEAD /whole HTTP/1.1\r\nHost: x\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string replies = client.hear_all();
  EXPECT_NE(replies.find("Content-Length: 4\r\n"), std::string::npos);
  EXPECT_NE(replies.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(replies.find("four"), std::string::npos);
}

TEST(HttpServer, StreamsFromAnyThread) {
  std::vector<std::thread> threads;
  std::mutex mutex;
  {
    const Running running([&](const HttpRequest&, const HttpResponder& responder) {
      const std::lock_guard lock(mutex);
      threads.emplace_back([responder] {
        responder.start(200, {{"Content-Type", "text/event-stream"}});
        for (int i = 0; i < 100; ++i) EXPECT_TRUE(responder.write(std::to_string(i) + ";"));
        responder.end();
      });
    });
    std::string expected;
    for (int i = 0; i < 100; ++i) expected += std::to_string(i) + ";";
    HttpClient client(running.server.url());
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.get("/").body, expected);
    const RawClient old = running.client();
    old.say("GET / HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(old.hear_all().ends_with("\r\n\r\n" + expected)) << "no chunks for HTTP/1.0";
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(HttpServer, ExpectContinue) {
  const Running running(echo, {.limits = {.max_body_bytes = 100}});
  const std::string head =
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: ";
  const RawClient client = running.client();
  client.say(head + "4\r\n\r\n");
  EXPECT_EQ(client.hear_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.say("body");
  EXPECT_TRUE(client.hear_all().ends_with("POST /? body"));
  const RawClient greedy = running.client();
  greedy.say(head + "101\r\n\r\n");
  EXPECT_EQ(status_of(greedy.hear_all()), 413) << "told before it sends";
}

// Everything that is no request gets an answer in the API's form, and the connection ends in order.
TEST(HttpServer, RefusesBadRequestsInOrder) {
  const Running running(echo, {.limits = {.max_header_bytes = 4096, .max_headers = 20, .max_body_bytes = 100},
                               .error_reply = [](int status, const std::string& what) {
                                 return HttpResponse{.status = status, .body = "{\"error\":\"" + what + "\"}"};
                               }});
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
  std::string many_headers;
  for (int i = 0; i < 30; ++i) many_headers += "X-A: b\r\n";
  for (const auto& [request, status] : std::vector<std::pair<std::string, int>>{
           {"nonsense\r\n\r\n", 400},
           {std::string("\0\0\0\0", 4), 400},
           {"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
           {"GET / HTTP/1.1\r\n\r\n", 400},
           {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
           {"GET / HTTP/1.1\nHost: x\n\n", 400},
           {"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
           {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400},
           {post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400},
           {post + "Content-Length: 1, 1\r\n\r\na", 400},
           {post + "Content-Length: -1\r\n\r\n", 400},
           {post + "Content-Length: +1\r\n\r\n", 400},
           {post + "Content-Length: 99999999999999999999\r\n\r\n", 400},
           {post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
           {post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400},
           {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
           {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
           {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
           {post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
           {post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
           {post + "Transfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'a'), 413},
           {post + "Content-Length: 101\r\n\r\n", 413},
           {post + "Expect: miracles\r\nContent-Length: 1\r\n\r\n", 417},
           {post + many_headers + "\r\n", 431},
           {post + "X-A: " + std::string(5000, 'b') + "\r\n\r\n", 431},
           {post + "X-A: " + std::string(50'000, 'b'), 431},
           {"GET /" + std::string(5000, 'b') + " HTTP/1.1\r\nHost: x\r\n\r\n", 431}}) {
    const RawClient client = running.client();
    client.say(request);
    const std::string reply = client.hear_until("\"}");
    EXPECT_EQ(status_of(reply), status) << request.substr(0, 100) << "\n" << reply;
    EXPECT_NE(reply.find("{\"error\":\""), std::string::npos) << reply;
    EXPECT_NE(reply.find("Connection: close\r\n"), std::string::npos);
    EXPECT_EQ(client.hear_all(), "") << request.substr(0, 100);
  }
  EXPECT_EQ(HttpClient(running.server.url()).get("/").status, 200);
}

TEST(HttpServer, TrailersAreNoHeaders) {
  const Running running([](const HttpRequest& request, const HttpResponder& responder) {
    responder.send({.body = find_header(request.headers, "X-User") == nullptr ? "nobody" : "somebody"});
  });
  const RawClient client = running.client();
  client.say(
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
      "X-User: root\r\n\r\n");
  EXPECT_TRUE(client.hear_all().ends_with("nobody"));
}

TEST(HttpServer, Clocks) {
  const Running running(echo, {.request_timeout = 100ms, .idle_timeout = 200ms});
  const RawClient silent = running.client();
  EXPECT_EQ(silent.hear_all(), "");
  const RawClient half = running.client();
  half.say("GET / HT");
  EXPECT_EQ(status_of(half.hear_all()), 408);
  const RawClient slow = running.client();
  std::thread drips([&] {
    for (int i = 0; i < 100 && slow.say("G"); ++i) std::this_thread::sleep_for(10ms);
  });
  EXPECT_EQ(status_of(slow.hear_all()), 408) << "bytes now and then do not help";
  drips.join();
  const RawClient kept = running.client();
  kept.say(kGet);
  EXPECT_EQ(status_of(kept.hear_all()), 200) << "answered, then idle";
}

// What the handlers of the next tests leave behind.
struct Left {
  std::atomic<int> gone = 0, started = 0;
  std::mutex mutex;
  std::vector<HttpResponder> responders;
  HttpHandler handler(bool streams) {
    return [this, streams](const HttpRequest&, const HttpResponder& responder) {
      if (streams) responder.start(200, {});
      if (streams) responder.write("first");
      responder.on_client_gone([this] { ++gone; });
      const std::lock_guard lock(mutex);
      responders.push_back(responder);
      ++started;
    };
  }
};

TEST(HttpServer, NoticesAtOnceThatAClientHasLeft) {
  for (const bool streams : {false, true}) {
    Left left;
    const Running running(left.handler(streams));
    RawClient client = running.client();
    client.say(kGet);
    ASSERT_TRUE(eventually([&] { return left.started == 1; }));
    std::this_thread::sleep_for(20ms);
    EXPECT_EQ(left.gone, 0);
    client.hang_up();
    EXPECT_TRUE(eventually([&] { return left.gone == 1; }, 1s)) << "nothing was being written";
    EXPECT_TRUE(left.responders[0].client_gone());
    if (streams)
      EXPECT_FALSE(left.responders[0].write("second"));
    else
      left.responders[0].send({.body = "too late"});
    int late = 0;
    if (streams) left.responders[0].on_client_gone([&] { ++late; });
    EXPECT_EQ(late, streams ? 1 : 0) << "told at once";
    EXPECT_TRUE(eventually([&] { return running.server.connections() == 0; }));
  }
}

TEST(HttpServer, ASlowReaderIsDropped) {
  Left left;
  const Running running(left.handler(true), {.max_unsent_bytes = 100'000});
  const RawClient client = running.client(4096);
  client.say(kGet);
  ASSERT_TRUE(eventually([&] { return left.started == 1; }));
  const std::string piece(10'000, 'x');
  int written = 0;
  while (left.responders[0].write(piece) && written < 10'000) ++written;
  EXPECT_LT(written, 10'000) << "100 MB for a client that reads none";
  EXPECT_TRUE(eventually([&] { return left.gone == 1; }));
}

TEST(HttpServer, AReaderThatStopsIsDropped) {
  const Running running(
      [](const HttpRequest&, const HttpResponder& responder) { responder.send({.body = std::string(30 << 20, 'x')}); },
      {.write_timeout = 200ms});
  const RawClient client = running.client(4096);
  client.say(kGet);
  ASSERT_TRUE(eventually([&] { return running.server.connections() == 1; }));
  EXPECT_TRUE(eventually([&] { return running.server.connections() == 0; }));
}

TEST(HttpServer, LargeRepliesArriveWhole) {
  std::string body;
  for (int i = 0; i < 1'000'000; ++i) body += std::to_string(i);
  const Running running([&](const HttpRequest&, const HttpResponder& responder) { responder.send({.body = body}); });
  EXPECT_TRUE(HttpClient(running.server.url()).get("/").body == body);
}

TEST(HttpServer, AHandlerThatFailsOrForgets) {
  std::atomic<bool> streams = false;
  const Running running([&](const HttpRequest& request, const HttpResponder& responder) {
    if (request.path == "/throws") throw std::runtime_error("secret detail");
    if (request.path != "/stream") return;
    responder.start(200, {});
    responder.write("half");
    streams = true;
  });
  HttpClient client(running.server.url());
  for (const char* path : {"/throws", "/forgets"}) {
    const HttpReply reply = client.get(path);
    EXPECT_EQ(reply.status, 500);
    EXPECT_EQ(reply.body.find("secret"), std::string::npos);
  }
  EXPECT_THROW(client.get("/stream"), HttpError) << "a stream that was given up must not look whole";
  EXPECT_TRUE(streams);
}

TEST(HttpServer, RefusesAHandlersMistakes) {
  std::promise<std::string> outcome;
  const Running running([&](const HttpRequest&, const HttpResponder& responder) {
    std::string failed;
    const auto attempt = [&](const char* what, const std::function<void()>& action) {
      try {
        action();
      } catch (const Error&) {
        failed += what;
      }
    };
    attempt("a", [&] { responder.send({.headers = {{"X-A", "b\r\nX-Evil: 1"}}}); });
    attempt("b", [&] { responder.send({.headers = {{"Content-Length", "7"}}}); });
    attempt("c", [&] { responder.write("too early"); });
    responder.send({.body = "ok"});
    attempt("d", [&] { responder.send({.body = "twice"}); });
    outcome.set_value(failed);
  });
  EXPECT_EQ(HttpClient(running.server.url()).get("/").body, "ok");
  EXPECT_EQ(outcome.get_future().get(), "abcd");
}

TEST(HttpServer, FiftyAtOnce) {
  std::vector<std::jthread> workers;
  std::mutex mutex;
  std::atomic<int> good = 0;
  const Running running([&](const HttpRequest& request, const HttpResponder& responder) {
    const std::lock_guard lock(mutex);
    workers.emplace_back([responder, body = request.body] {
      responder.start(200, {});
      for (int i = 0; i < 20; ++i) {
        responder.write(body);
        std::this_thread::sleep_for(1ms);
      }
      responder.end();
    });
  });
  HttpClient client(running.server.url());
  std::vector<std::thread> clients;
  for (int i = 0; i < 50; ++i)
    clients.emplace_back([&, i] {
      const std::string word = std::to_string(i) + ",";
      std::string expected;
      for (int k = 0; k < 20; ++k) expected += word;
      for (int k = 0; k < 2; ++k) good += client.post("/", word).body == expected;
    });
  for (std::thread& thread : clients) thread.join();
  EXPECT_EQ(good, 100);
  const std::lock_guard lock(mutex);
  workers.clear();
}

TEST(HttpServer, TurnsAwayWhatIsTooMuch) {
  const Running running(echo, {.max_connections = 2});
  RawClient first = running.client(), second = running.client();
  ASSERT_TRUE(eventually([&] { return running.server.connections() == 2; }));
  const RawClient third = running.client();
  EXPECT_EQ(status_of(third.hear_all()), 503);
  first.hang_up();
  ASSERT_TRUE(eventually([&] { return running.server.connections() == 1; }));
  EXPECT_EQ(HttpClient(running.server.url()).get("/").status, 200);
}

TEST(HttpServer, StopsGracefully) {
  Left left;
  Running running(left.handler(true));
  const RawClient idle = running.client(), client = running.client();
  client.say(kGet);
  ASSERT_TRUE(eventually([&] { return left.started == 1; }));
  auto stopped = std::async(std::launch::async, [&] { running.server.stop(10s); });
  EXPECT_EQ(idle.hear_all(), "") << "nothing was asked: closed at once";
  EXPECT_TRUE(eventually([&] {
    try {
      running.client();
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  })) << "no new connections";
  EXPECT_TRUE(left.responders[0].write("last"));
  left.responders[0].end();
  EXPECT_TRUE(client.hear_all().ends_with("4\r\nlast\r\n0\r\n\r\n"));
  EXPECT_EQ(stopped.wait_for(5s), std::future_status::ready);
  EXPECT_EQ(left.gone, 0);
}

TEST(HttpServer, StopsAtLast) {
  Left left;
  Running running(left.handler(true));
  const RawClient client = running.client();
  client.say(kGet);
  ASSERT_TRUE(eventually([&] { return left.started == 1; }));
  const auto start = std::chrono::steady_clock::now();
  running.server.stop(100ms);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
  EXPECT_EQ(left.gone, 1) << "stopped: as if its client had left";
  EXPECT_FALSE(left.responders[0].write("a responder outlives the server"));
}

TEST(HttpServer, AnAddressThatIsTakenIsAnError) {
  const Running running(echo);
  HttpServer second(echo, {.port = running.server.port()});
  EXPECT_THROW(second.start(), Error);
  HttpServer nowhere(echo, {.address = "localhost.example"});
  EXPECT_THROW(nowhere.start(), Error);
}

}  // namespace
}  // namespace c2c
