#include "c2c/serve/api/api_keys.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "c2c/base/error.h"

namespace c2c::api {
namespace {

namespace fs = std::filesystem;

TEST(ApiKeys, OneOfSeveralIsFound) {
  const ApiKeys keys({"alpha", "beta"});
  EXPECT_EQ(keys.find("Bearer alpha"), 0u);
  EXPECT_EQ(keys.find("bearer beta"), 1u);
  for (const char* wrong : {"", "alpha", "Bearer", "Bearer ", "Bearer alph", "Bearer alphaa", "Bearer gamma",
                            "Basic alpha", "Bearer alpha beta", "Bearer alphaalpha"})
    EXPECT_FALSE(keys.find(wrong)) << wrong;
  EXPECT_FALSE(keys.is_open());
  EXPECT_TRUE(ApiKeys().is_open());
}

TEST(ApiKeys, EqualMeansEqual) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_TRUE(equal_in_constant_time("", ""));
  for (const auto& [a, b] : std::vector<std::pair<const char*, const char*>>{
           {"abc", "abd"}, {"abc", "ab"}, {"ab", "abc"}, {"abab", "ab"}, {"", "a"}, {"a", ""}})
    EXPECT_FALSE(equal_in_constant_time(a, b)) << a << " " << b;
}

TEST(ApiKeys, AFileHoldsOneALine) {
  const fs::path path = fs::temp_directory_path() / ("c2c_keys_" + std::to_string(::getpid()));
  std::ofstream(path) << "# who\nalpha\r\n\nbeta  \n";
  EXPECT_EQ(read_key_file(path), (std::vector<std::string>{"alpha", "beta"}));
  std::ofstream(path) << "# nobody\n";
  EXPECT_THROW(read_key_file(path), Error);
  fs::remove(path);
  EXPECT_THROW(read_key_file(path), Error);
}

TEST(ApiKeys, AKeyIsOneWordAndNeverSaid) {
  try {
    ApiKeys({"sec ret"});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("sec"), std::string::npos);
  }
}

}  // namespace
}  // namespace c2c::api
