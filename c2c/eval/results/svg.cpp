#include "c2c/eval/results/svg.h"

#include <algorithm>
#include <cmath>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/eval/results/svg_frame.h"

namespace c2c::svg {

std::string escape(std::string_view text) {
  std::string safe;
  for (const char c : sanitize_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '"')
      safe += "&quot;";
    else if (c == '\'')
      safe += "&#39;";
    else if (byte < 32 && c != '\n' && c != '\t')
      safe += "\xef\xbf\xbd";  // XML has no other control characters, not even escaped
    else
      safe += c;
  }
  return safe;
}

namespace {

std::string legend(std::span<const Series> series, const Frame& frame) {
  if (series.size() < 2) return {};
  std::string text;
  double x = frame.left, y = frame.height - 12;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const double width = 26 + 7.0 * static_cast<double>(count_code_points(series[i].label));
    if (x + width > frame.width && x > frame.left) {
      x = frame.left;
      y += 16;
    }
    text += "<rect class=\"g" + group_name(i) + "\" x=\"" + coordinate(x) + "\" y=\"" + coordinate(y - 9) +
            "\" width=\"10\" height=\"10\" rx=\"2\" fill=\"" + group_colour(i) + "\"/>" +
            label(x + 15, y, series[i].label);
    x += width;
  }
  return text;
}

double legend_height(std::span<const Series> series, int width) {
  if (series.size() < 2) return 0;
  double rows = 1, x = 0;
  for (const Series& one : series) {
    const double needed = 26 + 7.0 * static_cast<double>(count_code_points(one.label));
    if (x + needed > width - 60 && x > 0) {
      x = 0;
      ++rows;
    }
    x += needed;
  }
  return 16 * rows + 6;
}

Frame frame_of(std::span<const Series> series, const Axes& axes) {
  Bounds x, y;
  for (const Series& one : series) {
    C2C_CHECK(one.x.size() == one.y.size() && (one.intervals.empty() || one.intervals.size() == one.x.size()),
              "a series has as many x as y, and no or as many intervals");
    for (std::size_t i = 0; i < one.x.size(); ++i) {
      if (!is_drawable(one, i, axes.log_x)) continue;
      x.add(one.x[i]);
      y.add(one.y[i]);
      if (!one.intervals.empty()) y.add(one.intervals[i].low), y.add(one.intervals[i].high);
    }
  }
  return Frame(axes, x, y, legend_height(series, axes.width));
}

std::string point(const Frame& frame, double x, double y, std::size_t group, double radius) {
  return "<circle class=\"g" + group_name(group) + "\" cx=\"" + coordinate(frame.x(x)) + "\" cy=\"" +
         coordinate(frame.y(y)) + "\" r=\"" + coordinate(radius) + "\" fill=\"" + group_colour(group) + "\"/>";
}

std::string lines_of(std::span<const Join> joins, const Frame& frame) {
  std::string text;
  for (const Join& join : joins) {
    if (!std::isfinite(join.x1) || !std::isfinite(join.y1) || !std::isfinite(join.x2) || !std::isfinite(join.y2))
      continue;
    text += "<path class=\"s" + group_name(join.group) + "\" d=\"M" + coordinate(frame.x(join.x1)) + " " +
            coordinate(frame.y(join.y1)) + "L" + coordinate(frame.x(join.x2)) + " " + coordinate(frame.y(join.y2)) +
            "\" stroke=\"" + group_colour(join.group) + "\"/>";
  }
  return text.empty() ? text : "<g fill=\"none\" stroke-width=\"0.7\" stroke-opacity=\"0.45\">" + text + "</g>";
}

}  // namespace

std::string line_chart(std::span<const Series> series, const Axes& axes) {
  const Frame frame = frame_of(series, axes);
  std::string body = frame.draw();
  for (std::size_t s = 0; s < series.size(); ++s) {
    const Series& one = series[s];
    std::string path, marks;
    bool pen_down = false;
    for (std::size_t i = 0; i < one.x.size(); ++i) {
      if (!is_drawable(one, i, axes.log_x)) {
        pen_down = false;  // a gap, not a line over what is not known
        continue;
      }
      const double x = frame.x(one.x[i]);
      path += (pen_down ? "L" : "M") + coordinate(x) + " " + coordinate(frame.y(one.y[i]));
      pen_down = true;
      if (!one.intervals.empty())
        marks += vertical_line(x, frame.y(one.intervals[i].low), frame.y(one.intervals[i].high), s);
      marks += point(frame, one.x[i], one.y[i], s, 3);
    }
    body += "<path class=\"s" + group_name(s) + "\" d=\"" + path + "\" fill=\"none\" stroke=\"" + group_colour(s) +
            "\" stroke-width=\"2\"" + (s >= 6 ? " stroke-dasharray=\"5 3\"" : "") + "/>" + marks;
  }
  return document(frame.width, frame.height, axes.title, body + legend(series, frame));
}

