// Texts, numbers and truth values of a sweep file as texts.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace c2c {

bool is_scalar(const nlohmann::ordered_json& value);  // text, number, true or false
// As it was written: 0.25, true; a text without quotes.
std::string scalar_text(const nlohmann::ordered_json& value);
// For messages: short, valid UTF-8.
std::string shown(const nlohmann::ordered_json& value);
// "key=value" as `--set` of train and eval reads it back: a text that would be read as something else is quoted.
std::string setting_text(const std::string& key, const nlohmann::ordered_json& value);
// checkpoint-N, best, final: what a training leaves.
bool is_checkpoint_name(const std::string& name);

}  // namespace c2c
