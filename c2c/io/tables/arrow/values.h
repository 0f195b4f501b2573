// One value of an Arrow array as JSON.
#pragma once
#include <arrow/api.h>

#include "c2c/io/tables/row_source.h"

namespace c2c::arrow_files {

// Precondition: the array has passed ValidateFull. Texts, numbers, booleans, lists, structs, maps (pairs),
// dictionaries; dates and decimals as text. Throws kInput (no place) for bytes that are no UTF-8 and for nesting
// past 64.
Row value_of(const arrow::Array& array, std::int64_t i, int depth = 0);

}  // namespace c2c::arrow_files
