// LibTorch's exceptions become ours here, once; nothing above sees a c10 type.
#pragma once
#include <c10/util/Exception.h>

#include <new>
#include <string>
#include <utility>

#include "c2c/base/error.h"

namespace c2c {

// Runs `work`; a c10::Error becomes a c2c::Error whose message is its first line (the rest is a C++ stack). Running out
// of memory is the user's to solve and says so.
template <class Work>
auto with_torch_errors(const char* doing, Work&& work) -> decltype(std::forward<Work>(work)()) {
  try {
    return std::forward<Work>(work)();
  } catch (const c10::OutOfMemoryError& error) {
    fail_input(
        {.where = doing, .found = "no memory left", .hint = "a smaller model, --dtype bf16, or a shorter prompt"});
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    const std::string line = text.substr(0, text.find('\n'));
    if (line.find("allocate") != std::string::npos)
      fail_input({.where = doing, .found = line, .hint = "a smaller model, --dtype bf16, or a shorter prompt"});
    throw Error(ErrorKind::kInternal, {.where = doing, .key = "LibTorch", .found = line});
  } catch (const std::bad_alloc&) {
    fail_input(
        {.where = doing, .found = "no memory left", .hint = "a smaller model, --dtype bf16, or a shorter prompt"});
  }
}

}  // namespace c2c
