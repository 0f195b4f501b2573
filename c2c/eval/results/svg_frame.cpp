#include "c2c/eval/results/svg_frame.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace c2c::svg {

namespace {

// Grey, the accent, a pale accent, then others for charts with more lines; all readable on white and on near-black.
constexpr std::array<const char*, 6> kColours = {"#8a8f98", "#2f6fde", "#a9c4f2", "#c2711c", "#3c9a6a", "#8d63c4"};

// 1, 2 or 5 times a power of ten, for about `count` steps.
double nice_step(double range, int count) {
  const double raw = range / count, power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (raw <= factor * power * 1.0001) return factor * power;
  return 10 * power;
}

std::vector<double> ticks_of(double low, double high, int count) {
  const double step = nice_step(high - low, count);
  std::vector<double> ticks;
  for (int i = 0; i < 50; ++i) {
    const double tick = (std::ceil(low / step - 1e-9) + i) * step;
    if (tick > high + step * 1e-9) break;
    ticks.push_back(std::abs(tick) < step * 1e-9 ? 0 : tick);
  }
  return ticks;
}

std::vector<double> log_ticks(double low, double high) {
  std::vector<double> ticks;
  const bool few = high / low < 300;
  for (double power = std::pow(10, std::floor(std::log10(low))); power <= high && ticks.size() < 50; power *= 10)
    for (const double factor : {1.0, 2.0, 5.0})
      if ((factor == 1 || few) && power * factor >= low * 0.999 && power * factor <= high * 1.001)
        ticks.push_back(power * factor);
  return ticks;
}

std::string line(double x1, double y1, double x2, double y2, const char* kind) {
  return std::string("<line class=\"") + kind + "\" x1=\"" + coordinate(x1) + "\" y1=\"" + coordinate(y1) + "\" x2=\"" +
         coordinate(x2) + "\" y2=\"" + coordinate(y2) + "\" stroke=\"#8a8f98\" stroke-opacity=\"" +
         (std::string_view(kind) == "grid" ? "0.25" : "0.8") + "\"/>";
}

std::string anchored(double x, double y, std::string_view text, const char* anchor, const char* more = "") {
  return "<text class=\"axis\" x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" text-anchor=\"" + anchor + "\"" +
         more + ">" + escape(text) + "</text>";
}

}  // namespace

void Bounds::add(double value) {
  if (low > high) {
    low = high = value;
    return;
  }
  low = std::min(low, value);
  high = std::max(high, value);
}

void Bounds::widen() {
  if (low > high) *this = {0, 1};
  if (high - low > 1e-12 * std::max(std::abs(low), std::abs(high))) return;
  const double by = std::max(0.5, std::abs(low) * 0.1);
  low -= by;
  high += by;
}

bool is_drawable(const Series& series, std::size_t i, bool log_x) {
  const bool good = std::isfinite(series.x[i]) && std::isfinite(series.y[i]) && (!log_x || series.x[i] > 0);
  if (!good || series.intervals.empty()) return good;
  return std::isfinite(series.intervals[i].low) && std::isfinite(series.intervals[i].high);
}

std::string coordinate(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.2f", std::clamp(value, -1e6, 1e6));
  std::string trimmed = text;
  while (trimmed.ends_with('0')) trimmed.pop_back();
  if (trimmed.ends_with('.')) trimmed.pop_back();
  return trimmed == "-0" ? "0" : trimmed;
}

std::string tick_text(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string group_name(std::size_t group) {
  return std::to_string(group % kColours.size());
}
const char* group_colour(std::size_t group) {
  return kColours[group % kColours.size()];
}

std::string label(double x, double y, std::string_view text, const char* kind) {
  return std::string("<text class=\"") + kind + "\" x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\">" +
         escape(text) + "</text>";
}

std::string heading(double x, double y, std::string_view text) {
  return "<text class=\"title\" font-weight=\"600\" x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\">" +
         escape(text) + "</text>";
}

std::string vertical_line(double x, double from, double to, std::size_t group) {
  return "<line class=\"s" + group_name(group) + "\" x1=\"" + coordinate(x) + "\" y1=\"" + coordinate(from) +
         "\" x2=\"" + coordinate(x) + "\" y2=\"" + coordinate(to) + "\" stroke=\"" + group_colour(group) +
         "\" stroke-opacity=\"0.6\"/>";
}

std::string whisker(double from, double to, double y) {
  return "<path class=\"whisker\" d=\"M" + coordinate(from) + " " + coordinate(y - 4) + "v8m0 -4H" + coordinate(to) +
         "m0 -4v8\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.5\" stroke-opacity=\"0.75\"/>";
}

std::string document(double width, double height, std::string_view title, std::string_view body) {
  std::string text = "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 " + coordinate(width) +
                     " " + coordinate(height) + "\" width=\"" + coordinate(width) + "\" height=\"" +
                     coordinate(height) +
                     "\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"currentColor\">";
  if (!title.empty()) text += "<title>" + escape(title) + "</title>";
  return text.append(body).append("</svg>");
}

Frame::Frame(const Axes& axes, Bounds x, Bounds y, double below)
    : width(axes.width), height(axes.height), left(52), right(axes.width - 14.0), axes_(axes), x_(x), y_(y) {
  top = axes.title.empty() ? 12 : 32;
  bottom = height - 28 - (axes.x_label.empty() ? 0 : 16) - below;
  if (!axes.y_label.empty()) top += 14;
  const bool y_from_zero = y_.low == 0;
  if (axes.x_range) x_ = {axes.x_range->low, axes.x_range->high};
  if (axes.y_range) y_ = {axes.y_range->low, axes.y_range->high};
  x_.widen();
  y_.widen();
  if (axes_.log_x && x_.low <= 0) x_ = {1, 10};  // nothing that can be drawn
  if (axes.y_range) return;
  const double room = (y_.high - y_.low) * 0.06;
  y_.high += room;
  if (!y_from_zero) y_.low -= room;
}

double Frame::x(double value) const {
  const auto scaled = [this](double v) { return axes_.log_x ? std::log10(v) : v; };
  return left + (scaled(value) - scaled(x_.low)) / (scaled(x_.high) - scaled(x_.low)) * (right - left);
}

double Frame::y(double value) const {
  return bottom - (value - y_.low) / (y_.high - y_.low) * (bottom - top);
}

std::string Frame::draw_x() const {
  std::string text;
  for (const double tick : axes_.log_x ? log_ticks(x_.low, x_.high) : ticks_of(x_.low, x_.high, width < 420 ? 4 : 7))
    text +=
        line(x(tick), bottom, x(tick), bottom + 4, "axis") + anchored(x(tick), bottom + 17, tick_text(tick), "middle");
  if (!axes_.x_label.empty()) text += anchored((left + right) / 2, bottom + 35, axes_.x_label, "middle");
  return text;
}

std::string Frame::draw_y() const {
  std::string text;
  for (const double tick : ticks_of(y_.low, y_.high, 5))
    text += line(left, y(tick), right, y(tick), "grid") + anchored(left - 6, y(tick) + 4, tick_text(tick), "end");
  if (!axes_.y_label.empty()) text += anchored(2, top - 8, axes_.y_label, "start");
  return text;
}

std::string Frame::draw() const {
  return (axes_.title.empty() ? "" : heading(2, 16, axes_.title)) + draw_y() + draw_x() +
         line(left, bottom, right, bottom, "axis");
}

}  // namespace c2c::svg
