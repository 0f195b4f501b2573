// Where the prompt of a run comes from: -p, --file, --messages, --raw.
#pragma once
#include <string>

#include "c2c/infer/pipelines/session.h"
#include "c2c/io/config/field.h"

namespace c2c::cli {

class PromptOptions {
 public:
  void visit_fields(const FieldVisitor& visit);
  bool is_given() const { return !prompt_.empty() || !file_.empty() || !messages_.empty(); }
  // Throws kUsage where there is no prompt, or more than one.
  Request request() const;

 private:
  std::string prompt_, file_, messages_;
  bool raw_ = false;
};

}  // namespace c2c::cli
