// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/cores/judgement.h"

#include <algorithm>
#include <cctype>

#include "makedumpfile/inspect/verify.h"
#include "makedumpfile/vmcore/open.h"
#include "makedumpfile/vmcore/split_set.h"
#include "tests/cores/mutation.h"

namespace kdump::test {
namespace {

bool is_printable(unsigned char c) { return std::isprint(c) != 0 || c >= 0x80; }

bool has_damaged_notes(const std::string& path) {
  const auto file = open_dump_file(path);
  return file && !file->vmcore->notes().damage().empty();
}

// Problems of one file that its input's notes do not explain.
Status check_problems(const VerifyResult& result, const std::string& input) {
  if (!result.error.empty()) return fail("verify: {}", result.error);
  if (result.problem_count == 0) return {};
  const bool copied = has_damaged_notes(result.path) && has_damaged_notes(input);
  if (copied && result.problem_count == 1) return {};
  return fail("verify: {} problems: {}", result.problem_count,
              result.problems.empty() ? "?" : result.problems.back());
}

std::vector<VerifyResult> verify(std::span<const std::string> files) {
  DumpObserver observer;
  return verify_dumps({.files = {files.begin(), files.end()}, .against = {}, .threads = 1, .open = {}},
                      observer);
}

// The same page of both, or none of either.
Status compare_page(const Vmcore& parts, const Vmcore& merged, PhysAddr addr, MutableBytes a,
                    MutableBytes b) {
  const Status ours = parts.read(addr, a), theirs = merged.read(addr, b);
  if (ours.has_value() != theirs.has_value()) {
    return fail("page at {:#x}: {}", addr.value(),
                ours ? "only the merged dump fails: " + theirs.error().message()
                     : "only the parts fail: " + ours.error().message());
  }
  if (!ours || std::ranges::equal(a, b)) return {};
  return fail("page at {:#x} is another one in the merged dump", addr.value());
}

}  // namespace

Judgement judge_error(const Error& error, uint64_t peak) {
  const std::string& text = error.message();
  if (text.empty() || !std::ranges::all_of(text, is_printable))
    return {Outcome::wrong, "an error that is not one line of text: " + text, peak};
  return {Outcome::refused, text, peak};
}

Judgement judge_text(std::string_view text, uint64_t peak) {
  const auto bad =
      std::ranges::find_if_not(text, [](unsigned char c) { return is_printable(c) || std::isspace(c) != 0; });
  if (bad == text.end()) return {Outcome::dump, fmt::format("{} bytes of text", text.size()), peak};
  return {Outcome::wrong,
          fmt::format("byte {:#x} in the text", static_cast<unsigned>(static_cast<unsigned char>(*bad))),
          peak};
}

Status check_dump(std::span<const std::string> files, const std::string& input, const DumpReport& report) {
  uint64_t pages = 0, lost = 0;
  bool elf = false;
  for (const VerifyResult& result : verify(files)) {
    TRY(check_problems(result, input));
    const auto file = open_dump_file(result.path);
    elf |= file && file->kdump == nullptr;
    pages += result.pages_read + result.pages_lost;
    lost += result.pages_lost;
  }
  const uint64_t unreadable = report.pages[PageClass::unreadable];
  if (lost > unreadable) return fail("{} pages are lost, {} could not be read", lost, unreadable);
  // An ELF core leaves out pages of zeros, or has them twice where segments overlap.
  if (elf || pages == report.pages_written) return {};
  return fail("{} pages are there, {} were written", pages, report.pages_written);
}

Status check_remains(const std::string& file, const std::string& input) {
  const VerifyResult result = verify(std::span(&file, 1)).front();
  TRY(check_problems(result, input));
  const auto opened = open_dump_file(file);
  return opened && opened->incomplete ? Status()
                                      : Status(fail("what is left does not say that it is incomplete"));
}

Status check_merged(std::span<const std::string> parts, const std::string& merged) {
  const std::unique_ptr<SplitSet> set = TRY(SplitSet::open(parts));
  const std::unique_ptr<Vmcore> file = TRY(open_vmcore(merged));
  const uint64_t page_size = set->earlier()->page_size;
  if (set->earlier()->incomplete != file->earlier()->incomplete)
    return fail("the mark of incomplete dumps is not that of the parts");
  ByteVector a(page_size), b(page_size);
  for (const MemorySegment& segment : set->memory_map().segments())
    for (PhysAddr addr = segment.range.begin; addr < segment.range.end; addr += page_size)
      TRY(compare_page(*set, *file, addr, a, b));
  return {};
}

Status check_rearranged(const std::string& stream, const std::string& plain) {
  const std::unique_ptr<ByteSource> ours = TRY(open_dump_source(stream));
  const MemoryFile theirs(TRY(open_file(plain, O_RDONLY)));
  if (ours->size() != theirs.size()) return fail("{} bytes, expected {}", theirs.size(), ours->size());
  constexpr uint64_t kPiece = uint64_t{1} << 20;
  ByteVector a, b;
  for (const auto& [begin, end] : theirs.extents()) {
    for (uint64_t at = begin; at < end; at += a.size()) {
      a.resize(std::min(kPiece, end - at));
      b.resize(a.size());
      TRY(ours->read(at, a));
      theirs.read(at, b);
      if (a != b) return fail("offset {:#x}: not what the stream has", at);
    }
  }
  return {};
}

}  // namespace kdump::test
