#include "c2c/io/hub/hub_cache.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "c2c/base/error.h"
#include "tests/io/formats/format_testing.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using testing::error_of;

const std::string kCommit(40, 'a');
const std::string kOther(40, 'b');

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

// A cache with org/name: main and a branch at kCommit, another commit without a branch, a fuser folder.
class HubCacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* variable : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "HOME"}) {
      const char* value = std::getenv(variable);
      saved_.emplace_back(variable, value == nullptr ? "" : value);
      unsetenv(variable);
    }
    setenv("HF_HUB_CACHE", cache_.path().c_str(), 1);
    repo_ = cache_ / "models--org--name";
    write(repo_ / "refs/main", kCommit);
    write(repo_ / "refs/refs/pr/1", kCommit + "\n");
    write(repo_ / "blobs/1", "{}");
    fs::create_directories(repo_ / "snapshots" / kCommit / "a+b_Fuser/final");
    fs::create_symlink("../../blobs/1", repo_ / "snapshots" / kCommit / "config.json");
    fs::create_symlink("../../blobs/gone", repo_ / "snapshots" / kCommit / "tokenizer.json");
    write(repo_ / "snapshots" / kOther / "config.json", "{}");
  }
  void TearDown() override {
    for (const auto& [variable, value] : saved_)
      value.empty() ? unsetenv(variable.c_str()) : setenv(variable.c_str(), value.c_str(), 1);
  }
  void expect_error(const std::string& name, const std::string& part, int code = 1) const {
    try {
      locate_model(name);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what() << " lacks " << part;
      EXPECT_EQ(error.exit_code(), code) << error.what();
    }
  }

  testing::TemporaryFolder cache_;
  fs::path repo_;
  std::vector<std::pair<std::string, std::string>> saved_;
};

TEST_F(HubCacheTest, FindsSnapshotsByBranchPullRequestAndCommit) {
  EXPECT_EQ(resolve_model("org/name"), repo_ / "snapshots" / kCommit);
  EXPECT_EQ(resolve_model("org/name@main"), repo_ / "snapshots" / kCommit);
  EXPECT_EQ(resolve_model("org/name@refs/pr/1"), repo_ / "snapshots" / kCommit);
  EXPECT_EQ(resolve_model("org/name@" + kOther), repo_ / "snapshots" / kOther);
  EXPECT_EQ(resolve_model("org/name/a+b_Fuser/final"), repo_ / "snapshots" / kCommit / "a+b_Fuser/final");
  EXPECT_EQ(resolve_file("org/name", "config.json"), repo_ / "snapshots" / kCommit / "config.json");
  const ModelLocation location = locate_model("org/name/a+b_Fuser@main");
  EXPECT_TRUE(location.from_hub);
  EXPECT_EQ(location.hub.repo, "org/name");
  EXPECT_EQ(location.hub.subfolder, "a+b_Fuser");
  EXPECT_EQ(location.commit, kCommit);
}

TEST_F(HubCacheTest, LocalPathsWin) {
  EXPECT_EQ(resolve_model(repo_.string()), repo_);
  EXPECT_FALSE(locate_model((repo_ / "blobs/1").string()).from_hub);
}

TEST_F(HubCacheTest, FollowsTheVariablesInOrder) {
  setenv("HOME", "/home/me", 1);
  EXPECT_EQ(hub_cache_folder(), cache_.path());
  unsetenv("HF_HUB_CACHE");
  EXPECT_EQ(hub_cache_folder(), "/home/me/.cache/huggingface/hub");
  setenv("XDG_CACHE_HOME", "/xdg", 1);
  EXPECT_EQ(hub_cache_folder(), "/xdg/huggingface/hub");
  setenv("HF_HOME", "~/hf", 1);
  EXPECT_EQ(hub_cache_folder(), "/home/me/hf/hub");
  setenv("HUGGINGFACE_HUB_CACHE", "/old", 1);
  EXPECT_EQ(hub_cache_folder(), "/old");
}

TEST_F(HubCacheTest, NamesWhatIsMissingAndTheCommand) {
  expect_error("org/other", "get it with: hf download org/other");
  expect_error("org/other", "no such repository in the cache");
  expect_error("org/name@v2", "no revision v2 in the cache (there are: " + kCommit);
  expect_error("org/name@v2", "hf download org/name --revision 'v2'");
  expect_error("org/name@" + std::string(40, 'c'), "no snapshot of revision");
  expect_error("org/name/c+d_Fuser/final", "hf download org/name --include 'c+d_Fuser/final/*'");
  const auto file_error = [&](const std::string& file) { return error_of([&] { resolve_file("org/name", file); }); };
  EXPECT_NE(file_error("a/model.gguf").find("hf download org/name 'a/model.gguf'"), std::string::npos);
  EXPECT_NE(file_error("tokenizer.json").find("no tokenizer.json"), std::string::npos);  // its blob is gone
  write(repo_ / ".no_exist" / kCommit / "x.json", "");
  EXPECT_NE(file_error("x.json").find("in the repository itself"), std::string::npos);
}

TEST_F(HubCacheTest, RefusesNamesThatLeaveTheCache) {
  for (const std::string name : {"../secret", "/no/such/path", "./no/such", "~/x"})
    expect_error(name, "no such file or folder", 1);
  for (const std::string name :
       {"org/../name", "org/name/../../..", "org//name", "-org/name", "org/na--me", "org/name.", "a b/c",
        "org/name@../../x", "org/name@", "org/name@/etc", "org/name/", "org\\name"})
    expect_error(name, "org/name[/folder][@revision]", 2);
  expect_error(std::string(5000, 'x') + "/y", "org/name", 2);
  expect_error("", "empty", 2);
  EXPECT_THROW(resolve_file("org/name", "../../blobs/1"), Error);
  EXPECT_THROW(resolve_file("org/name", "/etc/passwd"), Error);
  EXPECT_THROW(resolve_file("org", "name/config.json"), Error);
  write(repo_ / "refs/evil", "../../../..");
  expect_error("org/name@evil", "the cache is damaged");
}

TEST_F(HubCacheTest, RequiresEveryFileOfAModel) {
  const fs::path folder = repo_ / "snapshots" / kOther;
  const ModelLocation location = locate_model("org/name@" + kOther);
  const auto message = [&] { return error_of([&] { require_model_files(location); }); };
  EXPECT_NE(message().find("'tokenizer.json' 'model.safetensors' --revision '" + kOther), std::string::npos)
      << message();
  write(folder / "tokenizer.json", "{}");
  write(folder / "model.safetensors.index.json",
        R"({"metadata":{"a":{"b":[[[1]]]}},"weight_map":{"x":"1.st","y":"2.st"}})");
  write(folder / "1.st", "");
  EXPECT_NE(message().find("no 2.st"), std::string::npos) << message();
  EXPECT_EQ(message().find("1.st"), std::string::npos) << message();
  write(folder / "2.st", "");
  EXPECT_EQ(message(), "");
  EXPECT_NE(error_of([&] { require_files({.path = folder}, {"a"}); }).find("found no a"), std::string::npos);
}

}  // namespace
}  // namespace c2c
