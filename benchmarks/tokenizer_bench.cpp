// Times one tokenizer over documents (a file, cut at NUL bytes) on one thread and prints one JSON line; with --dump
// also writes what came out, for tools/tokenizer_parity.py:  per document int64 n, n x int32 id, 2n x int64 offset.
//   tokenizer_bench TOKENIZER TEXT [--repeat N] [--dump FILE]
// TOKENIZER: a model folder, a tokenizer.json or a .gguf file.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "c2c/base/error.h"
#include "c2c/io/formats/gguf.h"
#include "c2c/text/tokenizers/tokenizer.h"

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<std::string_view> documents_of(std::string_view text) {
  std::vector<std::string_view> documents;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    documents.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return documents;
}

std::shared_ptr<const c2c::Tokenizer> open(const std::string& path) {
  if (!path.ends_with(".gguf")) return c2c::load_tokenizer(path);
  return c2c::tokenizer_from_gguf(path, c2c::GgufFile::open(c2c::map_file(path)));
}

void dump(const std::string& path, const std::vector<c2c::Encoding>& encodings) {
  std::ofstream file(path, std::ios::binary);
  const auto put = [&file](const auto& value) { file.write(reinterpret_cast<const char*>(&value), sizeof value); };
  for (const auto& encoding : encodings) {
    put(static_cast<std::int64_t>(encoding.ids.size()));
    for (const auto id : encoding.ids) put(id);
    for (const auto& span : encoding.offsets) put(span.begin), put(span.end);
  }
}

int run(const std::vector<std::string>& arguments) {
  int repeat = 3;
  std::string dump_path;
  for (std::size_t i = 2; i + 1 < arguments.size(); i += 2) {
    if (arguments[i] == "--repeat") repeat = std::stoi(arguments[i + 1]);
    if (arguments[i] == "--dump") dump_path = arguments[i + 1];
  }
  auto start = Clock::now();
  const auto tokenizer = open(arguments[0]);
  const double load = seconds_since(start);
  std::ifstream file(arguments[1], std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto documents = documents_of(text);

  std::vector<double> ids_seconds, offsets_seconds;
  std::size_t tokens = 0;
  for (int round = 0; round < repeat; ++round)
    for (const bool offsets : {false, true}) {
      start = Clock::now();
      tokens = 0;
      for (const auto document : documents) tokens += tokenizer->encode(document, {.offsets = offsets}).ids.size();
      (offsets ? offsets_seconds : ids_seconds).push_back(seconds_since(start));
    }
  if (!dump_path.empty()) {
    std::vector<c2c::Encoding> encodings;
    for (const auto document : documents) encodings.push_back(tokenizer->encode(document, {.offsets = true}));
    dump(dump_path, encodings);
  }
  const nlohmann::json line = {
      {"tokenizer", arguments[0]},         {"load_seconds", load}, {"bytes", text.size()},
      {"documents", documents.size()},     {"tokens", tokens},     {"ids_seconds", ids_seconds},
      {"offsets_seconds", offsets_seconds}};
  std::printf("%s\n", line.dump().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() < 2) {
    std::fprintf(stderr, "usage: tokenizer_bench TOKENIZER TEXT [--repeat N] [--dump FILE]\n");
    return 2;
  }
  try {
    return run(arguments);
  } catch (const c2c::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return error.exit_code();
  }
}
