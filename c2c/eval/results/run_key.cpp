#include "c2c/eval/results/run_key.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "c2c/base/content_hash.h"
#include "c2c/base/error.h"
#include "c2c/eval/results/json_fields.h"

namespace c2c::results {

namespace fs = std::filesystem;

namespace {

constexpr char kFormat[] = "c2c-eval-run 1";

std::string shown(const nlohmann::json& flat, const std::string& key) {
  const auto found = flat.find(key);
  if (found == flat.end()) return "(not said)";
  std::string text = dump(*found);
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  return text;
}

// "/eval/limit" -> "eval.limit"
std::string key_name(const std::string& pointer) {
  std::string name = pointer.empty() ? pointer : pointer.substr(1);
  for (char& c : name)
    if (c == '/') c = '.';
  return name;
}

[[noreturn]] void fail_other_run(const fs::path& folder, const nlohmann::json& there, const nlohmann::json& here) {
  const nlohmann::json flat_there = there.flatten(), flat_here = here.flatten();
  nlohmann::json keys = flat_there;
  keys.update(flat_here);
  std::string names, found, expected;
  int count = 0;
  for (const auto& [key, unused] : keys.items()) {
    if (flat_there.contains(key) && flat_here.contains(key) && flat_there[key] == flat_here[key]) continue;
    if (++count > 5) continue;
    const std::string name = key_name(key);
    names += (names.empty() ? "" : ", ") + name;
    found += (found.empty() ? "" : ", ") + name + " = " + shown(flat_there, key);
    expected += (expected.empty() ? "" : ", ") + name + " = " + shown(flat_here, key);
  }
  if (count > 5) names += " and " + std::to_string(count - 5) + " more";
  fail_usage({.where = folder.string(),
              .key = names,
              .found = "results of another configuration: " + found,
              .expected = expected,
              .hint = "name another output_dir, or undo the change to go on with this run, or move the folder away"});
}

}  // namespace

fs::path run_key_path(const fs::path& folder) {
  return folder / "run_key.json";
}

std::string fingerprint_hash(const nlohmann::json& fingerprint) {
  ContentHash hash;
  hash.add(dump(fingerprint));
  return hash.hex();
}

nlohmann::json read_run_key(const fs::path& folder) {
  const fs::path path = run_key_path(folder);
  if (!fs::is_regular_file(path))
    fail_input({.where = folder.string(),
                .found = "no run_key.json",
                .expected = "the folder of an evaluation (its output_dir)"});
  const nlohmann::json json = parse_json(read_text(path), path.string());
  const FieldReader read(json, path.string());
  std::string format;
  read.text("format", format, true);
  if (format != kFormat) read.fail("format", json["format"], kFormat);
  nlohmann::json fingerprint;
  read.json("fingerprint", fingerprint);
  if (!fingerprint.is_object()) read.fail("fingerprint", fingerprint, "an object");
  return fingerprint;
}

void claim_folder(const fs::path& folder, const nlohmann::json& fingerprint) {
  C2C_CHECK(fingerprint.is_object(), "a run's fingerprint is an object");
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail_input({.where = folder.string(), .found = "cannot make the folder: " + error.message()});
  const fs::path path = run_key_path(folder);
  if (!fs::exists(path)) {
    const fs::path mine = folder / (".run_key.json.mine-" + std::to_string(getpid()));
    write_text(mine, dump(nlohmann::json{{"format", kFormat}, {"fingerprint", fingerprint}}, 1) + "\n");
    // Unlike rename, link leaves a key in place that another process put there in between.
    const bool linked = link(mine.c_str(), path.c_str()) == 0 || errno == EEXIST;
    const int reason = errno;
    if (!linked && rename(mine.c_str(), path.c_str()) != 0)  // a file system without hard links
      fail_input({.where = path.string(), .found = std::string("cannot write: ") + std::strerror(reason)});
    unlink(mine.c_str());
  }
  // Through text and back: what a file cannot keep apart (1.0f and 1.0, bytes that are not UTF-8) is no difference.
  const nlohmann::json here = nlohmann::json::parse(dump(fingerprint)), there = read_run_key(folder);
  if (here != there) fail_other_run(folder, there, here);
}

}  // namespace c2c::results
