#include "c2c/serve/api/documents.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

namespace c2c::api {
namespace {

using Json = nlohmann::ordered_json;

// Every $ref leads somewhere.
void check_references(const Json& node, const Json& document) {
  if (node.is_object() && node.contains("$ref")) {
    const auto name = node["$ref"].get<std::string>();
    ASSERT_TRUE(name.starts_with("#/"));
    EXPECT_TRUE(document.contains(Json::json_pointer(name.substr(1)))) << name;
  }
  if (node.is_structured())
    for (const auto& child : node) check_references(child, document);
}

TEST(Documents, OpenApiDescribesEveryRoute) {
  const Json document = Json::parse(openapi_json());
  EXPECT_EQ(document["openapi"], "3.1.0");
  std::set<std::string> paths;
  for (const auto& [path, item] : document["paths"].items()) paths.insert(path);
  EXPECT_EQ(paths, (std::set<std::string>{"/v1/chat/completions", "/v1/completions", "/v1/models", "/tokenize",
                                          "/detokenize", "/apply-template", "/c2c/inspect", "/props", "/health",
                                          "/ready", "/version", "/openapi.json", "/metrics"}));
  check_references(document, document);
}

}  // namespace
}  // namespace c2c::api
