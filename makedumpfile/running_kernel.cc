// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/running_kernel.h"

#include <cstdlib>
#include <memory>

#include "common/file.h"
#include "common/text.h"

namespace kdump {
namespace {

constexpr std::string_view kKcore = "/proc/kcore";
constexpr uint64_t kMaxNote = 65536;  // the kernel's has one page, since 5.5 at most two

}  // namespace

bool is_running_kernel(const std::string& vmcore) {
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(vmcore.c_str(), nullptr), &std::free);
  return real && kKcore == real.get();
}

Result<NamedFacts> facts_of_running_kernel(const Vmcore& vmcore, const std::string& file) {
  const std::string text = TRY(read_text_file(file));
  const std::vector<std::string_view> words = split_words(text);
  const auto addr = words.size() == 2 ? parse_u64(words[0], 0) : std::nullopt;
  const auto size = words.size() == 2 ? parse_u64(words[1], 16) : std::nullopt;
  if (!addr || !size || *size > kMaxNote)
    return fail(ErrorKind::corrupt, "{}: '{}' is no address and size", file, trim(text));
  ByteVector note(*size);
  TRY(with_context(vmcore.read(PhysAddr(*addr), note), "{}", file));
  const Notes notes = Notes::parse(std::move(note), false, file);
  NamedFacts facts{.file = file, .machine = 0, .lines = Vmcoreinfo(notes.vmcoreinfo())};
  if (facts.lines.empty()) return fail(ErrorKind::corrupt, "{}: no VMCOREINFO at {:#x}", file, *addr);
  return facts;
}

}  // namespace kdump
