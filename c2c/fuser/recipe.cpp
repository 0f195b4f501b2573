#include "c2c/fuser/recipe.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "c2c/base/error.h"
#include "c2c/fuser/object_json.h"
#include "c2c/io/config/parse_text.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

Json parse(std::string_view text, const std::string& where) {
  // The trainer copies every recipe to config.json, whatever it was.
  const auto first = text.find_first_not_of(" \t\r\n");
  const bool looks_like_json = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
  return looks_like_json ? parse_python_json(text, where) : parse_yaml_text(where, text);
}

struct Section {
  const Json& map;
  const std::string& where;

  const Json* find(const char* key) const {
    const auto it = map.find(key);
    return it == map.end() || it->is_null() ? nullptr : &*it;
  }
  [[noreturn]] void fail(const char* key, const Json& value, const char* expected) const {
    fail_input({.where = where, .key = "model." + std::string(key), .found = excerpt(value), .expected = expected});
  }
  std::optional<std::string> text(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) fail(key, *value, "text");
    return value->get<std::string>();
  }
  // A model as training recipes name it: text, {model: text, ...}, or a list of one of these. Of several nobody is
  // "the" model.
  std::string model(const char* key) const {
    const Json* value = find(key);
    if (value != nullptr && value->is_array()) {
      if (value->size() != 1) return {};
      value = &value->front();
    }
    if (value == nullptr) return {};
    if (value->is_object() && value->contains("model")) value = &(*value)["model"];
    if (!value->is_string()) fail(key, *value, "a model's name");
    return value->get<std::string>();
  }
  std::optional<bool> boolean(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_boolean()) fail(key, *value, "true or false");
    return value->get<bool>();
  }
};

}  // namespace

FuserRecipe parse_recipe(std::string_view text, const std::string& where) {
  FuserRecipe recipe;
  recipe.text = text;
  const Json root = parse(text, where);
  if (!root.is_object()) fail_input({.where = where, .found = excerpt(root), .expected = "a map"});
  const auto model = root.find("model");
  if (model == root.end() || !model->is_object()) return recipe;
  const Section section{*model, where};
  recipe.receiver = section.model("base_model");
  recipe.sharer = section.model("teacher_model");
  recipe.align = section.boolean("is_do_alignment");
  recipe.alignment_strategy = section.text("alignment_strategy");
  recipe.fusion_mode = section.text("multi_source_fusion_mode");
  recipe.include_response = section.boolean("include_response");
  return recipe;
}

}  // namespace c2c
