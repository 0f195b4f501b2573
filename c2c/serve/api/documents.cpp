#include "c2c/serve/api/documents.h"

#include "c2c/base/error.h"
#include "c2c/io/config/parse_text.h"
#include "c2c/serve/api/embedded.h"
#include "c2c/serve/api/replies.h"

namespace c2c::api {
namespace {

std::string_view find_file(std::string_view ending) {
  for (const EmbeddedFile& file : embedded_files())
    if (file.name.ends_with(ending)) return file.text;
  return {};
}

std::string to_json(std::string_view yaml) {
  C2C_CHECK(!yaml.empty(), "openapi.yaml is not embedded");
  return to_text(parse_yaml_text("openapi.yaml", yaml));
}

}  // namespace

const std::string& openapi_json() {
  static const std::string json = to_json(find_file("openapi.yaml"));
  return json;
}

std::string_view playground_page() {
  return find_file("playground.html");
}

}  // namespace c2c::api
