#include "c2c/infer/pipelines/mask.h"

#include <charconv>

#include "c2c/base/error.h"

namespace c2c {

SharerMask parse_mask(const std::string& text, std::size_t sharer_count) {
  if (text == "all") return mask_of_all(sharer_count);
  if (text == "none" || text == "-1") return 0;
  SharerMask mask = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), mask);
  if (code != std::errc() || end != text.data() + text.size())
    fail_usage({.where = "mask",
                .found = text.empty() ? "nothing" : text,
                .expected = "all, none, or a bit mask (1: the first sharer, 2: the second, 3: both)"});
  const SharerMask missing = mask & ~mask_of_all(sharer_count);
  if (missing != 0)
    fail_usage({.where = "mask",
                .found = text + ", which names " + describe_mask(missing),
                .expected = "sharers that are there: " + std::to_string(sharer_count),
                .hint = "bit i - 1 stands for sharer i: at most " + std::to_string(mask_of_all(sharer_count))});
  return mask;
}

}  // namespace c2c
