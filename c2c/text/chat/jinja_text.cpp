#include "c2c/text/chat/jinja_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstring>

#include "c2c/base/utf8.h"

namespace c2c::jinja {
namespace {

utf8proc_category_t category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Byte position of the character that ends before `end`.
std::size_t previous_position(std::string_view text, std::size_t end) {
  std::size_t at = end - 1;
  for (int back = 0; back < 3 && at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; ++back) --at;
  // A valid character, or else a lone byte: an invalid subpart is then cut byte by byte, which strips nothing anyway.
  return decode_code_point(text, at).size == end - at ? at : end - 1;
}

bool is_line_break(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

// Runs of non-space as byte ranges.
std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  std::size_t begin = std::string_view::npos;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = decode_code_point(text, i);
    if (c.valid && is_space(c.value)) {
      if (begin != std::string_view::npos) found.push_back(text.substr(begin, i - begin));
      begin = std::string_view::npos;
    } else if (begin == std::string_view::npos) {
      begin = i;
    }
    i += c.size;
  }
  if (begin != std::string_view::npos) found.push_back(text.substr(begin));
  return found;
}

}  // namespace

bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_word(char32_t c) {
  if (c < 0x80) return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const auto cat = category(c);
  return cat >= UTF8PROC_CATEGORY_LU && cat <= UTF8PROC_CATEGORY_NO && c != kReplacementCharacter;
}

bool is_printable(char32_t c) {
  if (c < 0x80) return c >= 0x20 && c != 0x7F;
  switch (category(c)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    default:
      return true;
  }
}

std::size_t count_characters(std::string_view text) {
  return is_ascii(text) ? text.size() : count_code_points(text);
}

std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = decode_code_point(text, i).size;
    out.push_back(text.substr(i, size));
    i += size;
  }
  return out;
}

std::string_view sub_text(std::string_view text, std::size_t begin, std::size_t end) {
  if (end <= begin) return {};
  if (is_ascii(text)) return begin >= text.size() ? std::string_view{} : text.substr(begin, end - begin);
  std::size_t at = 0, count = 0;
  for (; at < text.size() && count < begin; ++count) at += decode_code_point(text, at).size;
  const std::size_t first = at;
  for (; at < text.size() && count < end; ++count) at += decode_code_point(text, at).size;
  return text.substr(first, at - first);
}

std::string slice_text(std::string_view text, std::optional<std::int64_t> start, std::optional<std::int64_t> stop,
                       std::int64_t step) {
  const auto size = static_cast<std::int64_t>(count_characters(text));
  const SliceRange range = resolve_slice(size, start, stop, step);
  if (step == 1)
    return std::string(
        sub_text(text, static_cast<std::size_t>(range.start), static_cast<std::size_t>(range.start + range.count)));
  const auto all = characters(text);
  std::string out;
  for (std::int64_t i = 0, at = range.start; i < range.count; ++i, at += i < range.count ? step : 0)
    out += all[static_cast<std::size_t>(at)];
  return out;
}

SliceRange resolve_slice(std::int64_t size, std::optional<std::int64_t> start, std::optional<std::int64_t> stop,
                         std::int64_t step) {
  const std::int64_t low = step < 0 ? -1 : 0, high = step < 0 ? size - 1 : size;
  const auto clamp = [&](std::int64_t at) {
    if (at < 0) at += size;
    return std::clamp(at, low, high);
  };
  const std::int64_t first = start ? clamp(*start) : (step < 0 ? high : low);
  const std::int64_t last = stop ? clamp(*stop) : (step < 0 ? low : high);
  const std::int64_t span = step < 0 ? first - last : last - first;
  if (span <= 0) return {first, 0};
  // |step| as unsigned, for the most negative step.
  const std::uint64_t width = step < 0 ? 0 - static_cast<std::uint64_t>(step) : static_cast<std::uint64_t>(step);
  return {first, static_cast<std::int64_t>((static_cast<std::uint64_t>(span) - 1) / width + 1)};
}

