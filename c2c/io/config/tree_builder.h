// Builds a JSON tree from the events of a parser, keeping depth and node count within limits. Used by both readers.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "c2c/io/config/parse_text.h"

namespace c2c {

class TreeBuilder {
 public:
  TreeBuilder(std::string name, const ParseLimits& limits, std::size_t text_bytes)
      : name_(std::move(name)), limits_(limits), copy_budget_((std::size_t{1} << 20) + 8 * text_bytes) {}

  void scalar(nlohmann::ordered_json value);
  void begin(bool is_map);
  void key(std::string text);
  void end(nlohmann::ordered_json* copy_to = nullptr);  // attaches the finished map or sequence to its parent
  // A copy of an anchored value; its nodes count again, and all copies together may cost a few times the text at most.
  void copy(const nlohmann::ordered_json& value);

  bool wants_key() const { return !frames_.empty() && frames_.back().is_map && !frames_.back().has_key; }
  bool is_done() const { return frames_.empty() && has_root_; }
  nlohmann::ordered_json take() { return std::move(root_); }
  // Where the text is now, for messages ("line 3, column 4").
  void set_place(std::string place) { place_ = std::move(place); }
  [[noreturn]] void fail(const std::string& found, const std::string& expected) const;

 private:
  struct Frame {
    nlohmann::ordered_json value;
    bool is_map = false, has_key = false;
    std::string key;
    std::set<std::string> keys;
  };
  void attach(nlohmann::ordered_json value);
  void count(std::size_t nodes);
  void charge_copy(const nlohmann::ordered_json& value);

  std::string name_, place_;
  ParseLimits limits_;
  std::vector<Frame> frames_;
  nlohmann::ordered_json root_;
  bool has_root_ = false;
  std::size_t nodes_ = 0;
  std::size_t copy_budget_;
};

}  // namespace c2c
