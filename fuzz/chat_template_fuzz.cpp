// A chat template and the messages it renders: template source, a zero byte, JSON of messages, a zero byte, JSON of
// more variables (the last two may be missing).
#include <string>
#include <string_view>

#include "c2c/text/chat/chat_template.h"
#include "fuzz/format_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto next = [&rest] {
    const std::size_t end = rest.find('\0');
    const std::string part(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return part;
  };
  const std::string source = next(), messages = next(), extra = next();
  return c2c::fuzz::check([&] {
    const c2c::ChatTemplate chat("fuzz", source, {.bos = "<s>", .eos = "</s>"});
    c2c::RenderOptions options;
    options.extra_json = extra;
    options.now = 0;
    const std::string text = messages.empty() ? chat.render({{"user", "Hi é"}, {"assistant", " ok "}}, options)
                                              : chat.render_json(messages, options);
    if (chat.render_json(
            messages.empty() ? R"([{"role":"user","content":"Hi é"},{"role":"assistant","content":" ok "}])" : messages,
            options) != text)
      std::abort();
  });
}
