// The little of SQLite's interface that the store needs. Errors are kInput and name the file.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace c2c::results {

class Database {
 public:
  enum class Mode {
    kWrite,  // made when missing
    kRead,   // also in a folder that cannot be written to
  };
  Database(std::filesystem::path path, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const char* sql);
  std::int64_t integer(const char* sql);  // first column of the first row; 0 when there is none
  std::string text(const char* sql);      // the same; empty when there is none
  [[noreturn]] void fail(int code) const;

  const std::filesystem::path& path() const { return path_; }
  sqlite3* handle() const { return handle_; }

 private:
  std::filesystem::path path_;
  sqlite3* handle_ = nullptr;
};

class Statement {
 public:
  Statement(Database& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Parameters count from 1, columns from 0. The bytes must live until the next reset.
  void bind(int index, std::string_view text);
  void bind(int index, std::int64_t number);
  void bind(int index, double number);
  void bind_null(int index);
  bool step();  // is there a row?
  void reset();
  std::string column_text(int column) const;

 private:
  void check(int code) const;
  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace c2c::results
