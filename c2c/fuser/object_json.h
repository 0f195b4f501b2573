// The JSON dialect of the reference's object files (rosetta/utils/registry.py): Python's json module, so the bare words
// NaN, Infinity and -Infinity are numbers, plus marker maps {"__type__": "torch.dtype", "value": "bfloat16"}.
#pragma once
#include <c10/core/ScalarType.h>

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace c2c {

// `where` names the file in errors (kInput). Limits as in io/config/parse_text.h; NaN and infinities become floats.
nlohmann::ordered_json parse_python_json(std::string_view text, const std::string& where);
// As json.dumps(value, indent=2) writes it; indent < 0: one line with ", " and ": " between things.
std::string dump_python_json(const nlohmann::ordered_json& value, int indent = 2);

// "bfloat16" without prefix, and back (also "float", "double", "half"); nullopt: no floating type of that name.
std::string dtype_word(at::ScalarType type);
std::optional<at::ScalarType> dtype_from_word(std::string_view word);
nlohmann::ordered_json encode_dtype(at::ScalarType type);

// For messages: at most 80 characters of the value's JSON.
std::string excerpt(const nlohmann::ordered_json& value);

}  // namespace c2c
