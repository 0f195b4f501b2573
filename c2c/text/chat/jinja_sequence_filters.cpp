// Filters on lists and other things that can be walked over. Where jinja2 gives a generator, these give a list.
#include <algorithm>
#include <unordered_map>

#include "c2c/text/chat/jinja_filter_args.h"
#include "c2c/text/chat/jinja_text.h"

namespace c2c::jinja {
namespace {

Items walk(Interpreter& interpreter, const Value& input) {
  return iterate(input, interpreter.budget());
}

Value list_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  args.bind("list", {});
  return Value::list(walk(interpreter, input));
}

Value first_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  args.bind("first", {});
  const Items items = walk(interpreter, input);
  return items.empty() ? Value::undefined("No first item, sequence was empty.") : items.front();
}

Value last_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  args.bind("last", {});
  const Items items = walk(interpreter, input);
  return items.empty() ? Value::undefined("No last item, sequence was empty.") : items.back();
}

Value reverse_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  args.bind("reverse", {});
  Items items = walk(interpreter, input);
  std::reverse(items.begin(), items.end());
  if (!input.is_string()) return Value::list(std::move(items));
  std::string text;
  for (const Value& one : items) text += one.string();
  return Value(std::move(text));
}

Value join_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  const Items bound = args.bind("join", {"d", "attribute"});
  const std::string separator = to_text(bound[0], interpreter.budget());
  std::string out;
  bool first = true;
  for (const Value& item : walk(interpreter, input)) {
    if (!first) out += separator;
    first = false;
    const std::string text = to_text(attribute_of(interpreter, item, bound[1]), interpreter.budget());
    interpreter.budget().spend_bytes(separator.size() + text.size());
    out += text;
  }
  return Value(std::move(out));
}

Value items_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  args.bind("items", {});
  if (input.is_undefined()) return Value::list({});
  if (!input.is_dict()) fail("Can only get item pairs from a mapping.");
  return find_method(Kind::kDict, "items")(interpreter, input, {});
}

// A filter with arguments given by name, as map('upper') does; or an attribute.
Value map_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  Items out;
  if (!input.truthy()) return Value::list({});
  if (args.positional.empty() && args.find("attribute") != nullptr) {
    const Items bound = args.bind("map", {"attribute", "default"});
    for (const Value& item : walk(interpreter, input))
      out.push_back(attribute_of(interpreter, item, bound[0], bound[1]));
    return Value::list(std::move(out));
  }
  if (args.positional.empty() || !args.positional[0].is_string()) fail("map requires a filter argument");
  const CallArgs rest{{args.positional.begin() + 1, args.positional.end()}, args.named};
  for (const Value& item : walk(interpreter, input))
    out.push_back(interpreter.filter(args.positional[0].string(), item, rest));
  return Value::list(std::move(out));
}

template <bool kKeep, bool kAttribute>
Value select_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  if (!input.truthy()) return Value::list({});
  if (kAttribute && args.positional.empty()) fail("Missing parameter for attribute name");
  constexpr std::size_t kOffset = kAttribute ? 1 : 0;
  const bool tested = args.positional.size() > kOffset;
  CallArgs rest;
  if (tested) {
    if (!args.positional[kOffset].is_string()) fail("a test is named by a string");
    rest.positional.assign(args.positional.begin() + kOffset + 1, args.positional.end());
    rest.named = args.named;
  }
  Items out;
  for (const Value& item : walk(interpreter, input)) {
    const Value value = kAttribute ? attribute_of(interpreter, item, args.positional[0]) : item;
    const bool holds = tested ? interpreter.test(args.positional[kOffset].string(), value, rest) : value.truthy();
    if (holds == kKeep) out.push_back(item);
  }
  return Value::list(std::move(out));
}

// Sorts stably by keys that are compared as Python compares.
Items sorted_by(Interpreter& interpreter, const Items& items, const Items& keys, bool reverse) {
  std::vector<std::size_t> order(items.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return reverse ? less(keys[b], keys[a], interpreter.budget()) : less(keys[a], keys[b], interpreter.budget());
  });
  Items out;
  for (const std::size_t at : order) out.push_back(items[at]);
  return out;
}

Value key_of(Interpreter& interpreter, const Value& item, const Value& attribute, bool case_sensitive) {
  const Value key = attribute_of(interpreter, item, attribute);
  return case_sensitive ? key : ignore_case(interpreter, key);
}

Value sort_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  const Items bound = args.bind("sort", {"reverse", "case_sensitive", "attribute"});
  const Items items = walk(interpreter, input);
  Items keys;
  for (const Value& item : items) {
    Items parts;  // "a,b": by a, then by b
    if (bound[2].is_string()) {
      interpreter.budget().spend_bytes(bound[2].string().size());
      for (const std::string_view part : split(bound[2].string(), ",", -1))
        parts.push_back(key_of(interpreter, item, Value(part), bound[1].truthy()));
    } else {
      parts.push_back(key_of(interpreter, item, bound[2], bound[1].truthy()));
    }
    keys.push_back(Value::list(std::move(parts)));
  }
  return Value::list(sorted_by(interpreter, items, keys, bound[0].truthy()));
}

Value dictsort_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  const Items bound = args.bind("dictsort", {"case_sensitive", "by", "reverse"});
  const std::string by = bound[1].is_string() ? bound[1].string() : "key";
  if (by != "key" && by != "value") fail("You can only sort by either \"key\" or \"value\"");
  const Items pairs = items_filter(interpreter, input, {}).items();
  Items keys;
  for (const Value& pair : pairs) {
    const Value& key = pair.items()[by == "key" ? 0 : 1];
    keys.push_back(bound[0].truthy() ? key : ignore_case(interpreter, key));
  }
  return Value::list(sorted_by(interpreter, pairs, keys, bound[2].truthy()));
}

