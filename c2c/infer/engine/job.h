// One request on its way through an engine: it waits, is read in pieces, is decoded, ends. All but the ticket belongs
// to the compute thread once the job has left the waiting line. Legend: V vocabulary.
#pragma once
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "c2c/infer/engine/prefix_store.h"
#include "c2c/infer/engine/request.h"
#include "c2c/infer/engine/ticket.h"
#include "c2c/rosetta/prefill.h"

namespace c2c {

class Job {
 public:
  explicit Job(EngineRequest request);
  explicit Job(std::function<void()> work);

  // Reads the next piece of the prompt; behind the last one comes the first token. Throws what the request is guilty
  // of; the caller then calls fail().
  void read_piece(PrefixStore& store, std::int64_t chunk);
  // The next token, from the logits (V) of a decode step.
  void take(const at::Tensor& logits_V);
  void cancel();
  void fail(std::exception_ptr error) { error_ = std::move(error); }
  // Gives back caches, model and callback, then lets go whoever waits. Nothing of the job may be used after it but the
  // ticket and the result.
  void complete();

  bool is_read() const { return row_.has_value() || is_work_done_; }
  bool is_over() const { return error_ != nullptr || was_cancelled_ || is_work_done_ || (row_ && !row_->is_running()); }
  bool was_cancelled() const { return was_cancelled_; }
  bool has_failed() const { return error_ != nullptr; }
  const std::shared_ptr<const Rosetta>& model() const { return request_.model; }
  const SectionPlan& plan() const { return request_.plan; }
  std::int64_t last_id() const { return row_->last_id(); }
  std::int64_t made() const { return row_ ? static_cast<std::int64_t>(row_->result().ids.size()) : 0; }
  RosettaState& state() { return state_; }

  const EngineResult& result() const { return result_; }
  Ticket& ticket() { return ticket_; }

 private:
  using Clock = std::chrono::steady_clock;

  void begin(PrefixStore& store, std::int64_t chunk);
  void end_prefill(PrefixStore& store);

  Ticket ticket_;
  EngineRequest request_;
  std::function<void()> work_;  // set: all there is to do
  bool is_work_done_ = false;
  EngineResult result_;
  std::exception_ptr error_;
  bool was_cancelled_ = false;
  const Clock::time_point submitted_ = Clock::now();
  Clock::time_point first_token_;

  std::string fingerprint_;  // empty: nothing is reused or kept
  std::optional<Prefill> prefill_;
  RosettaState state_;
  std::optional<GrowingRow> row_;
};

}  // namespace c2c
