// The documents that the server hands out as they are.
#pragma once
#include <string>
#include <string_view>

namespace c2c::api {

// The OpenAPI 3.1 description of every route (openapi.yaml beside this file), as JSON.
const std::string& openapi_json();

// The page at /; empty: this build has none.
std::string_view playground_page();
// Sent with the page, beside the policy that the page has in itself (which says by hash what may run).
inline constexpr const char* kPagePolicy =
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'; connect-src 'self'";

}  // namespace c2c::api
