#include "c2c/eval/results/svg.h"
#include "c2c/eval/results/svg_frame.h"

namespace c2c::svg {

namespace {

struct Place {
  double x, y;
};

constexpr double kRadius = 86;
constexpr std::array<Place, 3> kCentres = {{{128, 118}, {232, 118}, {180, 206}}};
constexpr std::array<Place, 8> kCounts = {
    {{326, 292}, {92, 100}, {268, 100}, {180, 88}, {180, 252}, {128, 172}, {232, 172}, {180, 148}}};
constexpr std::array<Place, 3> kLabels = {{{60, 22}, {300, 22}, {180, 314}}};

std::string circle(unsigned i, const char* attributes) {
  return "<circle cx=\"" + coordinate(kCentres[i].x) + "\" cy=\"" + coordinate(kCentres[i].y) + "\" r=\"" +
         coordinate(kRadius) + "\" " + attributes + "/>";
}

// Inside of a circle, and the plane without it: regions are what is left after one of them for each system. Unlike a
// mask, a clip path also keeps clicks out.
std::string clips() {
  std::string text = "<defs>";
  for (unsigned i = 0; i < 3; ++i) {
    const double x = kCentres[i].x, y = kCentres[i].y;
    const std::string arc = "a" + coordinate(kRadius) + " " + coordinate(kRadius) + " 0 1 0 ";
    text += "<clipPath id=\"venn-in-" + std::to_string(i) + "\">" + circle(i, "") + "</clipPath>";
    text += "<clipPath id=\"venn-out-" + std::to_string(i) + "\"><path clip-rule=\"evenodd\" d=\"M0 0H360V324H0ZM" +
            coordinate(x - kRadius) + " " + coordinate(y) + arc + coordinate(2 * kRadius) + " 0" + arc +
            coordinate(-2 * kRadius) + " 0Z\"/></clipPath>";
  }
  return text + "</defs>";
}

std::string region(unsigned mask) {
  std::string open, close;
  for (unsigned i = 0; i < 3; ++i) {
    open +=
        std::string("<g clip-path=\"url(#venn-") + ((mask >> i & 1) != 0 ? "in-" : "out-") + std::to_string(i) + ")\">";
    close += "</g>";
  }
  // One colour, stronger where more systems are right.
  static constexpr std::array<const char*, 4> kStrength = {"0.04", "0.14", "0.3", "0.5"};
  const unsigned systems = (mask & 1) + (mask >> 1 & 1) + (mask >> 2 & 1);
  return open + "<rect class=\"region\" data-region=\"" + std::to_string(mask) +
         "\" width=\"360\" height=\"324\" fill=\"" + (mask == 0 ? group_colour(0) : group_colour(1)) +
         "\" fill-opacity=\"" + kStrength[systems] + "\"/>" + close;
}

std::string centred(const Place& place, std::string_view text, const std::string& attributes) {
  return "<text x=\"" + coordinate(place.x) + "\" y=\"" + coordinate(place.y) + "\" text-anchor=\"middle\" " +
         attributes + ">" + escape(text) + "</text>";
}

}  // namespace

std::string venn_chart(const std::array<std::string, 3>& labels, const std::array<std::int64_t, 8>& counts,
                       const std::string& title) {
  std::string body = clips();
  for (unsigned mask = 0; mask < 8; ++mask) body += region(mask);
  for (unsigned i = 0; i < 3; ++i)
    body += circle(
        i, "class=\"outline\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.5\" pointer-events=\"none\"");
  for (unsigned mask = 0; mask < 8; ++mask)
    body +=
        centred({kCounts[mask].x, kCounts[mask].y + 5}, std::to_string(counts[mask]),
                "class=\"count\" data-count=\"" + std::to_string(mask) + "\" font-size=\"15\" pointer-events=\"none\"");
  for (unsigned i = 0; i < 3; ++i)
    body +=
        centred(kLabels[i], labels[i],
                "class=\"label\" data-label=\"" + std::to_string(i) + "\" font-weight=\"600\" pointer-events=\"none\"");
  return document(360, 324, title, body);
}

}  // namespace c2c::svg
