#include "c2c/eval/results/result_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <tuple>

#include "c2c/base/error.h"
#include "c2c/eval/results/database.h"
#include "c2c/eval/results/json_fields.h"
#include "c2c/eval/results/run_key.h"

namespace c2c {

namespace fs = std::filesystem;
using results::Database;
using results::Statement;

namespace {

constexpr std::int64_t kApplication = 0x63326372;  // "c2cr", in the file's header
constexpr std::int64_t kVersion = 1;

// The columns beside `result`, which holds everything, are for people with a database browser.
constexpr char kSchema[] = R"(
CREATE TABLE IF NOT EXISTS samples (
  system TEXT NOT NULL, task TEXT NOT NULL, method TEXT NOT NULL, id TEXT NOT NULL,
  subject TEXT NOT NULL, row INTEGER NOT NULL, truth TEXT NOT NULL, predicted TEXT, score REAL, error TEXT NOT NULL,
  result TEXT NOT NULL,
  PRIMARY KEY (system, task, method, id));
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
)";
constexpr char kInsert[] =
    "INSERT OR REPLACE INTO samples (system, task, method, id, subject, row, truth, predicted, score, error, result) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

fs::path samples_path(const fs::path& folder, int rank) {
  return folder / (rank == 0 ? "samples.sqlite" : "samples." + std::to_string(rank) + ".sqlite");
}

// Files of samples by rank.
std::map<int, fs::path> sample_files(const fs::path& folder) {
  std::map<int, fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name == "samples.sqlite") files[0] = entry.path();
    if (!name.starts_with("samples.") || !name.ends_with(".sqlite") || name.size() < 16) continue;
    const std::string digits = name.substr(8, name.size() - 15);
    if (digits.size() > 6 || digits.find_first_not_of("0123456789") != std::string::npos) continue;
    files[std::stoi(digits)] = entry.path();
  }
  return files;
}

[[noreturn]] void fail_foreign(const Database& database, const std::string& found) {
  fail_input({.where = database.path().string(),
              .found = found,
              .expected = "a file of samples of this run",
              .hint = "move it away; its samples, if they were this run's, are done again"});
}

// Is this a file of ours, of this run, and undamaged? False: it is empty, as one left by a process that died at its
// first step.
bool check_file(Database& database, const std::string& fingerprint) {
  const std::int64_t application = database.integer("PRAGMA application_id");
  const std::int64_t version = database.integer("PRAGMA user_version");
  if (database.integer("SELECT count(*) FROM sqlite_master") == 0 && (application == 0 || application == kApplication))
    return false;
  if (application != kApplication) fail_foreign(database, "a database of another program");
  if (version != kVersion)
    fail_foreign(database, "samples of another version of c2c (" + std::to_string(version) + ")");
  const std::string damage = database.text("PRAGMA quick_check(1)");
  if (damage != "ok") fail_foreign(database, "a damaged database: " + damage);
  if (database.text("SELECT value FROM about WHERE key = 'fingerprint'") != fingerprint)
    fail_foreign(database, "samples of another run");
  return true;
}

void make_file(Database& database, const std::string& fingerprint) {
  // One transaction: a file has all of this or nothing.
  database.execute("BEGIN IMMEDIATE");
  database.execute(kSchema);
  database.execute(("PRAGMA application_id = " + std::to_string(kApplication)).c_str());
  database.execute(("PRAGMA user_version = " + std::to_string(kVersion)).c_str());
  {
    Statement statement(database, "INSERT OR REPLACE INTO about VALUES ('fingerprint', ?1)");
    statement.bind(1, fingerprint);
    statement.step();
  }
  database.execute("COMMIT");
}

