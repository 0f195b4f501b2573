// Tokens to syntax tree, after jinja2's parser. Trees are of bounded depth: evaluating and destroying them recurses.
#pragma once
#include <string>
#include <string_view>

#include "c2c/text/chat/jinja_ast.h"

namespace c2c::jinja {

// `source` is normalised; throws c2c::Error with name, line and column.
Body parse_template(const std::string& name, std::string_view source);

}  // namespace c2c::jinja
