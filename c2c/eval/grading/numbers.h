// Numbers as GSM8K writes them.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "c2c/eval/grading/letters.h"

namespace c2c::grading {

// The truth of a GSM8K row: the number after its last "####". kExact stops at a thousands separator or a currency sign,
// as the reference does ("1,080" gives 1, "$70,000" gives 70); kFixed reads past them. Text without a number is the
// truth as it stands; nothing without
// "####".
std::optional<std::string> gsm8k_truth(std::string_view answer, Mode mode);

// Without currency signs, thousands separators and white space around; text that is no such number stays as it is.
std::string plain_number(std::string_view text);

// The same value, exactly: "1,080" and "1080.0", "1/2" and "0.5", "50%" and "0.5". False where either is no number.
bool same_number(std::string_view a, std::string_view b);

// The last number of a text, plain ("so 3 apples cost $1,080.50." gives 1080.50); nothing without one.
std::optional<std::string> last_number(std::string_view text);

}  // namespace c2c::grading
