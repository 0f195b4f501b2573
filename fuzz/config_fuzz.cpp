// Recipes and run files: the first byte picks the reader, the rest is the text.
#include <cstdint>
#include <string>
#include <string_view>

#include "c2c/base/error.h"
#include "c2c/io/config/assign.h"
#include "c2c/io/config/parse_text.h"
#include "c2c/io/config/print.h"

namespace {

struct Inner {
  double number = 0;
  std::int64_t whole = 0;
  void visit_fields(const c2c::FieldVisitor& visit) {
    visit({.key = "number", .flags = "", .help = "n", .target = &number, .minimum = 0, .maximum = 10});
    visit({.key = "path", .flags = "", .help = "p", .target = &path, .is_path = true});
    visit({.key = "whole", .flags = "", .help = "w", .target = &whole});
  }
  std::string path;
};

struct Config {
  bool flag = false;
  std::string mode = "a";
  std::vector<std::string> stop;
  std::optional<std::uint64_t> seed;
  std::optional<bool> maybe;
  Inner inner;
  std::vector<Inner> list;
  void visit_fields(const c2c::FieldVisitor& visit) {
    visit({.key = "flag", .flags = "", .help = "f", .target = &flag});
    visit({.key = "mode", .flags = "", .help = "m", .target = &mode, .choices = {"a", "b"}});
    visit({.key = "stop", .flags = "", .help = "s", .target = &stop});
    visit({.key = "seed", .flags = "", .help = "s", .target = &seed});
    visit({.key = "maybe", .flags = "", .help = "m", .target = &maybe});
    visit({.key = "inner", .flags = "", .help = "i", .target = c2c::field_group(inner, "path")});
    visit({.key = "list", .flags = "", .help = "l", .target = c2c::field_list(list, "path")});
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const char* names[] = {"x.json", "x.yaml", "x"};
  try {
    const auto tree = c2c::parse_config_text(names[data[0] % 3], text);
    Config config;
    c2c::assign_fields(c2c::fields_of(config), tree, {.name = "x", .folder = "/tmp"});
    c2c::fields_to_yaml(c2c::fields_of(config));
  } catch (const c2c::Error& error) {
    if (error.kind() == c2c::ErrorKind::kInternal) throw;
  }
  return 0;
}
