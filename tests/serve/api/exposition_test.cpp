#include "c2c/serve/api/exposition.h"

#include <gtest/gtest.h>

#include <limits>

namespace c2c::api {
namespace {

TEST(Exposition, NamesComeOnceAndLabelsAreEscaped) {
  Exposition out;
  out.begin("a:b", Exposition::Kind::kGauge, "What\nit \\ is \"here\".");
  out.value({}, 1.5);
  out.value({{"x", "q\"\\\n"}, {"y", "z"}}, std::numeric_limits<double>::infinity());
  EXPECT_EQ(out.take(), std::string("# HELP a:b What\\nit \\\\ is \"here\".\n# TYPE a:b gauge\na:b 1.5\n"
                                    "a:b{x=\"q\\\"\\\\\\n\",y=\"z\"} +Inf\n"));
}

TEST(Exposition, CountersAddUpByLabels) {
  Counter counter("n_total", "N.");
  counter.add({{"a", "1"}});
  counter.add({{"a", "1"}}, 2);
  counter.add({{"a", "2"}});
  EXPECT_EQ(counter.read({{"a", "1"}}), 3);
  Exposition out;
  counter.write(out);
  EXPECT_EQ(out.take(),
            std::string("# HELP n_total N.\n# TYPE n_total counter\nn_total{a=\"1\"} 3\nn_total{a=\"2\"} 1\n"));
}

TEST(Exposition, BucketsAreCumulativeAndEndAtInfinity) {
  Histogram histogram("h", "H.", {0.1, 1});
  for (const double value : {0.05, 0.1, 0.5, 7.0}) histogram.observe({{"m", "x"}}, value);
  Exposition out;
  histogram.write(out);
  EXPECT_EQ(
      out.take(),
      std::string("# HELP h H.\n# TYPE h histogram\nh_bucket{m=\"x\",le=\"0.1\"} 2\nh_bucket{m=\"x\",le=\"1\"} 3\n"
                  "h_bucket{m=\"x\",le=\"+Inf\"} 4\nh_sum{m=\"x\"} 7.65\nh_count{m=\"x\"} 4\n"));
}

}  // namespace
}  // namespace c2c::api
