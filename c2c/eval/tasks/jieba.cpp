#include "c2c/eval/tasks/jieba.h"

#include "c2c/base/error.h"
#include "c2c/io/formats/sha256.h"
#include "c2c/io/formats/source.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestTable = std::size_t{64} << 20;  // jieba's own are 5 MB and 1 MB

std::string read_table(const fs::path& folder, const char* name) {
  const fs::path path = folder / name;
  if (!fs::is_regular_file(path))
    fail_input({.where = folder.string(),
                .key = "jieba",
                .found = "no " + std::string(name),
                .expected = "jieba's package, or a folder that holds it as jieba/",
                .hint = "`./run fetch` gets it, and so does `pip install jieba==0.42.1`"});
  return read_text_file(path, kLargestTable);
}

}  // namespace

JiebaTables load_jieba(const fs::path& folder) {
  const bool is_package = fs::exists(folder / "dict.txt") || !fs::is_directory(folder / "jieba");
  const fs::path package = is_package ? folder : folder / "jieba";
  const std::string dictionary = read_table(package, "dict.txt");
  const std::string emissions = read_table(package, "finalseg/prob_emit.py");
  JiebaTables tables;
  tables.words = std::make_shared<grading::ChineseWords>(dictionary, emissions);
  tables.sha256 = sha256_of(sha256_of(dictionary) + sha256_of(emissions));
  return tables;
}

}  // namespace c2c
