// The tokenizers of the golden rows: real ones from ./run fetch or golden/tokenizer/files, tiny ones beside their
// models; and the same vocabularies as GGUF.
#pragma once
#include <optional>

#include "c2c/base/utf8.h"
#include "c2c/io/formats/gguf.h"
#include "c2c/text/tokenizers/tokenizer.h"
#include "tests/testing/golden.h"

namespace c2c::testing {

// Where NAME's tokenizer.json (or .json.gz) lies; empty when nowhere.
inline fs::path golden_tokenizer_folder(const std::string& name) {
  for (const fs::path& folder : {golden_dir() / "tokenizer/files" / name, golden_dir() / "models" / name,
                                 deps_dir() / "tokenizers" / name / "models"})
    for (const char* file : {"tokenizer.json", "tokenizer.json.gz"})
      if (fs::exists(folder / file)) return folder;
  return {};
}

inline std::shared_ptr<const Tokenizer> golden_tokenizer(const std::string& name) {
  const fs::path folder = golden_tokenizer_folder(name);
  if (folder.empty()) return nullptr;
  if (fs::exists(folder / "tokenizer.json")) return load_tokenizer(folder);
  return tokenizer_from_json(name, read_golden_text(folder / "tokenizer.json"),
                             read_golden_text(folder / "tokenizer_config.json"));
}

// Little-endian writer of GGUF metadata, enough for a vocabulary.
class GgufBuilder {
 public:
  void text(const std::string& key, const std::string& value) { entry(key, 8), put_text(value); }
  void flag(const std::string& key, bool value) { entry(key, 7), out_.push_back(static_cast<char>(value)); }
  void number(const std::string& key, std::uint32_t value) { entry(key, 4), put(value); }
  void texts(const std::string& key, const std::vector<std::string>& values) {
    entry(key, 9), put<std::uint32_t>(8), put<std::uint64_t>(values.size());
    for (const auto& value : values) put_text(value);
  }
  void ints(const std::string& key, const std::vector<std::int32_t>& values) { array(key, 5, values); }
  void floats(const std::string& key, const std::vector<float>& values) { array(key, 6, values); }
  GgufFile file(const std::string& name) const {
    std::string bytes = "GGUF";
    const auto append = [&bytes](auto value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); };
    append(std::uint32_t{3}), append(std::uint64_t{0}), append(std::uint64_t{entries_});
    bytes += out_;
    bytes.resize((bytes.size() + 31) / 32 * 32);
    const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
    return GgufFile::open(memory_source(name, std::vector<std::byte>(data, data + bytes.size())));
  }

 private:
  template <class T>
  void put(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put_text(const std::string& value) { put<std::uint64_t>(value.size()), out_ += value; }
  void entry(const std::string& key, std::uint32_t type) { ++entries_, put_text(key), put(type); }
  template <class T>
  void array(const std::string& key, std::uint32_t type, const std::vector<T>& values) {
    entry(key, 9), put(type), put<std::uint64_t>(values.size());
    for (const T value : values) put(value);
  }
  std::string out_;
  std::uint64_t entries_ = 0;
};

// A byte-level tokenizer.json as llama.cpp's converter writes it (set_vocab_gpt2): `pre` names its pre-tokenizer.
inline std::shared_ptr<const Tokenizer> gguf_twin(const std::string& name, const std::string& pre, bool add_bos) {
  const fs::path folder = golden_tokenizer_folder(name);
  const auto json = nlohmann::json::parse(read_golden_text(folder / "tokenizer.json"));
  const auto& model = json.at("model");
  std::vector<std::string> tokens, merges;
  std::vector<std::int32_t> types;
  const auto place = [&](std::size_t id, const std::string& text, std::int32_t type) {
    if (tokens.size() <= id) tokens.resize(id + 1), types.resize(id + 1, 5);
    tokens[id] = text;
    types[id] = type;
  };
  for (const auto& [text, id] : model.at("vocab").items()) place(id, text, 1);
  for (const auto& token : json.at("added_tokens"))
    place(token.at("id"), token.at("content"), token.at("special") ? 3 : 4);
  for (std::size_t id = 0; id < tokens.size(); ++id)
    if (types[id] == 5) tokens[id] = "[PAD" + std::to_string(id) + "]";
  for (const auto& merge : model.at("merges"))
    merges.push_back(merge.is_string() ? merge.get<std::string>()
                                       : merge[0].get<std::string>() + " " + merge[1].get<std::string>());
  GgufBuilder gguf;
  gguf.text("tokenizer.ggml.model", "gpt2");
  gguf.text("tokenizer.ggml.pre", pre);
  gguf.texts("tokenizer.ggml.tokens", tokens);
  gguf.ints("tokenizer.ggml.token_type", types);
  gguf.texts("tokenizer.ggml.merges", merges);
  if (add_bos) gguf.flag("tokenizer.ggml.add_bos_token", true);
  const auto special = golden_tokenizer(name)->special_tokens();
  if (special.bos) gguf.number("tokenizer.ggml.bos_token_id", static_cast<std::uint32_t>(*special.bos));
  if (special.eos) gguf.number("tokenizer.ggml.eos_token_id", static_cast<std::uint32_t>(*special.eos));
  return tokenizer_from_gguf(name + ".gguf", gguf.file(name + ".gguf"));
}

// Sets that have a GGUF vocabulary.
inline std::vector<std::string> gguf_names() {
  std::vector<std::string> names;
  for (const auto& name : golden_names("tokenizer"))
    for (const char* known : {"gemma3", "llama3_1", "qwen3", "smollm2"})
      if (name == known) names.push_back(name);
  return names;
}

// The GGUF vocabulary of one of them, nullptr when its file is missing. smollm2 and gemma3 are real files.
inline std::shared_ptr<const Tokenizer> gguf_tokenizer(const std::string& name) {
  const auto real = [](const char* file) -> std::shared_ptr<const Tokenizer> {
    const fs::path path = deps_dir() / "models" / file;
    if (!fs::exists(path)) return nullptr;
    return tokenizer_from_gguf(path.string(), GgufFile::open(map_file(path)));
  };
  if (name == "smollm2") return real("smollm2-135m-instruct.gguf");
  if (name == "gemma3") return real("gemma-3-270m.gguf");
  if (golden_tokenizer_folder(name).empty()) return nullptr;
  if (name == "qwen3") return gguf_twin(name, "qwen2", false);
  if (name == "llama3_1") return gguf_twin(name, "llama-bpe", true);
  return nullptr;
}

}  // namespace c2c::testing