Value unique_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  const Items bound = args.bind("unique", {"case_sensitive", "attribute"});
  Dict seen;
  Items out;
  for (const Value& item : walk(interpreter, input)) {
    const Value key = key_of(interpreter, item, bound[1], bound[0].truthy());
    if (seen.find(key, interpreter.budget()) != nullptr) continue;
    seen.set(key, Value::none(), interpreter.budget());
    out.push_back(item);
  }
  return Value::list(std::move(out));
}

template <bool kMax>
Value extreme_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  const Items bound = args.bind(kMax ? "max" : "min", {"case_sensitive", "attribute"});
  const Items items = walk(interpreter, input);
  if (items.empty()) return Value::undefined("No aggregated item, sequence was empty.");
  std::size_t best = 0;
  Value best_key = key_of(interpreter, items[0], bound[1], bound[0].truthy());
  for (std::size_t i = 1; i < items.size(); ++i) {
    Value key = key_of(interpreter, items[i], bound[1], bound[0].truthy());
    if (kMax ? less(best_key, key, interpreter.budget()) : less(key, best_key, interpreter.budget())) {
      best = i;
      best_key = std::move(key);
    }
  }
  return items[best];
}

Value sum_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  const Items bound = args.bind("sum", {"attribute", "start"});
  Value total = bound[1].is_undefined() ? Value(std::int64_t{0}) : bound[1];
  for (const Value& item : walk(interpreter, input))
    total = binary_operation("+", total, attribute_of(interpreter, item, bound[0]), interpreter.budget());
  return total;
}

Value batch_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  const Items bound = args.bind("batch", {"linecount", "fill_with"});
  const std::int64_t size = integer_or(bound[0], 0, "linecount");
  if (size < 1) fail("batch: linecount must be positive");
  Items out, row;
  for (const Value& item : walk(interpreter, input)) {
    if (static_cast<std::int64_t>(row.size()) == size) out.push_back(Value::list(std::exchange(row, {})));
    row.push_back(item);
  }
  if (row.empty()) return Value::list(std::move(out));
  if (given(bound[1])) {
    interpreter.budget().spend_bytes(static_cast<std::uint64_t>(size), sizeof(Value));
    row.resize(static_cast<std::size_t>(size), bound[1]);
  }
  out.push_back(Value::list(std::move(row)));
  return Value::list(std::move(out));
}

Value slice_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  const Items bound = args.bind("slice", {"slices", "fill_with"});
  const std::int64_t slices = integer_or(bound[0], 0, "slices");
  if (slices < 1) fail("slice: the number of slices must be positive");
  interpreter.budget().spend_bytes(static_cast<std::uint64_t>(slices), 4 * sizeof(Value));
  const Items items = walk(interpreter, input);
  const auto count = static_cast<std::size_t>(slices);
  const std::size_t each = items.size() / count, extra = items.size() % count;
  Items out;
  for (std::size_t i = 0, at = 0; i < count; ++i) {
    const std::size_t size = each + (i < extra ? 1 : 0);
    Items row(items.begin() + static_cast<std::ptrdiff_t>(at), items.begin() + static_cast<std::ptrdiff_t>(at + size));
    if (given(bound[1]) && i >= extra) row.push_back(bound[1]);
    out.push_back(Value::list(std::move(row)));
    at += size;
  }
  return Value::list(std::move(out));
}

// Pairs of (group, its items); jinja2's .grouper and .list are [0] and [1].
Value groupby_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  const Items bound = args.bind("groupby", {"attribute", "default", "case_sensitive"});
  const Items items = walk(interpreter, input);
  Items keys, order;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Value key = attribute_of(interpreter, items[i], bound[0], bound[1]);
    keys.push_back(bound[2].truthy() ? key : ignore_case(interpreter, key));
    order.push_back(Value::from_size(i));
  }
  Items out, group;
  std::size_t head = 0;
  const auto flush = [&] {
    if (group.empty()) return;
    const Value name = bound[2].truthy() ? keys[head] : attribute_of(interpreter, items[head], bound[0], bound[1]);
    out.push_back(Value::tuple({name, Value::list(std::exchange(group, {}))}));
  };
  for (const Value& index : sorted_by(interpreter, order, keys, false)) {
    const auto at = static_cast<std::size_t>(index.integer());
    if (!group.empty() && !equals(keys[at], keys[head], interpreter.budget())) flush();
    if (group.empty()) head = at;
    group.push_back(items[at]);
  }
  flush();
  return Value::list(std::move(out));
}

const std::unordered_map<std::string_view, FilterFunction> kFilters{
    {"batch", batch_filter},
    {"dictsort", dictsort_filter},
    {"first", first_filter},
    {"groupby", groupby_filter},
    {"items", items_filter},
    {"join", join_filter},
    {"last", last_filter},
    {"list", list_filter},
    {"map", map_filter},
    {"max", extreme_filter<true>},
    {"min", extreme_filter<false>},
    {"reject", select_filter<false, false>},
    {"rejectattr", select_filter<false, true>},
    {"reverse", reverse_filter},
    {"select", select_filter<true, false>},
    {"selectattr", select_filter<true, true>},
    {"slice", slice_filter},
    {"sort", sort_filter},
    {"sum", sum_filter},
    {"unique", unique_filter},
};

}  // namespace

FilterFunction find_sequence_filter(std::string_view name) {
  const auto found = kFilters.find(name);
  return found == kFilters.end() ? nullptr : found->second;
}

}  // namespace c2c::jinja
