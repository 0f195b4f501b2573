// Messages as users and API clients send them; what is accepted is rendered.
#include <string>
#include <string_view>

#include "c2c/text/chat/chat_template.h"
#include "fuzz/format_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const c2c::ChatTemplate kChat("fuzz",
                                       "{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}{% endfor %}");
  return c2c::fuzz::check([&] {
    const c2c::Messages messages = c2c::messages_from_json({reinterpret_cast<const char*>(data), size});
    kChat.render(messages, {});
  });
}
