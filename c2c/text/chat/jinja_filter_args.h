// What filters share: arguments with defaults, and attributes named by a path ("a.b.0").
#pragma once
#include <string>
#include <string_view>

#include "c2c/text/chat/jinja_interpreter.h"

namespace c2c::jinja {

bool given(const Value& value);  // an argument that is there and not None
std::int64_t integer_or(const Value& value, std::int64_t otherwise, std::string_view what);
// item.a.b[0] for the attribute "a.b.0"; a `fallback` that is given stands for what is undefined.
Value attribute_of(Interpreter& interpreter, const Value& item, const Value& attribute, const Value& fallback = {});
// Text in lower case for comparisons that ignore case; other values as they are.
Value ignore_case(Interpreter& interpreter, const Value& value);

}  // namespace c2c::jinja
