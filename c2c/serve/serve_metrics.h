// The server's numbers: vLLM's well-known names for what every server has, c2c_* for what only this one does.
#pragma once
#include <string>
#include <vector>

#include "c2c/infer/engine/stats.h"
#include "c2c/serve/api/access_log.h"
#include "c2c/serve/api/exposition.h"

namespace c2c {

class ServeMetrics {
 public:
  ServeMetrics();

  // A request of any route has ended.
  void count_request(const api::AccessRecord& record);
  // One answer is whole. token_times: seconds since its request was begun to be worked on; total: to its end.
  void count_answer(const api::AccessRecord& record, const std::string& finish, const api::AnswerTimings& timings,
                    const std::vector<double>& token_times, double total);

  // Everything, with the engine's numbers as they are now.
  std::string text(const EngineStats& engine, int connections) const;

 private:
  api::Counter success_, http_requests_, fused_tokens_, answers_, context_tokens_, cancelled_, refused_;
  api::Histogram first_token_, between_tokens_, whole_, queued_, prefill_, decode_;
};

}  // namespace c2c
