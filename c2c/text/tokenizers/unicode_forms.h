// NFC, NFD, NFKC, NFKD with the origin of every character, as the crate unicode-normalization-alignments gives them.
#pragma once
#include <string_view>

#include "c2c/text/tokenizers/aligned_text.h"

namespace c2c::tok {

enum class UnicodeForm { kNfc, kNfd, kNfkc, kNfkd };

// True when `text` is certainly in the form already (false: maybe not). Valid UTF-8.
bool is_in_form(UnicodeForm form, std::string_view text);
void to_form(UnicodeForm form, AlignedText& text);

}  // namespace c2c::tok
