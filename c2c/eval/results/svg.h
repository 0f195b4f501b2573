// Charts as SVG texts: what `c2c analyze` and the report draw. Colours and fonts come from CSS classes with sensible
// fallbacks, so that a chart in a page follows its theme and a file of its own looks right as well.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/eval/results/statistics.h"

namespace c2c::svg {

struct Axes {
  std::string title, x_label, y_label;
  int width = 640, height = 360;  // pixels; the chart scales to its place
  bool log_x = false;
  std::optional<Interval> x_range, y_range;  // none: as the values need
};

struct Bar {
  std::string label;
  double value = 0;
  std::optional<Interval> interval;
  int group = 0;     // colour
  std::string text;  // beside the bar; empty: the value
};
struct Series {
  std::string label;
  std::vector<double> x, y;         // same length
  std::vector<Interval> intervals;  // empty, or one for each point
};

// Values that are not finite are left out. Texts are escaped.
std::string bar_chart(std::span<const Bar> bars, const Axes& axes);
std::string line_chart(std::span<const Series> series, const Axes& axes);
// `joins`: thin lines below the points, in the colour of `group`.
struct Join {
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  std::size_t group = 0;
};
std::string scatter_chart(std::span<const Series> series, const Axes& axes, std::span<const Join> joins = {});
std::string histogram(std::span<const double> values, int bins, const Axes& axes);
// Counts by mask, as Venn::regions; each region has the attribute data-region with its mask, so that scripts find it.
std::string venn_chart(const std::array<std::string, 3>& labels, const std::array<std::int64_t, 8>& counts,
                       const std::string& title = {});

std::string escape(std::string_view text);  // for XML and HTML, attributes included; invalid UTF-8 becomes U+FFFD

}  // namespace c2c::svg
