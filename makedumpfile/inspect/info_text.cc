// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "common/text.h"
#include "makedumpfile/codec/codec.h"
#include "makedumpfile/inspect/info.h"

namespace kdump {
namespace {

class Lines {
 public:
  void add(std::string_view name, std::string_view value) {
    if (!value.empty()) text_ += fmt::format("  {:<13} {}\n", fmt::format("{}:", name), printable(value));
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string format_line(const DumpInfo& info) {
  std::string text = format_name(info);
  if (const KdumpFile* kdump = info.file.kdump; kdump != nullptr)
    text += fmt::format(", header version {}", kdump->headers().version);
  if (info.file.flattened) text += ", as a flattened stream";
  if (info.file.kdump != nullptr && info.file.kdump->headers().big_endian) text += ", big-endian";
  return text + fmt::format(", {} ({} bytes)", human_size(info.file.bytes), info.file.bytes);
}

std::string part_line(const DumpInfo& info) {
  if (info.file.kdump == nullptr || !info.file.kdump->headers().split) return {};
  const PfnRange part = info.file.kdump->headers().part;
  return fmt::format("pages {:#x} to {:#x} of a split dump", part.begin.value(), part.end.value());
}

std::string codec_line(const DumpInfo& info) {
  std::vector<std::string> words;
  for (const auto& [flags, pages] : info.census.codecs)
    words.push_back(fmt::format("{} {}", codec_of_flags(flags)->name, grouped(pages)));
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string pages_line(const DumpInfo& info) {
  const uint64_t size = uint64_t{1} << info.file.page_shift;
  std::string text =
      fmt::format("{} of {}, {} excluded", grouped(info.existing), human_size(size), grouped(info.excluded));
  if (info.file.kdump == nullptr) return text + fmt::format(", {} stored", grouped(info.stored_elf));
  const PageCensus& census = info.census;
  text += fmt::format(", {} stored, {} zero, {} lost", grouped(census.stored), grouped(census.zero),
                      grouped(census.lost));
  if (census.damaged != 0) text += fmt::format(", {} damaged", grouped(census.damaged));
  return text;
}

std::string notes_line(const DumpInfo& info) {
  const Notes& notes = info.file.vmcore->notes();
  std::string text = fmt::format("{} bytes, registers of {} CPUs", notes.raw().size(), notes.cpu_count());
  text += notes.vmcoreinfo().empty() ? ", no VMCOREINFO"
                                     : fmt::format(", VMCOREINFO of {} bytes", notes.vmcoreinfo().size());
  if (info.file.kdump != nullptr && info.file.kdump->headers().eraseinfo.size != 0)
    text += fmt::format(", erase info of {} bytes", info.file.kdump->headers().eraseinfo.size);
  return text;
}

}  // namespace

std::string info_text(const DumpInfo& info) {
  Lines lines;
  const KdumpFile* kdump = info.file.kdump;
  lines.add("format", format_line(info));
  lines.add("part", part_line(info));
  lines.add("state", info.file.incomplete ? "marked incomplete" : "");
  lines.add("kernel", info.release);
  lines.add("version", info.version);
  lines.add("machine", info.machine);
  lines.add("node name", info.nodename);
  lines.add("crashed", info.crash_time == 0 ? "" : time_text(info.crash_time));
  if (kdump != nullptr) lines.add("dump level", fmt::format("{}", kdump->headers().dump_level));
  if (kdump != nullptr) lines.add("phys_base", fmt::format("{:#x}", kdump->headers().phys_base));
  lines.add("pages", pages_line(info));
  lines.add("data", codec_line(info));
  if (kdump != nullptr) lines.add("CPUs", fmt::format("{}", kdump->headers().cpus));
  lines.add("notes", notes_line(info));
  lines.add("damaged note", info.file.vmcore->notes().damage());
  for (const std::string& problem : info.problems) lines.add("problem", problem);
  return info.file.path + "\n" + lines.text();
}

}  // namespace kdump
