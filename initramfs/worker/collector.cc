// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/collector.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "common/fd.h"
#include "common/file.h"
#include "makedumpfile/report_json.h"

namespace kdump::worker {
namespace {

constexpr size_t kMaxReasons = 32;  // more say nothing new
constexpr size_t kCopyStep = size_t{1} << 20;

using Collect = Result<uint64_t> (*)(const std::vector<std::string>& words, const std::string& vmcore,
                                     const std::string& output, Channel& channel);

protocol::Summary summary_of(const DumpReport& report) {
  protocol::Summary summary{.pages_total = report.pages_total,
                            .pages_written = report.pages_written,
                            .bytes_written = report.bytes_written,
                            .page_size = report.page_size,
                            .requested_level = static_cast<uint64_t>(report.requested_level),
                            .dump_level = static_cast<uint64_t>(report.dump_level),
                            .classify_ms = static_cast<uint64_t>(std::lround(report.classify_seconds * 1000)),
                            .copy_ms = static_cast<uint64_t>(std::lround(report.copy_seconds * 1000)),
                            .reasons = report.reasons,
                            .classes = {},
                            .rescued = {}};
  summary.reasons.resize(std::min(summary.reasons.size(), kMaxReasons));
  for (size_t i = 0; i < kPageClassCount; ++i) {
    const auto page_class = static_cast<PageClass>(i);
    summary.classes.emplace_back(class_key(page_class), report.pages[page_class]);
    if (report.rescued[page_class] != 0)
      summary.rescued.emplace_back(class_key(page_class), report.rescued[page_class]);
  }
  return summary;
}

unsigned online_cpus() { return static_cast<unsigned>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L)); }

Result<uint64_t> run_makedumpfile(const std::vector<std::string>& words, const std::string& vmcore,
                                  const std::string& output, Channel& channel) {
  const DumpRequest request = TRY(makedumpfile_request(words, vmcore, output, online_cpus()));
  DumpReport report;
  TRY(write_dump(request, report, channel));
  channel.send(
      {.kind = protocol::EventKind::summary, .text = {}, .number = 0, .summary = summary_of(report)});
  return report.bytes_written;
}

Result<uint64_t> copy_all(const UniqueFd& from, const UniqueFd& to, Channel& channel) {
  ByteVector buffer(kCopyStep);
  uint64_t done = 0;
  while (true) {
    const size_t n = TRY(with_context(read_up_to(from.get(), buffer), "offset {:#x}", done));
    if (n == 0) return done;
    TRY(with_context(write_all(to.get(), Bytes(buffer).first(n)), "offset {:#x}", done));
    done += n;
    channel.progress(done);
  }
}

// The whole of it, unfiltered.
Result<uint64_t> run_cp(const std::vector<std::string>& words, const std::string& vmcore,
                        const std::string& output, Channel& channel) {
  if (words.size() > 1)
    return fail(ErrorKind::usage, "core_collector cp takes no options, found '{}'", words[1]);
  const UniqueFd from = TRY(open_file(vmcore, O_RDONLY));
  const std::string incomplete = output + "-incomplete";
  const UniqueFd to = TRY(open_file(incomplete, O_WRONLY | O_CREAT | O_EXCL, 0600));
  channel.step("Copying vmcore", TRY(file_size(from.get())));
  const uint64_t bytes =
      TRY(with_context(copy_all(from, to, channel), "cannot copy {} to {}", vmcore, incomplete));
  channel.step("Syncing", 0);
  if (fsync(to.get()) != 0) return fail_errno(errno, "cannot sync {}", incomplete);
  if (rename(incomplete.c_str(), output.c_str()) != 0)
    return fail_errno(errno, "cannot rename {} to {}", incomplete, output);
  TRY(sync_directory_of(output));
  return bytes;
}

// New collector = a row.
constexpr struct {
  const char* name;
  Collect collect;
} kCollectors[] = {
    {"makedumpfile", run_makedumpfile},
    {"cp", run_cp},
};

// "/usr/sbin/makedumpfile" is makedumpfile too.
std::string program_name(const std::string& word) { return word.substr(word.rfind('/') + 1); }

// The words makedumpfile would be given on a filesystem target.
std::vector<std::string> arguments_of(const std::vector<std::string>& collector, const std::string& vmcore,
                                      const std::string& output) {
  std::vector<std::string> words(collector.begin() + 1, collector.end());
  std::erase(words, "-F");
  words.push_back(vmcore);
  words.push_back(output);
  return words;
}

}  // namespace

Result<DumpRequest> makedumpfile_request(const std::vector<std::string>& collector, const std::string& vmcore,
                                         const std::string& output, unsigned cpus) {
  std::vector<std::string> words = arguments_of(collector, vmcore, output);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  Options options = TRY(with_context(parse_makedumpfile_options(arguments), "core_collector"));
  if (options.mode != Mode::dump)
    return fail(ErrorKind::usage, "core_collector: makedumpfile is not asked for a dump");
  if (options.json_fd >= 0)
    return fail(ErrorKind::usage,
                "core_collector: --json has no place here, kdump-result.json tells the same");
  if (!options.vmlinux.empty() || !options.vmcoreinfo.empty())
    return fail(ErrorKind::usage,
                "core_collector: -x and -i name files that the capture kernel does not have");
  options.dump.vmcore = vmcore;
  options.dump.output = output;
  options.dump.flattened = false;
  const bool threads_given =
      std::ranges::any_of(words, [](const std::string& word) { return word.starts_with("--num"); });
  if (!threads_given) options.dump.num_threads = std::max(cpus, 1U);
  return std::move(options.dump);
}

Result<uint64_t> collect(const std::vector<std::string>& collector, const std::string& vmcore,
                         const std::string& output, Channel& channel) {
  const std::string name = collector.empty() ? std::string() : program_name(collector.front());
  for (const auto& row : kCollectors) {
    if (name == row.name) return row.collect(collector, vmcore, output, channel);
  }
  return fail(ErrorKind::unsupported, "core_collector '{}' is not built yet: use makedumpfile or cp", name);
}

}  // namespace kdump::worker
