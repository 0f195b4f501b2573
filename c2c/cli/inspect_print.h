// The tables of `c2c inspect` for people; --json gives the same facts to programs.
#pragma once
#include <ostream>
#include <string>

#include <nlohmann/json.hpp>

namespace c2c::cli {

// `what`: model, fuser, tokenizer, alignment.
void print_inspection(std::ostream& out, const std::string& what, const nlohmann::ordered_json& json);

}  // namespace c2c::cli
