// Fields of a request's JSON object, read one by one; what does not fit names the field by its path. null is absent, as
// OpenAI has it.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "c2c/serve/api/api_error.h"

namespace c2c::api {

using Json = nlohmann::ordered_json;

// A request's body: one JSON object, bounded in depth and nodes. Throws ApiError 400.
Json parse_body(std::string_view body);

class Fields {
 public:
  // `path` is in front of every name. Throws ApiError where it is no object. `object` must outlive this.
  explicit Fields(const Json& object, std::string path = {});

  const Json* find(const char* name) const;  // null: absent
  std::optional<bool> boolean(const char* name) const;
  std::optional<std::int64_t> integer(const char* name, std::int64_t least, std::int64_t most) const;
  std::optional<double> number(const char* name, double least, double most) const;
  std::optional<std::string> text(const char* name) const;
  std::string required_text(const char* name) const;
  // Throws where a field has another name than these.
  void allow_only(std::initializer_list<const char*> names) const;

  std::string path(const std::string& name) const { return path_.empty() ? name : path_ + "." + name; }

 private:
  const Json& object_;
  std::string path_;
};

// What a value is, for messages: "a string", "number 3", "nothing".
std::string describe(const Json& value);

}  // namespace c2c::api
