// What a request is refused with.
#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "c2c/serve/api/api_error.h"

namespace c2c::testing {

inline api::ApiFault fault_of(const std::function<void()>& parse) {
  try {
    parse();
  } catch (const api::ApiError& error) {
    return error.fault();
  }
  ADD_FAILURE() << "nothing was refused";
  return {.status = 0};
}

}  // namespace c2c::testing
