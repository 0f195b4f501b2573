#include "c2c/eval/results/svg.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <vector>

namespace c2c::svg {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

int count_of(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

// Value of an attribute in the n-th element that starts with `element`.
double attribute(const std::string& text, const std::string& element, const std::string& name, int n = 0) {
  std::size_t at = 0;
  for (int i = 0; i <= n; ++i) at = text.find(element, i == 0 ? 0 : at + 1);
  if (at == std::string::npos) return kNan;
  const std::size_t value = text.find(" " + name + "=\"", at);
  return value == std::string::npos ? kNan : std::strtod(text.c_str() + value + name.size() + 3, nullptr);
}

// Elements close in the order in which they open, and nothing says nan or inf.
void expect_sound(const std::string& text) {
  std::vector<std::string> open;
  for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at + 1)) {
    const std::size_t end = text.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = text.substr(at + 1, end - at - 1);
    if (tag[0] == '/') {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ(open.back(), tag.substr(1));
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
  }
  EXPECT_TRUE(open.empty());
  EXPECT_EQ(text.find("\"nan"), std::string::npos);
  EXPECT_EQ(text.find("\"inf"), std::string::npos);
  EXPECT_EQ(text.find("\"-nan"), std::string::npos);
}

TEST(Svg, EscapesWhatWouldEndAnElementOrAttribute) {
  EXPECT_EQ(escape("<a href=\"x\">'&'\x01\xff</a>"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;\xef\xbf\xbd\xef\xbf\xbd&lt;/a&gt;");
}

TEST(Svg, BarsAreAsLongAsTheirValues) {
  const std::vector<Bar> bars = {
      {"one <b>", 0.25, Interval{0.2, 0.3}, 0}, {"two", 0.5, std::nullopt, 1}, {"not", kNan}};
  const std::string chart = bar_chart(bars, {.title = "Accuracy", .width = 360, .x_range = Interval{0, 1}});
  expect_sound(chart);
  EXPECT_EQ(count_of(chart, "<rect"), 2);
  EXPECT_EQ(count_of(chart, "whisker"), 1);
  EXPECT_NEAR(attribute(chart, "<rect", "width", 1), 2 * attribute(chart, "<rect", "width", 0), 0.02);
  EXPECT_NE(chart.find("one &lt;b&gt;"), std::string::npos);
  EXPECT_EQ(chart.find("<b>"), std::string::npos);
}

TEST(Svg, LinesBreakAtWhatIsNotKnown) {
  const Series series{"a", {1, 2, 3, 4, 5}, {1, 2, kNan, 4, 5}, {}};
  const std::string chart = line_chart(std::vector<Series>{series}, {.x_label = "x", .y_label = "y"});
  expect_sound(chart);
  EXPECT_EQ(count_of(chart, "<circle"), 4);
  const std::size_t at = chart.find(" d=\"");
  const std::string path = chart.substr(at, chart.find('"', at + 4) - at);
  EXPECT_EQ(count_of(path, "M"), 2);
  EXPECT_EQ(count_of(path, "L"), 2);
  EXPECT_LT(attribute(chart, "<circle", "cx", 0), attribute(chart, "<circle", "cx", 1));
  EXPECT_GT(attribute(chart, "<circle", "cy", 0), attribute(chart, "<circle", "cy", 1)) << "up is more";
}

TEST(Svg, LogarithmicAxis) {
  const Series series{"a", {0.1, 1, 10, 0, -3}, {1, 2, 3, 4, 5}, {}};
  const std::string chart = line_chart(std::vector<Series>{series, {"b", {1}, {1}, {{0, 2}}}}, {.log_x = true});
  expect_sound(chart);
  const double first = attribute(chart, "<circle", "cx", 0), second = attribute(chart, "<circle", "cx", 1),
               third = attribute(chart, "<circle", "cx", 2);
  EXPECT_NEAR(second - first, third - second, 0.02);
  EXPECT_EQ(count_of(chart, "<circle"), 4);
}

TEST(Svg, HistogramCountsEveryValueOnce) {
  const std::vector<double> values = {0, 0.1, 0.1, 0.5, 1.0, kNan, 7};
  const std::string chart = histogram(values, 10, {.x_range = Interval{0, 1}});
  expect_sound(chart);
  EXPECT_EQ(count_of(chart, "<title>1</title>"), 3);  // 0, 0.5, and 1.0 in the last bin
  EXPECT_EQ(count_of(chart, "<title>2</title>"), 1);
  EXPECT_EQ(count_of(chart, "<rect"), 4);
}

TEST(Svg, VennHasAllRegions) {
  const std::string chart = venn_chart({"C2C", "receiver & co", "sharer"}, {1, 2, 3, 4, 5, 6, 7, 8});
  expect_sound(chart);
  for (int mask = 0; mask < 8; ++mask) {
    EXPECT_EQ(count_of(chart, "data-region=\"" + std::to_string(mask) + "\""), 1);
    const std::size_t at = chart.find("data-count=\"" + std::to_string(mask) + "\"");
    const std::size_t text = chart.find('>', at) + 1;
    EXPECT_EQ(chart.substr(text, chart.find('<', text) - text), std::to_string(mask + 1));
  }
  EXPECT_NE(chart.find("receiver &amp; co"), std::string::npos);
}

TEST(Svg, JoinsEndWhereThePointsStand) {
  const std::vector<Series> series = {{"before", {0, 1}, {0, 1}, {}}, {"after", {2, 3}, {1, 0}, {}}};
  const std::vector<Join> joins = {{0, 0, 2, 1, 1}, {1, kNan, 3, 0, 1}};
  const std::string chart = scatter_chart(series, {.title = "t"}, joins);
  expect_sound(chart);
  EXPECT_EQ(count_of(chart, "<path"), 1) << "what is not finite is left out";
  const auto text = [](double value) {
    std::string number = std::to_string(value);
    number.erase(number.find_last_not_of('0') + 1);
    return number.ends_with('.') ? number.substr(0, number.size() - 1) : number;
  };
  // Circles in order: before 0, before 1, after 0, after 1.
  EXPECT_NE(chart.find("d=\"M" + text(attribute(chart, "<circle", "cx", 0)) + " " +
                       text(attribute(chart, "<circle", "cy", 0)) + "L" + text(attribute(chart, "<circle", "cx", 2)) +
                       " " + text(attribute(chart, "<circle", "cy", 2)) + "\""),
            std::string::npos)
      << chart;
  EXPECT_EQ(count_of(scatter_chart(series, {}), "<path"), 0);
}

TEST(Svg, NothingToDrawIsAnEmptyPlane) {
  expect_sound(line_chart({}, {}));
  expect_sound(line_chart({}, {.log_x = true}));
  expect_sound(scatter_chart(std::vector<Series>{{"a", {kNan}, {1}, {}}, {"b", {2}, {2}, {}}}, {.title = "t"}));
  expect_sound(histogram({}, 5, {}));
  expect_sound(histogram(std::vector<double>{3, 3, 3}, 5, {}));
  expect_sound(bar_chart({}, {}));
}

}  // namespace
}  // namespace c2c::svg
