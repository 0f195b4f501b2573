// GPT-2's byte alphabet (https://github.com/openai/gpt-2, encoder.py): every byte as one printable character, so that
// byte-level BPE can keep its vocabulary as text. Printable Latin-1 stands for itself, the other bytes for U+0100 on.
#pragma once
#include <array>
#include <string>
#include <string_view>

namespace c2c::tok {

const std::array<char32_t, 256>& byte_alphabet();
int byte_of_char(char32_t c);  // -1 when not in the alphabet
// "é!" -> "Ã©!", appended to `out`.
void append_in_byte_alphabet(std::string_view bytes, std::string& out);
// The bytes a token stands for, or the token itself where one of its characters is not in the alphabet.
void append_alphabet_bytes(std::string_view token, std::string& out);

}  // namespace c2c::tok
