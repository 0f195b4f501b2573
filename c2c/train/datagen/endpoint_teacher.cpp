#include "c2c/train/datagen/endpoint_teacher.h"

#include "c2c/base/error.h"

namespace c2c {
namespace {

constexpr std::uint64_t kSeedMask = 0x7FFFFFFF;  // services take 32 or 64 bits, some of them signed

bool is_hopeless(const HttpError& error) {
  const int status = error.status();
  return status == 401 || status == 403 || status == 404 || error.failure() == HttpFailure::kTls;
}

class EndpointTeacher final : public Teacher {
 public:
  explicit EndpointTeacher(EndpointOptions options)
      : options_(std::move(options)), client_(options_.url, options_.client) {}

  Reply answer(const Messages& messages, std::uint64_t seed) override {
    OpenAiRequest request;
    request.model = options_.model;
    for (const Message& message : messages) request.messages.push_back({message.role, message.content});
    request.temperature = options_.temperature;
    request.top_p = options_.top_p;
    request.max_tokens = options_.max_new_tokens;
    if (options_.temperature > 0) request.seed = static_cast<std::int64_t>(seed & kSeedMask);
    request.stop = options_.stop;
    request.extra = options_.extra;
    if (options_.top_k > 0) request.extra["top_k"] = options_.top_k;
    if (options_.min_p > 0) request.extra["min_p"] = options_.min_p;
    try {
      OpenAiReply reply = client_.complete(request);
      return {.text = std::move(reply.text), .reasoning = {}, .finish = std::move(reply.finish_reason)};
    } catch (const HttpError& error) {
      if (is_hopeless(error)) throw TeacherGone(error.info());
      throw;
    }
  }

  nlohmann::ordered_json identity() const override {
    return {{"model", options_.model},
            {"max_new_tokens", options_.max_new_tokens},
            {"stop", options_.stop},
            {"sampling",
             {{"temperature", options_.temperature},
              {"top_p", options_.top_p},
              {"top_k", options_.top_k},
              {"min_p", options_.min_p}}},
            {"extra", options_.extra}};
  }

 private:
  EndpointOptions options_;
  OpenAiClient client_;
};

}  // namespace

std::unique_ptr<Teacher> make_endpoint_teacher(EndpointOptions options) {
  if (options.model.empty())
    fail_usage({.where = "--model", .found = "nothing", .expected = "the model's name at " + options.url});
  return std::make_unique<EndpointTeacher>(std::move(options));
}

}  // namespace c2c
