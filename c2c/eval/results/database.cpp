#include "c2c/eval/results/database.h"

#include <sqlite3.h>

#include "c2c/base/error.h"

namespace c2c::results {

namespace {

// A file name inside an SQLite URI.
std::string uri_of(const std::filesystem::path& path) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 32 && byte < 127 && c != '%' && c != '?' && c != '#')
      uri += c;
    else
      uri.append({'%', kHex[byte >> 4], kHex[byte & 15]});
  }
  return uri;
}

}  // namespace

Database::Database(std::filesystem::path path, Mode mode) : path_(std::move(path)) {
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX;
  if (mode == Mode::kWrite) flags |= SQLITE_OPEN_CREATE;
  int code = sqlite3_open_v2(path_.c_str(), &handle_, flags, nullptr);
  // SQLite opens a file that it may only read without complaint, and fails later, at the log beside it.
  if (mode == Mode::kRead && (code != SQLITE_OK || sqlite3_db_readonly(handle_, "main") == 1) &&
      !std::filesystem::exists(path_.string() + "-wal")) {
    sqlite3_close_v2(handle_);
    code = sqlite3_open_v2((uri_of(path_) + "?immutable=1").c_str(), &handle_,
                           SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_FULLMUTEX, nullptr);
  }
  if (code != SQLITE_OK) {
    const std::string reason = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
    sqlite3_close_v2(handle_);
    fail_input({.where = path_.string(),
                .found = "cannot be opened: " + reason,
                .expected = "a file of samples, or a folder that can be written to"});
  }
  sqlite3_busy_timeout(handle_, 10000);
}

Database::~Database() {
  sqlite3_close_v2(handle_);
}

void Database::fail(int code) const {
  const int kind = code & 0xff;
  const bool damaged = kind == SQLITE_NOTADB || kind == SQLITE_CORRUPT || kind == SQLITE_ERROR;
  fail_input({.where = path_.string(),
              .found = sqlite3_errmsg(handle_),
              .expected = "a file of samples, as c2c eval writes it",
              .hint = damaged ? "the file is damaged or not one of c2c's: move it away, and its samples are done again"
                              : "see that the folder can be written to and the disk is not full"});
}

void Database::execute(const char* sql) {
  if (const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr); code != SQLITE_OK) fail(code);
}

std::int64_t Database::integer(const char* sql) {
  const std::string value = text(sql);
  return value.empty() ? 0 : std::strtoll(value.c_str(), nullptr, 10);
}

std::string Database::text(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.column_text(0) : std::string();
}

Statement::Statement(Database& database, const char* sql) : database_(database) {
  check(sqlite3_prepare_v2(database_.handle(), sql, -1, &handle_, nullptr));
}

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) database_.fail(code);
}

void Statement::bind(int index, std::string_view text) {
  // A null pointer would bind NULL.
  check(sqlite3_bind_text64(handle_, index, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8));
}
void Statement::bind(int index, std::int64_t number) {
  check(sqlite3_bind_int64(handle_, index, number));
}
void Statement::bind(int index, double number) {
  check(sqlite3_bind_double(handle_, index, number));
}
void Statement::bind_null(int index) {
  check(sqlite3_bind_null(handle_, index));
}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) database_.fail(code);
  return code == SQLITE_ROW;
}

void Statement::reset() {
  sqlite3_reset(handle_);
}

std::string Statement::column_text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  return bytes == nullptr ? std::string() : std::string(bytes, size);
}

}  // namespace c2c::results
