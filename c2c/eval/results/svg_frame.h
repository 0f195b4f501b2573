// The parts that charts share: the plane with its axes, and small elements.
#pragma once
#include <string>
#include <string_view>

#include "c2c/eval/results/svg.h"

namespace c2c::svg {

struct Bounds {
  double low = 1, high = 0;  // low > high: nothing added
  void add(double value);
  void widen();  // to something that has a width
};

bool is_drawable(const Series& series, std::size_t point, bool log_x);

std::string coordinate(double value);         // two decimals at most
std::string tick_text(double value);          // four digits at most
std::string group_name(std::size_t group);    // "0" to "5"
const char* group_colour(std::size_t group);  // where no style sheet says another
std::string label(double x, double y, std::string_view text, const char* kind = "label");
std::string heading(double x, double y, std::string_view text);
std::string vertical_line(double x, double from, double to, std::size_t group);
std::string whisker(double from, double to, double y);  // an interval over a horizontal bar
std::string document(double width, double height, std::string_view title, std::string_view body);

// Axes, grid and the map from values to pixels.
class Frame {
 public:
  Frame(const Axes& axes, Bounds x, Bounds y, double below);
  double x(double value) const;
  double y(double value) const;
  std::string draw() const;

  double width, height, left, right, top, bottom;

 private:
  std::string draw_x() const;
  std::string draw_y() const;
  Axes axes_;
  Bounds x_, y_;
};

}  // namespace c2c::svg
