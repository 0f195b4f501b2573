// Ends a stream of text at the first stop string and holds back what may become one. No torch.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace c2c {

class StopStrings {
 public:
  explicit StopStrings(std::vector<std::string> stops);

  // New text in; text that is safe to show out. After is_stopped() nothing more comes out, the stop string itself
  // never does.
  std::string push(std::string_view piece);
  // At the end of the stream: what was held back.
  std::string flush();
  bool is_stopped() const { return stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace c2c
