#!/usr/bin/env python3
"""check_sizes.py sees functions of every shape, and nothing that is none."""
import unittest

import check_sizes

SOURCE = '''
namespace c2c {
// } a brace in a comment, and (parentheses) {
#define MACRO(x) \\
  do { x; } while (false)
struct Config { int a{1}; };
const char* kText = R"(void raw() {)";
int Reader::next(std::map<int, int> seen, int count = max(1, 2)) const {
  for (int i = 0; i < 1'000; ++i) { use('{', "}"); }
  auto local = [&](int a, int b) {
    return a + b;
  };
  return 0;
}
TEST(Suite, Name) {
}
Reader::Reader() : size_(1), name_("x") {
}
}  // namespace c2c
'''


class CheckSizes(unittest.TestCase):
    def test_functions(self):
        found = [(name, last - first + 1, count) for name, first, last, count in check_sizes.functions(SOURCE)]
        self.assertEqual(found, [("Reader::next", 7, 2), ("TEST", 2, 2), ("Reader::Reader", 2, 0)])

    def test_a_long_function_is_seen(self):
        body = "void f(int a, int b, int c, int d, int e, int f, int g) {\n" + "  x();\n" * 60 + "}\n"
        (name, first, last, count), = check_sizes.functions(body)
        self.assertGreater(last - first + 1, check_sizes.MAX_FUNCTION)
        self.assertGreater(count, check_sizes.MAX_PARAMETERS)


if __name__ == "__main__":
    unittest.main()
