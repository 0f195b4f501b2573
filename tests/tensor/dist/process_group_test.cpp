// Two real processes: this program starts itself again (processes.h), and the DISABLED_ suites are what the ranks run.
#include "c2c/tensor/dist/process_group.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <csignal>

#include <memory>

#include "c2c/base/error.h"
#include "c2c/tensor/dist/reduce_flat.h"
#include "c2c/tensor/dist/require_same.h"
#include "tests/tensor/dist/processes.h"
#include "tests/testing/golden.h"

namespace c2c {
namespace {

using testing::Child;

constexpr int kPatience = 240;  // seconds: torchrun alone takes many where the machine is busy

bool has_gloo() {
  const auto kinds = process_group_kinds();
  return std::find(kinds.begin(), kinds.end(), "gloo") != kinds.end();
}

#define SKIP_WITHOUT_GLOO() \
  if (!has_gloo()) GTEST_SKIP() << "built without Gloo's headers: install libgloo-dev (./run setup) and build again"

// What ranks run ---------------------------------------------------------------------------------------------------

class DISABLED_Ranks : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { group = make_process_group(at::kCPU); }
  static void TearDownTestSuite() { group.reset(); }
  static std::unique_ptr<ProcessGroup> group;
};
std::unique_ptr<ProcessGroup> DISABLED_Ranks::group;

TEST_F(DISABLED_Ranks, KnowTheirPlace) {
  ASSERT_EQ(group->name(), "gloo");
  EXPECT_EQ(group->world_size(), 2);
  EXPECT_EQ(std::to_string(group->rank()), std::getenv("RANK"));
  EXPECT_EQ(group->is_root(), group->rank() == 0);
  group->barrier();
}

TEST_F(DISABLED_Ranks, SumEveryDtypeAndLayoutInPlace) {
  for (const auto dtype : {at::kFloat, at::kDouble, at::kBFloat16, at::kHalf, at::kLong}) {
    const at::Tensor tensor = at::full({3, 4}, group->rank() + 1, at::TensorOptions(dtype));
    const at::Tensor turned = at::arange(6, at::TensorOptions(dtype)).view({2, 3}).t();
    group->all_reduce_sum(tensor);
    group->all_reduce_sum(turned);
    EXPECT_TRUE(tensor.eq(3).all().item<bool>()) << dtype;
    EXPECT_TRUE(turned.eq(2 * at::arange(6, at::TensorOptions(dtype)).view({2, 3}).t()).all().item<bool>()) << dtype;
  }
}

TEST_F(DISABLED_Ranks, BroadcastFromEitherRank) {
  for (int root : {0, 1}) {
    at::Tensor leaf = at::full({5}, group->rank() * 10.0, at::TensorOptions(at::kFloat)).set_requires_grad(true);
    group->broadcast(leaf, root);
    EXPECT_TRUE(leaf.eq(root * 10.0).all().item<bool>());
  }
}

TEST_F(DISABLED_Ranks, GatherStringsOfDifferentLengths) {
  const std::string binary("\0x\xff", 3);
  EXPECT_EQ(group->gather_strings(group->rank() == 0 ? std::string() : binary), (std::vector<std::string>{"", binary}));
  EXPECT_EQ(group->gather_strings(""), (std::vector<std::string>{"", ""}));
}

TEST_F(DISABLED_Ranks, ReduceGradientsInBuckets) {
  const auto gradients_of = [](int rank) {
    at::manual_seed(static_cast<std::uint64_t>(rank));
    std::vector<at::Tensor> gradients;
    for (const std::int64_t size : {1, 7, 300, 0, 64, 2})
      for (const auto dtype : {at::kFloat, at::kBFloat16}) gradients.push_back(at::randn({size, 3}).to(dtype));
    gradients.push_back(at::randn({4, 6}).t());
    return gradients;
  };
  const auto first = gradients_of(0), second = gradients_of(1);
  for (const std::int64_t bucket_bytes : {std::int64_t{1}, std::int64_t{2000}, kBucketBytes}) {
    const auto sums = gradients_of(group->rank());
    reduce_flat(*group, sums, bucket_bytes);
    for (std::size_t i = 0; i < sums.size(); ++i)
      EXPECT_TRUE(at::equal(sums[i], first[i] + second[i])) << i << " with buckets of " << bucket_bytes;
  }
}

TEST_F(DISABLED_Ranks, ThatDisagreeAllSaySo) {
  const std::string common = "seed: 42\nlearning_rate: ";
  require_same(*group, "the recipe", common + "1e-4");
  try {
    require_same(*group, "the recipe", common + (group->rank() == 0 ? "1e-4\n" : "2e-4\n"));
    FAIL() << "rank " << group->rank() << " went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    EXPECT_EQ(error.info().key, "line 2");
    EXPECT_NE(error.info().found.find("rank 1 has 'learning_rate: 2e-4'"), std::string::npos) << error.what();
    EXPECT_NE(error.info().expected.find("'learning_rate: 1e-4'"), std::string::npos) << error.what();
  }
  EXPECT_THROW(require_same(*group, "the data", std::string(static_cast<std::size_t>(group->rank()), 'x')), Error);
}

TEST(DISABLED_LostRank, IsAnErrorOfTheOther) {
  std::signal(SIGPIPE, SIG_IGN);  // as the program does: a lost peer is a failed write, not the end of this process
  const auto group = make_process_group(at::kCPU);
  group->barrier();
  if (group->rank() == 1) _exit(7);
  try {
    for (;;) group->all_reduce_sum(at::ones({8}));
  } catch (const Error& error) {
    EXPECT_EQ(error.info().where, "rank 0 of 2");
    EXPECT_NE(error.info().key.find("all-reduce"), std::string::npos);
  }
}

// What starts them -------------------------------------------------------------------------------------------------

TEST(ProcessGroup, TwoProcessesWithTheStoreOnRankZero) {
  SKIP_WITHOUT_GLOO();
  const int port = testing::free_port();
  Child zero(testing::this_program("DISABLED_Ranks"), testing::rank_variables(0, 2, port));
  Child one(testing::this_program("DISABLED_Ranks"), testing::rank_variables(1, 2, port));
  EXPECT_EQ(zero.wait(kPatience), 0) << zero.output();
  EXPECT_EQ(one.wait(kPatience), 0) << one.output();
  EXPECT_NE(one.output().find("PASSED"), std::string::npos) << one.output();
}

TEST(ProcessGroup, TwoProcessesUnderTorchrun) {
  SKIP_WITHOUT_GLOO();
  const auto torchrun = testing::deps_dir() / "venv/bin/torchrun";
  if (!std::filesystem::exists(torchrun)) GTEST_SKIP() << torchrun << " is not there; get it with: ./run setup";
  std::vector<std::string> command = {torchrun, "--no-python", "--standalone", "--nproc-per-node", "2"};
  for (const std::string& word : testing::this_program("DISABLED_Ranks")) command.push_back(word);
  Child run(command, {{"OMP_NUM_THREADS", "1"}});
  EXPECT_EQ(run.wait(kPatience), 0) << run.output();
  EXPECT_NE(run.output().find("PASSED"), std::string::npos) << run.output();
}

TEST(ProcessGroup, ARankThatEndsIsAnErrorOfTheOther) {
  SKIP_WITHOUT_GLOO();
  const int port = testing::free_port();
  Child zero(testing::this_program("DISABLED_LostRank"), testing::rank_variables(0, 2, port));
  Child one(testing::this_program("DISABLED_LostRank"), testing::rank_variables(1, 2, port));
  EXPECT_EQ(one.wait(kPatience), 7) << one.output();
  EXPECT_EQ(zero.wait(kPatience), 0) << zero.output();
}

TEST(ProcessGroup, ARankThatNobodyMeetsSaysWhere) {
  SKIP_WITHOUT_GLOO();
  auto variables = testing::rank_variables(1, 2, testing::free_port());
  variables["C2C_DIST_TIMEOUT"] = "2";
  Child alone(testing::this_program("DISABLED_Ranks"), variables);
  EXPECT_EQ(alone.wait(kPatience), 1);
  EXPECT_NE(alone.output().find("rank 1 of 2"), std::string::npos) << alone.output();
  EXPECT_NE(alone.output().find("127.0.0.1:" + variables["MASTER_PORT"]), std::string::npos) << alone.output();
}

// Environment of this process, put back after the test.
class LaunchVariables : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}) {
      const char* value = std::getenv(name);
      before_.emplace_back(name, value == nullptr ? std::nullopt : std::optional<std::string>(value));
      unsetenv(name);
    }
  }
  void TearDown() override {
    for (const auto& [name, value] : before_) value ? setenv(name, value->c_str(), 1) : unsetenv(name);
  }
  // The message's "where" of the error, or "" where there was none.
  static std::string error_of(const testing::Variables& variables) {
    for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
    try {
      make_process_group(at::kCPU);
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2) << error.what();
      return error.info().where;
    }
    return {};
  }

 private:
  std::vector<std::pair<const char*, std::optional<std::string>>> before_;
};

