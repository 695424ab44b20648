// SPDX-License-Identifier: GPL-2.0-or-later
// makedumpfile info: what a dump is and holds, from the file alone.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "makedumpfile/inspect/dump_file.h"
#include "makedumpfile/inspect/page_census.h"

namespace kdump {

struct DumpInfo {
  DumpFile file;
  std::string release, version, machine, nodename;  // of the kernel; empty where the file does not tell
  int64_t crash_time = 0;                           // seconds since the epoch, 0 when it is not told
  uint64_t existing = 0;                            // pages
  uint64_t excluded = 0;                            // of those, in no file (of a split dump: in none of them)
  uint64_t stored_elf = 0;                          // pages with data in an ELF core
  PageCensus census;                                // of a kdump-compressed file
  std::vector<std::string> problems;                // first ones; verify tells all
};

Result<DumpInfo> collect_info(const std::string& path, const OpenOptions& options = {});

// Lines "name: value", the file's name first.
std::string info_text(const DumpInfo& info);
// {"version": 1, "files": [...]}, one object for each.
std::string info_json(std::span<const DumpInfo> infos);

// What both say alike: "kdump-compressed" or "ELF", the codecs ("lzo", "none", or several), and when.
std::string format_name(const DumpInfo& info);
std::vector<std::string> codec_names(const DumpInfo& info);
std::string time_text(int64_t seconds);

}  // namespace kdump
