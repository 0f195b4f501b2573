// Python's ways to put values into text: "%s" % x and "{}".format(x).
#pragma once
#include <string>
#include <string_view>

#include "c2c/text/chat/jinja_value.h"

namespace c2c::jinja {

// printf-style: flags, width, precision and the conversions s r d i u f F e E g G x X o c %; %(key)s with a dict.
std::string format_percent(std::string_view format, const Value& arguments, Budget& budget);
// {}, {0}, {name}, {0.attribute}, {0[key]}, conversions !s and !r; format specifications after ':' are refused.
std::string format_braces(std::string_view format, const CallArgs& args, Interpreter& interpreter);

}  // namespace c2c::jinja
