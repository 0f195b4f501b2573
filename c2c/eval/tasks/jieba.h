// jieba's tables as a task's file names them (`jieba: FOLDER`): with them LongBench's Chinese scores count words.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "c2c/eval/grading/chinese_words.h"

namespace c2c {

struct JiebaTables {
  std::shared_ptr<const grading::ChineseWords> words;
  std::string sha256;  // of dict.txt and prob_emit.py
};

// `folder` is the package (dict.txt, finalseg/prob_emit.py) or holds it as jieba/: an unpacked archive, site-packages.
// Throws kInput naming the file that is missing or malformed, and how to get it.
JiebaTables load_jieba(const std::filesystem::path& folder);

}  // namespace c2c
