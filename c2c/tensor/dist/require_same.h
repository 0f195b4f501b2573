// Ranks that would run apart are stopped before they do.
#pragma once
#include <string>

#include "c2c/tensor/dist/process_group.h"

namespace c2c {

// Throws kUsage on every rank where the ranks' texts are not all equal, naming the ranks that differ from rank 0 and
// the first line in which they do. `what`: what the text is ("the recipe").
void require_same(ProcessGroup& group, const std::string& what, const std::string& text);

}  // namespace c2c
