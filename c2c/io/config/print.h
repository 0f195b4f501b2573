// Fields back to text: as JSON (provenance in results), as a run file, as help.
#pragma once
#include <string>

#include <nlohmann/json.hpp>

#include "c2c/io/config/field.h"

namespace c2c {

// Every field with a key and its present value; unset optionals are left out.
nlohmann::ordered_json fields_to_json(const FieldsOf& fields);
// The same as YAML that parses back to the same values; each key is preceded by its help as a comment.
std::string fields_to_yaml(const FieldsOf& fields);
// One line per key, nested ones dotted: "sampling.top_k  INT  keep the k likeliest tokens". `Item` of a list is shown
// through one default-made element.
std::string fields_help(const FieldsOf& fields);

}  // namespace c2c