std::size_t find_text(std::string_view text, std::string_view what, std::size_t from) {
  if (from > text.size()) return std::string_view::npos;
  if (what.empty()) return from;
  // memmem is linear; std::string_view::find is quadratic on hostile input.
  const void* found = memmem(text.data() + from, text.size() - from, what.data(), what.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::size_t rfind_text(std::string_view text, std::string_view what) {
  const std::string backward(text.rbegin(), text.rend()), pattern(what.rbegin(), what.rend());
  const std::size_t at = find_text(backward, pattern);
  return at == std::string_view::npos ? at : text.size() - at - what.size();
}

std::string_view strip(std::string_view text, std::optional<std::string_view> chars, bool left, bool right) {
  std::vector<std::string_view> set;
  if (chars) set = characters(*chars);
  const auto drop = [&](std::size_t begin, std::size_t end) {
    const std::string_view one = text.substr(begin, end - begin);
    if (chars) return std::find(set.begin(), set.end(), one) != set.end();
    const auto c = decode_code_point(one, 0);
    return c.valid && is_space(c.value);
  };
  std::size_t begin = 0, end = text.size();
  while (left && begin < end) {
    const std::size_t next = begin + decode_code_point(text, begin).size;
    if (!drop(begin, next)) break;
    begin = next;
  }
  while (right && end > begin) {
    const std::size_t before = previous_position(text, end);
    if (!drop(before, end)) break;
    end = before;
  }
  return text.substr(begin, end - begin);
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator, std::int64_t max_split) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  while (max_split < 0 || static_cast<std::int64_t>(parts.size()) < max_split) {
    const std::size_t at = find_text(text, separator, begin);
    if (at == std::string_view::npos) break;
    parts.push_back(text.substr(begin, at - begin));
    begin = at + separator.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::vector<std::string_view> rsplit(std::string_view text, std::string_view separator, std::int64_t max_split) {
  const std::string backward(text.rbegin(), text.rend()), pattern(separator.rbegin(), separator.rend());
  auto parts = split(backward, pattern, max_split);
  for (std::string_view& part : parts)
    part =
        text.substr(text.size() - static_cast<std::size_t>(part.data() - backward.data()) - part.size(), part.size());
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string_view> split_spaces(std::string_view text, std::int64_t max_split) {
  auto parts = words(text);
  if (max_split < 0 || static_cast<std::int64_t>(parts.size()) <= max_split) return parts;
  const auto keep = static_cast<std::size_t>(max_split);
  const auto begin = static_cast<std::size_t>(parts[keep].data() - text.data());
  parts.resize(keep);
  parts.push_back(text.substr(begin));  // the rest keeps its trailing white space, as in Python
  return parts;
}

std::vector<std::string_view> rsplit_spaces(std::string_view text, std::int64_t max_split) {
  auto parts = words(text);
  if (max_split < 0 || static_cast<std::int64_t>(parts.size()) <= max_split) return parts;
  const std::size_t cut = parts.size() - static_cast<std::size_t>(max_split) - 1;
  const auto end = static_cast<std::size_t>(parts[cut].data() - text.data()) + parts[cut].size();
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(cut));
  parts.front() = text.substr(0, end);
  return parts;
}

std::vector<std::string_view> split_lines(std::string_view text, bool keep_ends) {
  std::vector<std::string_view> lines;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = decode_code_point(text, i);
    std::size_t next = i + c.size;
    if (c.valid && is_line_break(c.value)) {
      if (c.value == '\r' && next < text.size() && text[next] == '\n') ++next;
      lines.push_back(text.substr(begin, (keep_ends ? next : i) - begin));
      begin = next;
    }
    i = next;
  }
  if (begin < text.size()) lines.push_back(text.substr(begin));
  return lines;
}

std::string replace(std::string_view text, std::string_view from, std::string_view to, std::int64_t count) {
  std::string out;
  std::int64_t done = 0;
  const auto more = [&] { return count < 0 || done < count; };
  if (from.empty()) {  // before every character and at the end
    for (const std::string_view one : characters(text)) {
      if (more()) out += to, ++done;
      out += one;
    }
    if (more()) out += to;
    return out;
  }
  std::size_t begin = 0;
  for (std::size_t at; more() && (at = find_text(text, from, begin)) != std::string_view::npos; ++done) {
    out += text.substr(begin, at - begin);
    out += to;
    begin = at + from.size();
  }
  out += text.substr(begin);
  return out;
}

}  // namespace c2c::jinja
