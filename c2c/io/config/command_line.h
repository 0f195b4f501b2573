// Fields as options of a CLI11 command. Values are kept until apply(), so that the order is: defaults, run file,
// environment (C2C_<FLAG>), command line; the last one said wins.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "c2c/io/config/field.h"

namespace CLI {
class App;
}

namespace c2c {

class CommandLine {
 public:
  // Adds one option for every field with flags, nested groups included (lists have no flags of their own). `fields`
  // must still be callable in apply(). `group` is the heading in the help. A later add() of a flag that exists is an
  // error of ours.
  void add(CLI::App& app, const FieldsOf& fields, const std::string& group);
  // Sets the fields whose flags (or environment twins) were given. Throws kUsage naming the flag.
  void apply() const;
  // Was this flag (long form with dashes) or its environment twin given?
  bool was_given(const std::string& flag) const;

 private:
  struct Value {
    Field field;
    std::string name;  // longest flag
    std::vector<std::string> texts;
  };
  void add_field(CLI::App& app, const Field& field, const std::string& group);
  std::vector<std::shared_ptr<Value>> values_;
};

// "--top-k" -> "C2C_TOP_K"
std::string environment_name(const std::string& flag);

}  // namespace c2c
