// {name} inside the texts of a sweep.
#pragma once
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace c2c {

using SweepWords = std::map<std::string, nlohmann::ordered_json>;  // name -> scalar

// Where a text came from, for messages.
struct SweepPlace {
  std::string file, key;
};

// The value with every {name} in its texts replaced, also inside lists and maps; {{ is a brace. A text that is nothing
// but one placeholder becomes the word itself: a number stays a number. Throws kUsage for a name that is none of
// `words`, and for texts that grow beyond 64 KiB.
nlohmann::ordered_json fill(const nlohmann::ordered_json& value, const SweepWords& words, const SweepPlace& place);

// Is {name} in one of its texts?
bool mentions(const nlohmann::ordered_json& value, std::string_view name);

}  // namespace c2c
