#include "c2c/io/config/tree_builder.h"

#include <algorithm>

#include "c2c/base/error.h"

namespace c2c {

using Json = nlohmann::ordered_json;

namespace {

struct Size {
  std::size_t nodes = 1, bytes = 0, depth = 0;
};

// Depth is bounded by the builder, so the recursion is too.
Size measure(const Json& value) {
  Size size;
  if (value.is_string()) size.bytes = value.get_ref<const std::string&>().size();
  if (!value.is_structured()) return size;
  for (const auto& item : value.items()) {
    const Size child = measure(item.value());
    size.nodes += child.nodes;
    size.bytes += child.bytes + (value.is_object() ? item.key().size() : 0);
    size.depth = std::max(size.depth, child.depth);
  }
  ++size.depth;
  return size;
}

}  // namespace

void TreeBuilder::fail(const std::string& found, const std::string& expected) const {
  fail_input({.where = name_, .key = place_, .found = found, .expected = expected});
}

void TreeBuilder::count(std::size_t nodes) {
  nodes_ += nodes;
  if (nodes_ > limits_.nodes)
    fail("more than " + std::to_string(limits_.nodes) + " values", "a smaller file (aliases count as often as used)");
}

void TreeBuilder::scalar(Json value) {
  count(1);
  attach(std::move(value));
}

void TreeBuilder::begin(bool is_map) {
  count(1);
  if (wants_key()) fail("a list or map as a key", "a plain key");
  if (frames_.size() >= limits_.depth) fail("nesting deeper than " + std::to_string(limits_.depth), "a flatter file");
  frames_.push_back({.value = is_map ? Json::object() : Json::array(), .is_map = is_map});
}

void TreeBuilder::key(std::string text) {
  Frame& frame = frames_.back();
  if (!frame.keys.insert(text).second) fail("key \"" + text + "\" twice", "each key once");
  frame.key = std::move(text);
  frame.has_key = true;
}

void TreeBuilder::charge_copy(const Json& value) {
  constexpr std::size_t kNodeBytes = 64;
  const Size size = measure(value);
  const std::size_t cost = size.bytes + size.nodes * kNodeBytes;
  if (cost > copy_budget_) fail("aliases that expand to far more than the file", "fewer aliases");
  copy_budget_ -= cost;
}

void TreeBuilder::end(Json* copy_to) {
  Json value = std::move(frames_.back().value);
  frames_.pop_back();
  if (copy_to != nullptr) {
    charge_copy(value);
    *copy_to = value;
  }
  attach(std::move(value));
}

void TreeBuilder::copy(const Json& value) {
  const Size size = measure(value);
  count(size.nodes);
  charge_copy(value);
  if (wants_key()) fail("an alias as a key", "a plain key");
  if (frames_.size() + size.depth > limits_.depth)
    fail("nesting deeper than " + std::to_string(limits_.depth), "a flatter file");
  attach(value);
}

void TreeBuilder::attach(Json value) {
  if (frames_.empty()) {
    if (has_root_) fail("a second value", "one document");
    root_ = std::move(value);
    has_root_ = true;
    return;
  }
  Frame& frame = frames_.back();
  if (!frame.is_map) {
    frame.value.push_back(std::move(value));
    return;
  }
  // Not operator[]: an ordered object searches linearly, and duplicates were refused above.
  frame.value.get_ref<Json::object_t&>().emplace_back(std::move(frame.key), std::move(value));
  frame.has_key = false;
}

}  // namespace c2c
