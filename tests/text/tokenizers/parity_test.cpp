// Live against PyPI `tokenizers` (C2C_PYTHON, default python3) over mixed real text: tools/tokenizer_parity.py writes
// their ids and offsets, ours must be equal. C2C_PARITY_BYTES sets how much text (default 150 kB; ./run prove: 2 MB).
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "tests/text/tokenizers/golden_tokenizers.h"

namespace c2c::testing {
namespace {

std::string read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class T>
T take(const std::string& bytes, std::size_t& at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  at += sizeof value;
  return value;
}

std::vector<Encoding> read_dump(const std::string& bytes) {
  std::vector<Encoding> encodings;
  for (std::size_t at = 0; at < bytes.size();) {
    Encoding encoding;
    encoding.ids.resize(static_cast<std::size_t>(take<std::int64_t>(bytes, at)));
    for (auto& id : encoding.ids) id = take<TokenId>(bytes, at);
    for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
      const auto begin = take<std::int64_t>(bytes, at);
      encoding.offsets.push_back({begin, take<std::int64_t>(bytes, at)});
    }
    encodings.push_back(std::move(encoding));
  }
  return encodings;
}

void expect_equal(const Tokenizer& tokenizer, const std::string& texts, const std::vector<Encoding>& theirs) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    const std::size_t end = std::min(texts.find('\0', begin), texts.size());
    const auto ours = tokenizer.encode(std::string_view(texts).substr(begin, end - begin), {.offsets = true});
    ASSERT_TRUE(ours.ids == theirs[i].ids) << "ids of document " << i << ": " << texts.substr(begin, 200);
    ASSERT_TRUE(ours.offsets == theirs[i].offsets) << "offsets of document " << i << ": " << texts.substr(begin, 200);
    begin = end + 1;
  }
  EXPECT_EQ(begin, texts.size() + 1);
}

TEST(TokenizerParity, EqualsHuggingFaceOnMixedText) {
  const char* python = std::getenv("C2C_PYTHON");
  const char* bytes = std::getenv("C2C_PARITY_BYTES");
  const fs::path folder = fs::temp_directory_path() / ("c2c_tokenizer_parity_" + std::to_string(getpid()));
  fs::create_directories(folder);
  const std::string command = std::string(python == nullptr ? "python3" : python) + " " + C2C_SOURCE_DIR +
                              "/tools/tokenizer_parity.py --write " + folder.string() + " --bytes " +
                              (bytes == nullptr ? "150000" : bytes) + " > " + (folder / "log").string() + " 2>&1";
  const int status = std::system(command.c_str());
  const std::string log = read_bytes(folder / "log");
  // 77: the script says what is missing; 126 and 127: the shell found no such interpreter.
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  if (code == 77 || code == 126 || code == 127) {
    fs::remove_all(folder);
    GTEST_SKIP() << log << "(C2C_PYTHON names the interpreter)";
  }
  ASSERT_EQ(status, 0) << log;
  const std::string texts = read_bytes(folder / "texts");
  int compared = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".dump") continue;
    const std::string name = entry.path().stem().string();
    SCOPED_TRACE(name);
    const auto theirs = read_dump(read_bytes(entry.path()));
    expect_equal(*golden_tokenizer(name), texts, theirs);
    if (const auto twin = gguf_tokenizer(name)) expect_equal(*twin, texts, theirs);
    ++compared;
  }
  fs::remove_all(folder);
  EXPECT_GT(compared, 0);
}

}  // namespace
}  // namespace c2c::testing
