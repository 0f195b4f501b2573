// POST /c2c/inspect: where a prompt was fused, and how much that changed.
#include "c2c/infer/pipelines/fusion_report.h"
#include "c2c/infer/pipelines/torch_errors.h"
#include "c2c/serve/routes.h"
#include "c2c/serve/to_request.h"

namespace c2c {

void inspect(Call& call, const ServeContext& context) {
  const api::PromptRequest asked = api::parse_prompt_request(call.request().body);
  const ServedModel& model = context.models.find(asked.model);
  call.record().model = model.id;
  const Request request = to_request(model, asked, {});
  call.record().mode = request.mode;
  if (request.mode != "c2c" && request.mode != "control")
    api::fail_field("c2c.mode", request.mode, "c2c or control: nothing is fused elsewhere");
  const FusionInquiry inquiry(*model.session, request);
  api::Json report;
  // The engine's thread is the only one that computes.
  const EngineHandle handle =
      context.engine.submit_work([&] { report = with_torch_errors("inspect", [&] { return inquiry.run(); }); });
  const Cancellation::Watch watch(call.interruption()->cancellation().get(), handle);
  if (handle.wait().row.finish == FinishReason::kCancelled) {
    if (call.interruption()->why() == Interrupt::kClientGone) return call.leave();
    throw api::ApiError(api::shutting_down());
  }
  call.reply(report);
}

}  // namespace c2c
