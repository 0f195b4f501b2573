// Asks a fused pair one question: fused_answer RUN_FILE QUESTION
// A run file names the receiver, its sharers, their fusers and how to decode; see presets/.
#include <cstdio>
#include <exception>
#include <string_view>

#include "c2c/infer/pipelines/session.h"
#include "c2c/io/config/assign.h"

namespace {

void ask(const char* run_file, const char* question) {
  c2c::RunConfig config;
  c2c::assign_file(c2c::fields_of(config), run_file);
  c2c::Session session(config);

  const c2c::Request request{.messages = {{"user", question}}};
  const c2c::Answer answer = session.run(request, [](c2c::TextKind, std::string_view piece) {
    std::fwrite(piece.data(), 1, piece.size(), stdout);
    return true;  // false stops
  });

  const c2c::Timings& t = answer.timings;
  std::printf(
      "\n%zu tokens, %lld of %lld prompt tokens fused; sharer %.3f s, receiver %.3f s, fuse %.3f s, %.1f tok/s\n",
      answer.ids.size(), static_cast<long long>(answer.fused_tokens), static_cast<long long>(answer.prompt_tokens),
      t.sharer_prefill, t.receiver_prefill, t.fuse, t.tokens_per_second);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s RUN_FILE QUESTION\n", argv[0]);
    return 2;
  }
  try {
    ask(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
