// The client against services that say whatever they like.
#include "c2c/io/net/http_client.h"

#include "c2c/base/log.h"
#include "tests/io/net/raw_service.h"

namespace c2c {
namespace {

using namespace testing;

HttpClientOptions quick() {
  HttpClientOptions options;
  options.connect_timeout = options.idle_timeout = 5s;
  options.total_timeout = 10s;
  return options;
}

// What the request failed with.
HttpError failure_of(const std::string& url, HttpClientOptions options = quick()) {
  try {
    HttpClient(url, options).get("/x");
  } catch (const HttpError& error) {
    EXPECT_NE(std::string(error.what()).find(url), std::string::npos) << error.what();
    return error;
  }
  ADD_FAILURE() << "no error";
  return {HttpFailure::kBadReply, {}};
}
HttpFailure failure_for(const std::string& reply) {
  const RawService service(says(reply));
  return failure_of(service.url()).failure();
}

TEST(HttpClient, SendsAndReads) {
  std::string seen;
  const RawService service([&](int socket) {
    seen = read_raw(socket, 5s, [](const std::string& text) { return text.ends_with("{\"a\":1}"); });
    send_raw(socket, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok");
  });
  HttpClientOptions options = quick();
  options.bearer_key = "k3y";
  options.headers = {{"X-Mine", "1"}};
  HttpClient client(service.url() + "/v1/", options);
  const HttpReply reply = client.post("/chat", "{\"a\":1}");
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body, "ok");
  EXPECT_EQ(*find_header(reply.headers, "x-a"), "b");
  EXPECT_EQ(seen, "POST /v1/chat HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(service.port()) +
                      "\r\nUser-Agent: c2c\r\nAccept: */*\r\nAuthorization: Bearer k3y\r\nX-Mine: 1\r\n"
                      "Content-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
}

TEST(HttpClient, ReadsChunksAndBodiesToTheEnd) {
  const RawService chunks(
      says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n"));
  EXPECT_EQ(HttpClient(chunks.url(), quick()).get("/").body, "abcde");
  const RawService to_the_end(says("HTTP/1.0 200 OK\r\n\r\nall of it"));
  EXPECT_EQ(HttpClient(to_the_end.url(), quick()).get("/").body, "all of it");
  const RawService none(says("HTTP/1.1 204 No Content\r\n\r\n"));
  EXPECT_EQ(HttpClient(none.url(), quick()).get("/").body, "");
}

TEST(HttpClient, DoesNotFollowRedirects) {
  const RawService service(says("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(HttpClient(service.url(), quick()).get("/").status, 302);
}

TEST(HttpClient, KeepsItsConnection) {
  const RawService service([](int socket) {
    for (int i = 0; i < 3; ++i) {
      if (!has_head(read_raw(socket, 5s, has_head))) return;
      send_raw(socket, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(i));
    }
  });
  HttpClient client(service.url(), quick());
  for (const char* body : {"0", "1", "2"}) EXPECT_EQ(client.get("/").body, body);
  EXPECT_EQ(service.accepted(), 1);
  EXPECT_EQ(client.get("/").body, "0") << "the service has closed it: a new one";
  EXPECT_EQ(service.accepted(), 2);
}

TEST(HttpClient, AKeptConnectionThatDiesIsReplaced) {
  int connection = 0;
  const RawService service([&](int socket) {
    ++connection;
    read_raw(socket, 5s, has_head);
    send_raw(socket, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(connection));
    if (connection == 1) read_raw(socket, 5s, has_head);  // takes the second request and hangs up
  });
  HttpClient client(service.url(), quick());
  EXPECT_EQ(client.get("/").body, "1");
  EXPECT_EQ(client.get("/").body, "2");
}

TEST(HttpClient, GarbageIsNamedForWhatItIs) {
  EXPECT_EQ(failure_for("SSH-2.0-OpenSSH_9.2\r\n\r\n"), HttpFailure::kBadReply);
  EXPECT_EQ(failure_for(std::string(1000, '\0')), HttpFailure::kBadReply);
  EXPECT_EQ(failure_for("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), HttpFailure::kBadReply);
  EXPECT_EQ(failure_for("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), HttpFailure::kBadReply);
  EXPECT_EQ(failure_for("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), HttpFailure::kBadReply);
  std::string interim;
  for (int i = 0; i < 20; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(failure_for(interim), HttpFailure::kBadReply);
}

TEST(HttpClient, HalfRepliesAreRetryable) {
  for (const char* reply :
       {"", "HTT", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    const RawService service(says(reply));
    const HttpError error = failure_of(service.url());
    EXPECT_EQ(error.failure(), HttpFailure::kClosed) << reply;
    EXPECT_TRUE(error.is_retryable());
  }
}

TEST(HttpClient, WhatNeverEndsIsCutOff) {
  const auto endless = [](const std::string& head, const std::string& line) {
    return [=](int socket) {
      read_raw(socket, 5s, has_head);
      if (!send_raw(socket, head)) return;
      for (int i = 0; i < 1'000'000 && send_raw(socket, line); ++i) {
      }
    };
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  HttpClientOptions options = quick();
  options.limits.max_body_bytes = 1 << 20;
  for (const auto& [head, line] : std::vector<std::pair<std::string, std::string>>{
           {ok, "X-A: b\r\n"},
           {ok + "X-A: ", std::string(1000, 'b')},
           {"HTTP/1.1 200 ", std::string(1000, 'b')},
           {ok + "Transfer-Encoding: chunked\r\n\r\n1;", std::string(1000, 'b')},
           {ok + "Transfer-Encoding: chunked\r\n\r\n", "400\r\n" + std::string(1024, 'b') + "\r\n"},
           {ok + "\r\n", std::string(1000, 'b')},
           {ok + "Content-Length: 9999999999\r\n\r\n", std::string(1000, 'b')}}) {
    const RawService service(endless(head, line));
    const HttpError error = failure_of(service.url(), options);
    EXPECT_EQ(error.failure(), HttpFailure::kTooLarge) << head << line.substr(0, 10) << ": " << error.what();
    EXPECT_FALSE(error.is_retryable());
  }
}

TEST(HttpClient, TimesOut) {
  const RawService silent([](int socket) { read_raw(socket, 2s); });
  HttpClientOptions options = quick();
  options.idle_timeout = 100ms;
  const auto start = std::chrono::steady_clock::now();
  HttpError error = failure_of(silent.url(), options);
  EXPECT_EQ(error.failure(), HttpFailure::kTimeout);
  EXPECT_TRUE(error.is_retryable());
  // A byte now and then keeps it from being idle; the whole has an end all the same.
  const RawService dripping([](int socket) {
    read_raw(socket, 5s, has_head);
    send_raw(socket, "HTTP/1.1 200 OK\r\n\r\n");
    while (send_raw(socket, "x")) std::this_thread::sleep_for(20ms);
  });
  options.total_timeout = 300ms;
  EXPECT_EQ(failure_of(dripping.url(), options).failure(), HttpFailure::kTimeout);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 4s);
}

TEST(HttpClient, NobodyThereIsRetryable) {
  std::string url;
  {
    const RawService gone([](int) {});
    url = gone.url();
  }
  const HttpError error = failure_of(url);
  EXPECT_EQ(error.failure(), HttpFailure::kRefused);
  EXPECT_TRUE(error.is_retryable());
  EXPECT_EQ(failure_of("http://no-such-host.invalid").failure(), HttpFailure::kResolve);
}

TEST(HttpClient, AStatusIsAnErrorOnlyWhereAskedFor) {
  const RawService service(says(
      "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 22\r\n\r\nbad key k3y\n\xff: k3y, eh?"));
  HttpClientOptions options = quick();
  options.bearer_key = "k3y";
  HttpClient client(service.url(), options);
  const HttpReply reply = client.get("/models");
  EXPECT_TRUE(reply.is_retryable());
  try {
    client.check_ok(reply);
    FAIL();
  } catch (const HttpError& error) {
    EXPECT_EQ(error.failure(), HttpFailure::kStatus);
    EXPECT_EQ(error.status(), 429);
    EXPECT_EQ(error.retry_after(), 7s);
    EXPECT_EQ(std::string(error.what()).find("k3y"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("bad key *** \xEF\xBF\xBD: ***"), std::string::npos) << error.what();
  }
  for (const int status : {408, 429, 500, 502, 503, 504, 529}) EXPECT_TRUE(is_retryable_status(status)) << status;
  for (const int status : {200, 302, 400, 401, 403, 404, 422, 501, 505}) EXPECT_FALSE(is_retryable_status(status));
}

TEST(HttpClient, ReadsRetryAfter) {
  const auto now = std::chrono::sys_seconds(784111777s);  // Sun, 06 Nov 1994 08:49:37 GMT
  EXPECT_EQ(parse_retry_after("120", now), 120s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), 60s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), 0s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 3988 08:49:37 GMT", now), 315360000s) << "beyond the clock's nanoseconds";
  for (const char* text : {"", "-1", "1.5", "soon", "99999999999999999999", "Sun, 06 Nov 1994"})
    EXPECT_EQ(parse_retry_after(text, now), std::nullopt) << text;
}

TEST(HttpClient, StreamsToASink) {
  const RawService service(
      says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  std::string seen;
  HttpClient client(service.url(), quick());
  const HttpReply reply = client.post_streamed("/", "{}", [&](std::string_view piece) {
    seen += piece;
    return true;
  });
  EXPECT_EQ(seen, "abcde");
  EXPECT_EQ(reply.body, "");
  int calls = 0;
  client.post_streamed("/", "{}", [&](std::string_view) { return ++calls > 1; });
  EXPECT_EQ(calls, 1) << "it had enough";
  const RawService refuses(says("HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nwhy"));
  EXPECT_EQ(HttpClient(refuses.url(), quick()).post_streamed("/", "", [](std::string_view) { return true; }).body,
            "why");
}

TEST(HttpClient, RefusesWhatCannotBeSent) {
  HttpClientOptions options;
  options.bearer_key = "secret\r\nX-Evil: 1";
  try {
    HttpClient("http://127.0.0.1:1", options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
  }
  EXPECT_THROW(HttpClient("http://127.0.0.1:1/?a=b"), Error);
  EXPECT_THROW(HttpClient("127.0.0.1:1"), Error);
  HttpClient client("http://127.0.0.1:1");
  for (const char* path : {"", "x", "/a b", "/a\r\nX: y", "/#"}) EXPECT_THROW(client.get(path), Error) << path;
  EXPECT_THROW(client.post("/", "", "text/plain\r\nX: y"), Error);
}

}  // namespace
}  // namespace c2c
