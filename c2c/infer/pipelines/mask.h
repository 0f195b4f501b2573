// Which sharers a prompt is fused with, as people write it.
#pragma once
#include <cstddef>
#include <string>

#include "c2c/text/align/section_plan.h"

namespace c2c {

// "all", "none", or the reference's bit mask ("3": sharers 1 and 2; "-1" and "0": none). Throws kUsage naming a sharer
// that is not there.
SharerMask parse_mask(const std::string& text, std::size_t sharer_count);

}  // namespace c2c
