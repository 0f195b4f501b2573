#include "c2c/text/tokenizers/byte_alphabet.h"

#include "c2c/base/utf8.h"

namespace c2c::tok {
namespace {

constexpr bool stands_for_itself(unsigned byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

struct Tables {
  std::array<char32_t, 256> chars{};
  std::array<short, 0x180> bytes{};
  std::array<std::string, 256> encoded;

  Tables() {
    bytes.fill(-1);
    char32_t next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
      chars[byte] = stands_for_itself(byte) ? byte : next++;
      bytes[chars[byte]] = static_cast<short>(byte);
      append_utf8(encoded[byte], chars[byte]);
    }
  }
};

const Tables& tables() {
  static const Tables instance;
  return instance;
}

}  // namespace

const std::array<char32_t, 256>& byte_alphabet() {
  return tables().chars;
}

int byte_of_char(char32_t c) {
  return c < tables().bytes.size() ? tables().bytes[c] : -1;
}

void append_in_byte_alphabet(std::string_view bytes, std::string& out) {
  for (const char byte : bytes) out += tables().encoded[static_cast<unsigned char>(byte)];
}

void append_alphabet_bytes(std::string_view token, std::string& out) {
  const std::size_t start = out.size();
  for (std::size_t i = 0; i < token.size();) {
    const auto c = decode_code_point(token, i);
    const int byte = c.valid ? byte_of_char(c.value) : -1;
    if (byte < 0) {
      out.resize(start);
      out.append(token);
      return;
    }
    out.push_back(static_cast<char>(byte));
    i += c.size;
  }
}

}  // namespace c2c::tok
