// What the tests of datasets share: fixtures, contexts, caches of the hub.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>

#include "c2c/text/chat/template_files.h"
#include "c2c/train/data/dataset.h"
#include "tests/io/formats/format_testing.h"
#include "tests/testing/golden.h"

namespace c2c::testing {

inline fs::path fixture(const std::string& name) {
  return fs::path(C2C_SOURCE_DIR) / "tests/train/data/fixtures" / name;
}

inline fs::path write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

// A tokenizer of single bytes: as many tokens as bytes.
class ByteTokenizer final : public Tokenizer {
 public:
  Encoding encode(std::string_view text, const EncodeOptions&) const override {
    Encoding encoding;
    for (const char c : text) encoding.ids.push_back(static_cast<unsigned char>(c));
    return encoding;
  }
  std::string decode(const std::vector<TokenId>& ids, bool) const override { return {ids.begin(), ids.end()}; }
  std::optional<TokenId> token_to_id(std::string_view) const override { return std::nullopt; }
  std::string id_to_token(TokenId id) const override { return {static_cast<char>(id)}; }
  TokenId vocab_size() const override { return 256; }
  const SpecialTokens& special_tokens() const override { return special_; }

 private:
  SpecialTokens special_;
};

// Counts bytes of contents; a conversation without messages makes the template fail, as Qwen3's does.
inline DatasetContext byte_context() {
  DatasetContext context;
  context.tokenizer = std::make_shared<ByteTokenizer>();
  context.chat = std::make_shared<ChatTemplate>(
      "test", "{{ messages[0].content }}{% for m in messages[1:] %}{{ m.content }}{% endfor %}");
  return context;
}

// Sets an environment variable for one test.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name); old != nullptr) old_ = old;
    setenv(name, value.c_str(), 1);
  }
  ~ScopedVariable() { old_ ? setenv(name_, old_->c_str(), 1) : unsetenv(name_); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

}  // namespace c2c::testing
