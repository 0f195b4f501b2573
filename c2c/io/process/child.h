// A program that answers questions: a line of JSON in, a line of JSON out, until its input ends.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace c2c {

class Child {
 public:
  // Starts `command` (looked up on PATH) with our environment; its messages go where ours go when `show_messages`,
  // else nowhere. Throws kInput where it cannot be started.
  explicit Child(const std::vector<std::string>& command, bool show_messages = false);
  // Ends its input and waits; a child that stays for two seconds more is killed.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The next line. Throws kInput where none comes within the time, the child ends, the line is longer than a MiB or no
  // JSON object, or has a key "error": that is what it has to say.
  nlohmann::ordered_json read(double seconds);
  nlohmann::ordered_json ask(const nlohmann::ordered_json& question, double seconds);

 private:
  [[noreturn]] void fail(const std::string& found) const;

  std::string name_, buffered_;
  pid_t pid_ = -1;
  int to_ = -1, from_ = -1;
};

}  // namespace c2c
