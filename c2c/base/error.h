// Errors of the library. It throws, never prints, never exits; `cli` and `serve` translate.
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

namespace c2c {

// Whose fault it is, which is also the program's exit code.
enum class ErrorKind {
  kInput,     // a file, model or datum is not what it should be: exit code 1
  kUsage,     // a flag, run-file key or call that cannot work: exit code 2
  kInternal,  // a broken invariant of ours: exit code 1
};

// What a user needs to repair it. Empty fields are left out of the message.
struct ErrorInfo {
  std::string where;     // file, flag or request
  std::string key;       // tensor, field or offset inside it
  std::string found;     // what was there
  std::string expected;  // what should have been there
  std::string hint;      // what to do
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind error_kind, ErrorInfo error_info);
  explicit Error(const std::string& message) : std::runtime_error(message) {}

  ErrorKind kind() const noexcept { return kind_; }
  const ErrorInfo& info() const noexcept { return info_; }
  int exit_code() const noexcept { return kind_ == ErrorKind::kUsage ? 2 : 1; }

 private:
  ErrorKind kind_ = ErrorKind::kInput;
  ErrorInfo info_;
};

[[noreturn]] void fail_input(ErrorInfo info);
[[noreturn]] void fail_usage(ErrorInfo info);
// A broken invariant: a bug of ours, not of the user.
[[noreturn]] void fail_internal(std::string_view what);

}  // namespace c2c

// Invariants that the caller of a function must keep; user mistakes are checked with fail_input or fail_usage.
#define C2C_CHECK(condition, what) \
  do {                             \
    if (!(condition)) [[unlikely]] \
      ::c2c::fail_internal(what);  \
  } while (false)
