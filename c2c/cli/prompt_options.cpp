#include "c2c/cli/prompt_options.h"

#include <iostream>
#include <iterator>

#include "c2c/base/error.h"
#include "c2c/infer/pipelines/single_plan.h"
#include "c2c/io/config/parse_text.h"

namespace c2c::cli {
namespace {

std::string read_source(const std::string& source) {
  if (source != "-") return read_config_file(source);
  return {std::istreambuf_iterator<char>(std::cin), {}};
}

}  // namespace

void PromptOptions::visit_fields(const FieldVisitor& visit) {
  visit({.key = "", .flags = "-p,--prompt", .help = "the user's message", .target = &prompt_});
  visit({.key = "",
         .flags = "-f,--file",
         .help = "file with the user's message; - reads standard input",
         .target = &file_,
         .is_path = true});
  visit({.key = "",
         .flags = "--messages",
         .help = R"(JSON file with [{"role": ..., "content": ...}, ...]; - reads standard input)",
         .target = &messages_,
         .is_path = true});
  visit({.key = "", .flags = "--raw", .help = "send the prompt as it is, without chat template", .target = &raw_});
}

Request PromptOptions::request() const {
  const int given = !prompt_.empty() + !file_.empty() + !messages_.empty();
  if (given != 1)
    fail_usage({.where = "prompt",
                .found = given == 0 ? "none, or an empty one" : "several",
                .expected = "one of -p TEXT, --file FILE, --messages FILE"});
  Request request;
  if (!messages_.empty()) {
    if (raw_) fail_usage({.where = "--raw", .found = "--messages", .expected = "-p or --file"});
    const std::string text = read_source(messages_);
    check_text(messages_, text);
    request.messages = messages_from_json(text);
    return request;
  }
  const std::string text = prompt_.empty() ? read_source(file_) : prompt_;
  if (raw_)
    request.raw = text;
  else
    request.messages = {{"user", text}};
  return request;
}

}  // namespace c2c::cli
