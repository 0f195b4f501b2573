#include "c2c/base/error.h"

namespace c2c {
namespace {

std::string render(const ErrorInfo& info) {
  std::string text;
  const auto add = [&text](std::string_view label, const std::string& value) {
    if (value.empty()) return;
    if (!text.empty()) text += label.empty() ? ": " : "; ";
    text += label;
    text += value;
  };
  add("", info.where);
  add("", info.key);
  add("found ", info.found);
  add("expected ", info.expected);
  add("hint: ", info.hint);
  return text;
}

}  // namespace

Error::Error(ErrorKind error_kind, ErrorInfo error_info)
    : std::runtime_error(render(error_info)), kind_(error_kind), info_(std::move(error_info)) {}

void fail_input(ErrorInfo info) {
  throw Error(ErrorKind::kInput, std::move(info));
}
void fail_usage(ErrorInfo info) {
  throw Error(ErrorKind::kUsage, std::move(info));
}
void fail_internal(std::string_view what) {
  throw Error(ErrorKind::kInternal,
              {.where = "internal error", .key = std::string(what), .hint = "please report this"});
}

}  // namespace c2c
