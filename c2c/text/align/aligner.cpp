#include "c2c/text/align/aligner.h"

#include <algorithm>

namespace c2c {
namespace {

AlignStrategy checked(AlignStrategy strategy) {
  if (strategy != AlignStrategy::kFirst && strategy != AlignStrategy::kLongest)
    fail_usage({.where = "aligner", .found = std::string(to_string(strategy)), .expected = "first or longest"});
  return strategy;
}

[[noreturn]] void fail_alignment(const AlignModel& receiver, const AlignModel& sharer, const std::string& what) {
  throw AlignmentError(ErrorKind::kInput, {.where = "alignment of " + receiver.name + " and " + sharer.name,
                                           .key = what,
                                           .hint = "use align span, or go on unaligned"});
}

// Template and message sections in turn. Spans may come out of order where a content was found before the previous one;
// tokens are then taken twice, as the reference does.
std::vector<AlignedSection> cut(const RenderedChat& chat, const Messages& messages) {
  std::vector<AlignedSection> sections;
  std::size_t previous = 0;
  const std::size_t total = chat.encoding.ids.size();
  for (const auto& [begin, end] : token_ranges(chat.encoding.offsets, find_content_spans(chat.text, messages))) {
    if (previous < begin) sections.push_back({false, previous, begin});
    sections.push_back({true, begin, end});
    previous = end;
  }
  if (previous < total) sections.push_back({false, previous, total});
  return sections;
}

// Puts a section's tokens behind `out`, and pads up to `length`.
void append_padded(std::vector<TokenId>& out, std::vector<bool>& padding, const std::vector<TokenId>& ids,
                   const AlignedSection& section, std::size_t length, TokenId pad) {
  const std::size_t own = section.end - section.begin;
  out.insert(out.end(), ids.begin() + static_cast<std::ptrdiff_t>(section.begin),
             ids.begin() + static_cast<std::ptrdiff_t>(section.end));
  out.insert(out.end(), length - own, pad);
  padding.insert(padding.end(), own, false);
  padding.insert(padding.end(), length - own, true);
}

}  // namespace

Aligner::Aligner(AlignModel receiver, AlignModel sharer, AlignStrategy strategy)
    : receiver_(std::move(receiver)),
      sharer_(std::move(sharer)),
      map_(receiver_.tokenizer, sharer_.tokenizer, checked(strategy)) {}

AlignedText Aligner::align_text(const std::string& text, bool add_special_tokens) const {
  AlignedText aligned;
  aligned.receiver_ids = receiver_.tokenizer->encode_ids(text, add_special_tokens);
  aligned.sharer_own_ids = sharer_.tokenizer->encode_ids(text, add_special_tokens);
  std::size_t single = 0;
  for (const TokenId id : aligned.receiver_ids) {
    aligned.candidates.push_back(map_.candidates(id));
    aligned.sharer_ids.push_back(map_.choose(aligned.candidates.back()));
    single += aligned.candidates.back().size() == 1;
  }
  const std::size_t count = aligned.receiver_ids.size();
  aligned.one_to_one_rate = count == 0 ? 0 : static_cast<double>(single) / static_cast<double>(count);
  return aligned;
}

AlignedChat Aligner::align_chat(const Messages& messages, const AlignOptions& options) const {
  const RenderedChat mine = render_chat(receiver_, messages, options);
  const RenderedChat theirs = render_chat(sharer_, messages, options);
  const auto my_pad = padding_id(*receiver_.tokenizer), their_pad = padding_id(*sharer_.tokenizer);
  if (!my_pad || !their_pad)
    fail_alignment(receiver_, sharer_,
                   (my_pad ? sharer_.name : receiver_.name) + " has neither a pad nor an eos token");
  const std::vector<AlignedSection> my_cut = cut(mine, messages), their_cut = cut(theirs, messages);
  if (my_cut.size() != their_cut.size()) fail_alignment(receiver_, sharer_, "Section count mismatch");

  AlignedChat out;
  for (std::size_t i = 0; i < my_cut.size(); ++i) {
    const AlignedSection &me = my_cut[i], &they = their_cut[i];
    if (me.is_message != they.is_message) fail_alignment(receiver_, sharer_, "Section type mismatch");
    const std::size_t begin = out.receiver_ids.size();
    std::size_t length = me.end - me.begin;
    if (me.is_message) {
      append_padded(out.receiver_ids, out.receiver_padding, mine.encoding.ids, me, length, *my_pad);
      for (std::size_t t = begin; t < out.receiver_ids.size(); ++t) out.sharer_ids.push_back(map_(out.receiver_ids[t]));
      out.sharer_padding.insert(out.sharer_padding.end(), length, false);
    } else {
      length = std::max(length, they.end - they.begin);
      append_padded(out.receiver_ids, out.receiver_padding, mine.encoding.ids, me, length, *my_pad);
      append_padded(out.sharer_ids, out.sharer_padding, theirs.encoding.ids, they, length, *their_pad);
    }
    out.message_mask.insert(out.message_mask.end(), length, me.is_message);
    out.sections.push_back({me.is_message, begin, begin + length});
  }
  out.receiver_text = mine.text;
  out.sharer_text = theirs.text;
  return out;
}

}  // namespace c2c
