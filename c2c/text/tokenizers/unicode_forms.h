// NFC, NFD, NFKC, NFKD with the origin of every character, as the crate unicode-normalization-alignments gives them:
// with the tables of Unicode 9, so that marks which came later stay where they stand.
#pragma once
#include <string_view>

#include "c2c/text/tokenizers/aligned_text.h"

namespace c2c::tok {

enum class UnicodeForm { kNfc, kNfd, kNfkc, kNfkd };

// What the forms would change and Unicode 9 does not know yet (by Unicode 15, which utf8proc has).
bool is_newer_than_unicode9(char32_t c);
// True when `text` is certainly in the form already (false: maybe not). Valid UTF-8.
bool is_in_form(UnicodeForm form, std::string_view text);
void to_form(UnicodeForm form, AlignedText& text);

}  // namespace c2c::tok
