#include "c2c/infer/engine/decode_group.h"

#include <ATen/ATen.h>

#include <utility>
#include <vector>

namespace c2c {
namespace {

// What a decode step changes, to undo one that failed half way.
class Mark {
 public:
  explicit Mark(RosettaState& state)
      : state_(state),
        tokens_(state.receiver.length()),
        mask_BT_(state.mask_BT),
        next_position_B_(state.next_position_B),
        lengths_(state.lengths) {}

  void rewind() {
    state_.receiver.crop(tokens_);
    state_.mask_BT = mask_BT_;
    state_.next_position_B = next_position_B_;
    state_.lengths = lengths_;
  }

 private:
  RosettaState& state_;
  std::int64_t tokens_;
  at::Tensor mask_BT_, next_position_B_;
  std::vector<std::int64_t> lengths_;
};

// What `work` throws is this job's alone.
template <class Work>
void guarded(Job& job, const Work& work) {
  try {
    work();
  } catch (...) {
    job.fail(std::current_exception());
  }
}

at::Tensor step(const Rosetta& rosetta, std::span<Job* const> jobs) {
  std::vector<std::int64_t> ids;
  std::vector<RosettaState*> states;
  for (Job* job : jobs) {
    ids.push_back(job->last_id());
    states.push_back(&job->state());
  }
  const at::Tensor ids_B = at::tensor(ids, at::kLong).to(rosetta.receiver().options().device());
  return rosetta.decode(ids_B, states);
}

std::int64_t one_by_one(const Rosetta& rosetta, std::span<Job* const> jobs) {
  for (std::size_t i = 0; i < jobs.size(); ++i)
    guarded(*jobs[i], [&] { jobs[i]->take(step(rosetta, jobs.subspan(i, 1))[0]); });
  return static_cast<std::int64_t>(jobs.size());
}

}  // namespace

std::int64_t decode_group(const Rosetta& rosetta, std::span<Job* const> jobs) {
  if (jobs.size() == 1 || rosetta.options().include_response) return one_by_one(rosetta, jobs);
  std::vector<Mark> marks;
  for (Job* job : jobs) marks.emplace_back(job->state());
  at::Tensor logits_BV;
  try {
    logits_BV = step(rosetta, jobs);
  } catch (...) {
    for (Mark& mark : marks) mark.rewind();
    return one_by_one(rosetta, jobs);
  }
  for (std::size_t i = 0; i < jobs.size(); ++i)
    guarded(*jobs[i], [&] { jobs[i]->take(logits_BV[static_cast<std::int64_t>(i)]); });
  return 1;
}

}  // namespace c2c
