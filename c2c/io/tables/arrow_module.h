// Parquet and Arrow come from a module of its own, loaded when the first such file is opened: programs that read none
// carry neither libarrow's 20 MB nor its symbols beside LibTorch's.
#pragma once
#include <filesystem>
#include <memory>

#include "c2c/io/formats/source.h"
#include "c2c/io/tables/row_source.h"

namespace c2c {

// What the module exports, under this name.
inline constexpr const char* kArrowEntry = "c2c_arrow_rows";
// Fills `rows` or throws kInput. `parquet`: else Arrow IPC, file or stream.
using ArrowEntry = void(const std::shared_ptr<const ByteSource>& source, bool parquet,
                        std::shared_ptr<const RowSource>* rows);

// Throws kInput naming the file where this build or installation has no such module.
std::shared_ptr<const RowSource> arrow_rows(const std::shared_ptr<const ByteSource>& source, bool parquet);
// Is the module there and can it be loaded? (Tests, `c2c doctor`.) Empty: yes; else why not.
std::string arrow_problem();

}  // namespace c2c
