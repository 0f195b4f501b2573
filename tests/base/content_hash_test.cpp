#include "c2c/base/content_hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace c2c {
namespace {

std::string hash_of(const std::vector<std::string>& items) {
  ContentHash hash;
  for (const std::string& item : items) hash.add(std::string_view(item));
  return hash.hex();
}

TEST(ContentHash, TellsContentsApartAndNothingElse) {
  EXPECT_EQ(hash_of({"abc"}), hash_of({"abc"}));
  EXPECT_EQ(hash_of({"abc"}).size(), 32u);
  std::set<std::string> seen;
  for (const std::vector<std::string>& items : {std::vector<std::string>{},
                                                {""},
                                                {"", ""},
                                                {"a"},
                                                {"ab", "c"},
                                                {"a", "bc"},
                                                {"abc"},
                                                {std::string(3, '\0')},
                                                {std::string(4, '\0')},
                                                {std::string(64, '\0')},
                                                {std::string(65, '\0')}})
    EXPECT_TRUE(seen.insert(hash_of(items)).second);
}

TEST(ContentHash, EveryBitOfALongItemCounts) {
  const std::string text(200, 'x');
  std::set<std::string> seen{hash_of({text})};
  for (std::size_t i = 0; i < text.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      EXPECT_TRUE(seen.insert(hash_of({changed})).second) << i << " " << bit;
    }
}

TEST(ContentHash, OrderOfStripesCounts) {
  const std::string a(32, 'a'), b(32, 'b');
  EXPECT_NE(hash_of({a + b}), hash_of({b + a}));
}

}  // namespace
}  // namespace c2c
