// One list of fields per config struct feeds defaults, run files (YAML, JSON), the command line, help and print: what
// the help says is what the parser reads. A config struct offers
//
//   void visit_fields(const FieldVisitor& visit);   // calls visit(Field{...}) once per field, in reading order
//
// and owns its defaults as member initialisers. (gemma.cpp's util/args.h idea, with one type-erased target.)
#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace c2c {

struct Field;
using FieldVisitor = std::function<void(const Field&)>;
using FieldsOf = std::function<void(const FieldVisitor&)>;  // runs a struct's visit_fields

// A nested struct. `shorthand`: the member a plain value sets (`receiver: PATH` for `receiver: {model: PATH}`).
struct FieldGroup {
  FieldsOf fields;
  std::string shorthand;
};

// A list of nested structs.
struct FieldList {
  std::function<void()> clear;
  std::function<FieldsOf()> append;
  std::function<std::size_t()> size;
  std::function<FieldsOf(std::size_t)> at;
  std::string shorthand;
};

using FieldTarget =
    std::variant<bool*, std::int64_t*, double*, std::string*, std::vector<std::string>*, std::optional<bool>*,
                 std::optional<std::int64_t>*, std::optional<std::uint64_t>*, FieldGroup, FieldList>;

struct Field {
  std::string key;    // name in run files; empty: command line only
  std::string flags;  // command line, short first: "-n,--predict"; empty: run files only
  std::string help;
  FieldTarget target;
  std::vector<std::string> choices = {};  // permitted texts; empty: any
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  bool is_path = false;      // ${VAR} and ${VAR:-default} are expanded; relative to the run file
  std::string implied = {};  // what the bare flag means; empty: it needs a value
};

template <class Config>
FieldsOf fields_of(Config& config) {
  return [&config](const FieldVisitor& visit) { config.visit_fields(visit); };
}

template <class Config>
FieldGroup field_group(Config& config, std::string shorthand = {}) {
  return {fields_of(config), std::move(shorthand)};
}

template <class Config>
FieldList field_list(std::vector<Config>& configs, std::string shorthand = {}) {
  return {[&configs] { configs.clear(); }, [&configs] { return fields_of(configs.emplace_back()); },
          [&configs] { return configs.size(); }, [&configs](std::size_t i) { return fields_of(configs[i]); },
          std::move(shorthand)};
}

}  // namespace c2c