TEST_F(LaunchVariables, NoneMakeASingleProcess) {
  for (const char* size : {"", "1"}) {
    setenv("WORLD_SIZE", size, 1);
    const auto group = make_process_group(at::kCPU);
    EXPECT_EQ(group->name(), "single");
    EXPECT_EQ(group->world_size(), 1);
    at::Tensor tensor = at::ones({3});
    group->all_reduce_sum(tensor);
    group->broadcast(tensor, 0);
    group->barrier();
    reduce_flat(*group, {tensor});
    require_same(*group, "the recipe", "text");
    EXPECT_TRUE(tensor.eq(1).all().item<bool>());
    EXPECT_EQ(group->gather_strings("mine"), (std::vector<std::string>{"mine"}));
  }
}

TEST_F(LaunchVariables, ThatAreWrongAreNamed) {
  EXPECT_EQ(error_of({{"WORLD_SIZE", "two"}}), "environment variable WORLD_SIZE");
  EXPECT_EQ(error_of({{"WORLD_SIZE", "0"}}), "environment variable WORLD_SIZE");
  EXPECT_EQ(error_of({{"WORLD_SIZE", "2"}}), "environment variable RANK");
  EXPECT_EQ(error_of({{"RANK", "2"}}), "environment variable RANK");
  EXPECT_EQ(error_of({{"RANK", "1"}}), "environment variable MASTER_ADDR");
  EXPECT_EQ(error_of({{"MASTER_ADDR", "127.0.0.1"}}), "environment variable MASTER_PORT");
  EXPECT_EQ(error_of({{"MASTER_PORT", "65536"}}), "environment variable MASTER_PORT");
  if (has_gloo()) return;
  EXPECT_EQ(error_of({{"MASTER_PORT", "29500"}}), "environment variable WORLD_SIZE");
}

}  // namespace
}  // namespace c2c
