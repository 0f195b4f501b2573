// `c2c serve` as users run it: a process, a port, signals, curl.
#include <signal.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "tests/e2e/tiny_pairs.h"

namespace c2c::testing {
namespace {

std::string run_file_text() {
  const TinyPair& pair = one_sharer();
  return "receiver: " + pair.receiver.string() + "\nsharers:\n  - model: " + pair.sharers[0].string() +
         "\n    fuser: " + pair.fusers[0].string() + "\nalign: span\ndtype: f32\nmax_new_tokens: 12\n";
}

// The program in the background; its standard error tells the port.
class Serving {
 public:
  explicit Serving(std::vector<std::string> more = {}) {
    const std::string run = scratch_.write("run.yaml", run_file_text()).string(), err = (scratch_ / "err").string();
    std::vector<std::string> arguments = {C2C_BINARY, "serve", run, "--port", "0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    pid_ = ::fork();
    if (pid_ == 0) {
      ::setenv("OMP_NUM_THREADS", "1", 1);
      if (std::freopen(err.c_str(), "w", stderr) == nullptr) ::_exit(127);
      std::vector<char*> argv;
      for (std::string& argument : arguments) argv.push_back(argument.data());
      argv.push_back(nullptr);
      ::execv(C2C_BINARY, argv.data());
      ::_exit(127);
    }
    for (int i = 0; i < 1200 && url_.empty(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      const std::string text = said();
      const std::size_t at = text.find("ready on ");
      if (at != std::string::npos) url_ = text.substr(at + 9, text.find('\n', at) - at - 9);
    }
    EXPECT_FALSE(url_.empty()) << said();
  }
  ~Serving() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  int stop(int signal) {
    ::kill(pid_, signal);
    int status = -1;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  void tell(int signal) const { ::kill(pid_, signal); }
  std::string said() const { return slurp(scratch_ / "err"); }
  std::string curl(const std::string& arguments) const {
    const Scratch out;
    const std::string command = "curl -sS -N --noproxy '*' " + arguments + " >" + (out / "out").string() + " 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << slurp(out / "out");
    return slurp(out / "out");
  }
  std::string chat(const std::string& fields) const {
    return curl(
        "-H 'Content-Type: application/json' -d '{\"messages\": [{\"role\": \"user\", \"content\": \"hello\"}]" +
        fields + "}' " + url_ + "/v1/chat/completions");
  }
  const std::string& url() const { return url_; }

 private:
  Scratch scratch_;
  pid_t pid_ = -1;
  std::string url_;
};

TEST(Serve, CurlStreamsAndTheSameServerAnswersAlikeAgain) {
  std::string first;
  for (int round = 0; round < 2; ++round) {
    Serving serving;
    const std::string stream = serving.chat(R"(, "stream": true)");
    expect_contains(stream, {"\"role\":\"assistant\"", "\"finish_reason\":\"", "\"timings\"", "data: [DONE]"});
    const auto reply = nlohmann::ordered_json::parse(serving.chat(""));
    const std::string text = reply["choices"][0]["message"]["content"];
    if (round == 0) first = text;
    EXPECT_EQ(text, first);
    expect_contains(serving.curl(serving.url() + "/openapi.json"), {"\"openapi\":\"3.1.0\""});
    EXPECT_EQ(serving.stop(round == 0 ? SIGTERM : SIGINT), 0) << serving.said();
  }
}

TEST(Serve, AStreamIsToldWhenTheServerStops) {
  Serving serving({"--grace", "0"});
  std::string stream;
  std::thread client([&] { stream = serving.chat(R"(, "stream": true, "ignore_eos": true, "max_tokens": 400)"); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  serving.tell(SIGTERM);
  EXPECT_EQ(serving.stop(0), 0) << serving.said();
  client.join();
  const bool was_whole = stream.find("[DONE]") != std::string::npos;
  EXPECT_TRUE(was_whole || stream.find("shutting_down") != std::string::npos) << stream;
}

TEST(Serve, UsageErrorsExitWithTwo) {
  const Scratch scratch;
  const std::string run = scratch.write("run.yaml", run_file_text()).string();
  expect_failure(run_c2c({"serve"}), 2, {"no run file"});
  expect_failure(run_c2c({"serve", run, "--port", "70000"}), 2, {"--port", "70000"});
  expect_failure(run_c2c({"serve", run, "--host", "nowhere"}), 2, {"nowhere"});
  expect_failure(run_c2c({"serve", "/nowhere/run.yaml"}), 2, {"/nowhere/run.yaml", "no such file"});
  expect_failure(run_c2c({"serve", run, "--api-key-env", "C2C_NOT_SET_HERE"}), 2, {"C2C_NOT_SET_HERE"});
  expect_failure(run_c2c({"serve", run, "--alias", "a", "--alias", "b"}), 2, {"--alias"});
}

}  // namespace
}  // namespace c2c::testing
