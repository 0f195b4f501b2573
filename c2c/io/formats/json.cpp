#include "c2c/io/formats/json.h"

namespace c2c {

void check_json_bounds(std::string_view text, const std::string& where, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes)
    fail_input({.where = where,
                .found = std::to_string(text.size()) + " bytes of JSON",
                .expected = "at most " + std::to_string(limits.max_bytes)});
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > limits.max_depth)
        fail_input({.where = where,
                    .key = "byte " + std::to_string(i),
                    .found = "JSON nested deeper than " + std::to_string(limits.max_depth)});
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
}

}  // namespace c2c
