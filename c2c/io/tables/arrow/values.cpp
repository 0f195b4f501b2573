#include "c2c/io/tables/arrow/values.h"

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"

namespace c2c::arrow_files {
namespace {

using arrow::Type;

Row text_of(std::string_view text) {
  if (!is_valid_utf8(text)) fail_input({.found = "bytes that are not UTF-8", .expected = "text"});
  return std::string(text);
}

template <class List>
Row list_of(const arrow::Array& array, std::int64_t i, int depth) {
  const auto& list = static_cast<const List&>(array);
  Row items = Row::array();
  for (std::int64_t k = 0; k < list.value_length(i); ++k)
    items.push_back(value_of(*list.values(), list.value_offset(i) + k, depth + 1));
  return items;
}

Row map_of(const arrow::MapArray& map, std::int64_t i, int depth) {
  Row pairs = Row::array();
  for (std::int64_t k = map.value_offset(i); k < map.value_offset(i) + map.value_length(i); ++k)
    pairs.push_back(Row::array({value_of(*map.keys(), k, depth + 1), value_of(*map.items(), k, depth + 1)}));
  return pairs;
}

Row struct_of(const arrow::StructArray& fields, std::int64_t i, int depth) {
  Row object = Row::object();
  for (int k = 0; k < fields.num_fields(); ++k)
    object[fields.struct_type()->field(k)->name()] = value_of(*fields.field(k), i, depth + 1);
  return object;
}

template <class Numbers>
Row number_of(const arrow::Array& array, std::int64_t i) {
  return static_cast<const Numbers&>(array).Value(i);
}

Row integer_of(const arrow::Array& array, std::int64_t i) {
  switch (array.type_id()) {
    case Type::INT8:
      return number_of<arrow::Int8Array>(array, i);
    case Type::INT16:
      return number_of<arrow::Int16Array>(array, i);
    case Type::INT32:
      return number_of<arrow::Int32Array>(array, i);
    case Type::UINT8:
      return number_of<arrow::UInt8Array>(array, i);
    case Type::UINT16:
      return number_of<arrow::UInt16Array>(array, i);
    case Type::UINT32:
      return number_of<arrow::UInt32Array>(array, i);
    case Type::UINT64:
      return number_of<arrow::UInt64Array>(array, i);
    default:
      return number_of<arrow::Int64Array>(array, i);
  }
}

template <class Texts>
Row view_of(const arrow::Array& array, std::int64_t i) {
  return text_of(static_cast<const Texts&>(array).GetView(i));
}

}  // namespace

Row value_of(const arrow::Array& array, std::int64_t i, int depth) {
  if (depth > 64) fail_input({.found = "values nested deeper than 64"});
  if (array.IsNull(i)) return nullptr;
  if (arrow::is_integer(array.type_id())) return integer_of(array, i);
  switch (array.type_id()) {
    case Type::NA:
      return nullptr;
    case Type::BOOL:
      return static_cast<const arrow::BooleanArray&>(array).Value(i);
    case Type::FLOAT:
      return number_of<arrow::FloatArray>(array, i);
    case Type::DOUBLE:
      return number_of<arrow::DoubleArray>(array, i);
    case Type::STRING:
      return view_of<arrow::StringArray>(array, i);
    case Type::LARGE_STRING:
      return view_of<arrow::LargeStringArray>(array, i);
    case Type::STRING_VIEW:
      return view_of<arrow::StringViewArray>(array, i);
    case Type::BINARY:
      return view_of<arrow::BinaryArray>(array, i);
    case Type::LARGE_BINARY:
      return view_of<arrow::LargeBinaryArray>(array, i);
    case Type::LIST:
      return list_of<arrow::ListArray>(array, i, depth);
    case Type::LARGE_LIST:
      return list_of<arrow::LargeListArray>(array, i, depth);
    case Type::FIXED_SIZE_LIST:
      return list_of<arrow::FixedSizeListArray>(array, i, depth);
    case Type::MAP:
      return map_of(static_cast<const arrow::MapArray&>(array), i, depth);
    case Type::STRUCT:
      return struct_of(static_cast<const arrow::StructArray&>(array), i, depth);
    case Type::DICTIONARY: {
      const auto& encoded = static_cast<const arrow::DictionaryArray&>(array);
      return value_of(*encoded.dictionary(), encoded.GetValueIndex(i), depth + 1);
    }
    case Type::EXTENSION:
      return value_of(*static_cast<const arrow::ExtensionArray&>(array).storage(), i, depth + 1);
    default:
      break;
  }
  // Dates, times, decimals, half floats: as Arrow prints them.
  const auto scalar = array.GetScalar(i);
  if (!scalar.ok()) fail_input({.found = "a value of type " + array.type()->ToString()});
  return text_of((*scalar)->ToString());
}

}  // namespace c2c::arrow_files
