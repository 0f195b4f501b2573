// Who answers. One interface for models of this machine (c2c/train/teacher) and for servers (endpoint_teacher.h).
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "c2c/base/error.h"
#include "c2c/text/chat/chat_template.h"

namespace c2c {

struct Reply {
  std::string text;
  std::string reasoning;  // where a server gives it apart from the text; else empty
  std::string finish;     // stop, length, or what the server says
  bool operator==(const Reply&) const = default;
};

// Ends the run, not only a row: no further question would be answered.
class TeacherGone : public Error {
 public:
  explicit TeacherGone(ErrorInfo info) : Error(ErrorKind::kInput, std::move(info)) {}
};

class Teacher {
 public:
  virtual ~Teacher() = default;
  // Thread-safe. `seed` belongs to the row: a sampled reply depends on nothing else. Throws TeacherGone
  // and kInternal for what ends the run, any other c2c::Error for what ends this row.
  virtual Reply answer(const Messages& messages, std::uint64_t seed) = 0;
  // Everything about the teacher that changes its replies (an object), and nothing else: it may be asked at another
  // address or more at once when the run goes on.
  virtual nlohmann::ordered_json identity() const = 0;
};

}  // namespace c2c