// One writer for each rank, by a lock on one byte of run_key.json: the kernel drops it with the process, however that
// ends.
class RankLock {
 public:
  RankLock(const fs::path& folder, int rank) {
    fd_ = ::open(results::run_key_path(folder).c_str(), O_RDWR | O_CLOEXEC);
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = rank;
    lock.l_len = 1;
    if (fd_ < 0 || fcntl(fd_, F_OFD_SETLK, &lock) == 0 || (errno != EAGAIN && errno != EACCES)) return;
    close(fd_);
    fail_usage({.where = folder.string(),
                .key = "rank " + std::to_string(rank),
                .found = "another process that writes its results here",
                .hint = "wait for it, stop it, or name another output_dir"});
  }
  ~RankLock() {
    if (fd_ >= 0) close(fd_);
  }
  RankLock(const RankLock&) = delete;
  RankLock& operator=(const RankLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace

struct ResultStore::State {
  State(const fs::path& where, const std::string& hash, int rank)
      : folder(where),
        fingerprint(hash),
        lock(where, rank),
        database(samples_path(where, rank), Database::Mode::kWrite) {
    database.execute("PRAGMA journal_mode = WAL");
    // In this mode a killed process loses nothing that it committed; a machine that loses power may lose the last
    // samples, never the file.
    database.execute("PRAGMA synchronous = NORMAL");
    if (!check_file(database, fingerprint)) make_file(database, fingerprint);
    insert = std::make_unique<Statement>(database, kInsert);
  }

  fs::path folder;
  std::string fingerprint;
  RankLock lock;
  Database database;
  std::unique_ptr<Statement> insert;
  std::mutex mutex;
};

ResultStore::ResultStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
ResultStore::ResultStore(ResultStore&&) noexcept = default;
ResultStore& ResultStore::operator=(ResultStore&&) noexcept = default;
ResultStore::~ResultStore() = default;

ResultStore ResultStore::open(const fs::path& folder, const nlohmann::json& fingerprint, int rank) {
  C2C_CHECK(rank >= 0 && rank < 1000000, "rank of a result store");
  results::claim_folder(folder, fingerprint);
  return ResultStore(std::make_unique<State>(folder, results::fingerprint_hash(results::read_run_key(folder)), rank));
}

std::set<std::string> ResultStore::done(const std::string& system, const std::string& task, const std::string& method,
                                        bool with_errors) const {
  std::set<std::string> ids;
  for (const auto& [rank, path] : sample_files(state_->folder)) {
    Database database(path, Database::Mode::kRead);
    if (!check_file(database, state_->fingerprint)) continue;
    Statement statement(database, with_errors ? "SELECT id FROM samples WHERE system=?1 AND task=?2 AND method=?3"
                                              : "SELECT id FROM samples WHERE system=?1 AND task=?2 AND method=?3 "
                                                "AND error = ''");
    statement.bind(1, system);
    statement.bind(2, task);
    statement.bind(3, method);
    while (statement.step()) ids.insert(statement.column_text(0));
  }
  return ids;
}

void ResultStore::put(const SampleResult& result) {
  const std::string json = results::dump(to_json(result));
  const std::lock_guard guard(state_->mutex);
  Statement& insert = *state_->insert;
  insert.reset();
  int index = 0;
  for (const std::string* text : {&result.system, &result.task, &result.method, &result.id, &result.subject})
    insert.bind(++index, *text);
  insert.bind(++index, result.row);
  insert.bind(++index, result.truth);
  if (result.predicted)
    insert.bind(++index, *result.predicted);
  else
    insert.bind_null(++index);
  insert.bind(++index, result.score);
  insert.bind(++index, result.error);
  insert.bind(++index, json);
  insert.step();  // a statement of its own is a transaction: done when it returns
  insert.reset();
}

std::vector<SampleResult> ResultStore::read(const fs::path& folder) {
  const std::string fingerprint = results::fingerprint_hash(results::read_run_key(folder));
  using Key = std::tuple<std::string, std::string, std::string, std::string>;
  std::map<Key, SampleResult> merged;
  for (const auto& [rank, path] : sample_files(folder)) {
    Database database(path, Database::Mode::kRead);
    if (!check_file(database, fingerprint)) continue;
    Statement statement(database, "SELECT result FROM samples");
    while (statement.step()) {
      SampleResult result = sample_result_from_json(results::parse_json(statement.column_text(0), path.string()));
      Key key(result.system, result.task, result.method, result.id);
      const auto [place, fresh] = merged.try_emplace(std::move(key));
      if (fresh || (!place->second.error.empty() && result.error.empty())) place->second = std::move(result);
    }
  }
  std::vector<SampleResult> sorted;
  sorted.reserve(merged.size());
  for (auto& [key, result] : merged) sorted.push_back(std::move(result));
  const auto order = [](const SampleResult& r) { return std::tie(r.system, r.task, r.method, r.subject, r.row, r.id); };
  std::sort(sorted.begin(), sorted.end(),
            [&](const SampleResult& a, const SampleResult& b) { return order(a) < order(b); });
  return sorted;
}

nlohmann::json ResultStore::read_fingerprint(const fs::path& folder) {
  return results::read_run_key(folder);
}

}  // namespace c2c
