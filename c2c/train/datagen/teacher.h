// Who answers. One interface for models of this machine (c2c/train/teacher) and for servers (endpoint_teacher.h).
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "c2c/text/chat/chat_template.h"

namespace c2c {

struct Reply {
  std::string text;
  std::string reasoning;  // where a server gives it apart from the text; else empty
  std::string finish;     // stop, length, or what the server says
  bool operator==(const Reply&) const = default;
};

class Teacher {
 public:
  virtual ~Teacher() = default;
  // Thread-safe. `seed` belongs to the row: a sampled reply depends on nothing else. Throws c2c::Error: kInternal for
  // what ends the run, anything else for what ends this row.
  virtual Reply answer(const Messages& messages, std::uint64_t seed) = 0;
  // Everything about the teacher that changes its replies (an object), and nothing else: it may be asked at another
  // address or more at once when the run goes on.
  virtual nlohmann::ordered_json identity() const = 0;
};

}  // namespace c2c