std::string scatter_chart(std::span<const Series> series, const Axes& axes, std::span<const Join> joins) {
  const Frame frame = frame_of(series, axes);
  std::string body = frame.draw() + lines_of(joins, frame);
  for (std::size_t s = 0; s < series.size(); ++s) {
    body += "<g fill-opacity=\"0.65\">";
    for (std::size_t i = 0; i < series[s].x.size(); ++i)
      if (is_drawable(series[s], i, axes.log_x)) body += point(frame, series[s].x[i], series[s].y[i], s, 2.5);
    body += "</g>";
  }
  return document(frame.width, frame.height, axes.title, body + legend(series, frame));
}

std::string histogram(std::span<const double> values, int bins, const Axes& axes) {
  C2C_CHECK(bins > 0 && bins <= 10000, "a histogram has 1 to 10,000 bins");
  Bounds x, y;
  y.add(0);
  for (const double value : values)
    if (std::isfinite(value)) x.add(value);
  if (axes.x_range) x = {axes.x_range->low, axes.x_range->high};
  x.widen();
  std::vector<std::int64_t> counts(static_cast<std::size_t>(bins), 0);
  for (const double value : values) {
    if (!std::isfinite(value) || value < x.low || value > x.high) continue;
    const auto bin = static_cast<std::size_t>((value - x.low) / (x.high - x.low) * bins);
    ++counts[std::min(bin, counts.size() - 1)];  // the last bin holds its upper end
  }
  for (const std::int64_t count : counts) y.add(static_cast<double>(count));
  const Frame frame(axes, x, y, 0);
  std::string body = frame.draw();
  const double step = (x.high - x.low) / bins;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const double left = frame.x(x.low + step * static_cast<double>(i)),
                 right = frame.x(x.low + step * static_cast<double>(i + 1));
    const double top = frame.y(static_cast<double>(counts[i]));
    body += "<rect class=\"g1\" x=\"" + coordinate(left + 0.5) + "\" y=\"" + coordinate(top) + "\" width=\"" +
            coordinate(std::max(0.5, right - left - 1)) + "\" height=\"" + coordinate(frame.y(0) - top) + "\" fill=\"" +
            group_colour(1) + "\"><title>" + std::to_string(counts[i]) + "</title></rect>";
  }
  return document(frame.width, frame.height, axes.title, body);
}

std::string bar_chart(std::span<const Bar> bars, const Axes& axes) {
  Bounds range;
  range.add(0);
  for (const Bar& bar : bars) {
    if (!std::isfinite(bar.value)) continue;
    range.add(bar.value);
    if (bar.interval) range.add(bar.interval->low), range.add(bar.interval->high);
  }
  if (axes.x_range) range = {axes.x_range->low, axes.x_range->high};
  range.widen();
  // The label stands above its bar, so that long names fit on a phone.
  const double top = axes.title.empty() ? 4 : 28, row = 38, left = 2, right = axes.width - 54.0;
  const auto place = [&](double value) {
    return left + (std::clamp(value, range.low, range.high) - range.low) / (range.high - range.low) * (right - left);
  };
  std::string body = axes.title.empty() ? "" : heading(left, 16, axes.title);
  double y = top;
  for (const Bar& bar : bars) {
    if (!std::isfinite(bar.value)) continue;
    const auto group = static_cast<std::size_t>(std::max(0, bar.group));
    const double from = std::min(place(0), place(bar.value)), to = std::max(place(0), place(bar.value));
    body += label(left, y + 11, bar.label);
    body += "<rect class=\"g" + group_name(group) + "\" x=\"" + coordinate(from) + "\" y=\"" + coordinate(y + 16) +
            "\" width=\"" + coordinate(std::max(1.0, to - from)) + "\" height=\"14\" rx=\"2\" fill=\"" +
            group_colour(group) + "\"/>";
    double end = to;
    if (bar.interval) {
      const double low = place(bar.interval->low), high = place(bar.interval->high);
      body += whisker(low, high, y + 23);
      end = std::max(end, high);
    }
    body += label(end + 6, y + 27, bar.text.empty() ? tick_text(bar.value) : bar.text, "value");
    y += row;
  }
  if (!axes.x_label.empty()) {
    body += label(left, y + 12, axes.x_label, "axis");
    y += 18;
  }
  return document(axes.width, y + 4, axes.title, body);
}

}  // namespace c2c::svg
