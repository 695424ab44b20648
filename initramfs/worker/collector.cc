// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/collector.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "initramfs/worker/copy.h"
#include "makedumpfile/options.h"
#include "makedumpfile/report_json.h"
#include "makedumpfile/sink/size_limit.h"

namespace kdump::worker {
namespace {

constexpr size_t kMaxReasons = 32;  // more say nothing new

using Collect = Result<Collected> (*)(const Errand& errand, Place& place);

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

// The engine's observer, which keeps the connection alive as well.
class Attention final : public DumpObserver {
 public:
  Attention(Channel& channel, Place& place) : channel_(channel), place_(place) {}

  void step(std::string_view name, uint64_t total) override { channel_.step(name, total); }
  void progress(uint64_t done) override {
    channel_.progress(done);
    // Whether the connection still stands is the next write's to say.
    [[maybe_unused]] const Status ignored = place_.keep_alive();
  }
  void note(std::string_view text) override { channel_.note(text); }

 private:
  Channel& channel_;
  Place& place_;
};

// A destination of ours that is full when `room` is used up: what min_free leaves.
class Limit {
 public:
  Limit(DumpRequest& request, std::optional<uint64_t> room) {
    if (!room) return;
    if (request.destination != nullptr) request.destination = &place_.emplace(*request.destination, *room);
    if (request.destination_stream != nullptr)
      request.destination_stream = &stream_.emplace(*request.destination_stream, *room);
  }

 private:
  std::optional<LimitedPlace> place_;
  std::optional<LimitedStream> stream_;
};

Result<Collected> run_makedumpfile(const Errand& errand, Place& place) {
  DumpRequest request =
      TRY(makedumpfile_request(errand.plan.collector, errand.request.vmcore, online_cpus()));
  request.smaller_if_full = errand.request.if_full == protocol::IfFull::smaller;
  const DumpFile file = TRY(place.take_dump(request));
  // Now that nothing of an attempt before is there any more. A server that does not tell is not held to
  // anything.
  const std::optional<uint64_t> room = place.room().value_or(std::nullopt);
  const Limit limit(request, room);
  DumpReport report;
  Attention attention(errand.channel, place);
  TRY(write_dump(request, report, attention));
  errand.channel.send(
      {.kind = protocol::EventKind::summary, .text = {}, .number = 0, .summary = summary_of(report)});
  return Collected{.name = file.name, .bytes = report.bytes_written};
}

// The whole of it, unfiltered; cp and scp are the same where there is no SCP.
Result<Collected> run_copy(const Errand& errand, Place& place) {
  const std::vector<std::string>& words = errand.plan.collector;
  if (words.size() > 1)
    return fail(ErrorKind::usage, "core_collector {} takes no options, found '{}'", words[0], words[1]);
  return copy_vmcore(errand, place);
}

// New collector = a row. Any other program runs on its own.
constexpr struct {
  const char* name;
  Collect collect;
} kCollectors[] = {
    {"makedumpfile", run_makedumpfile},
    {"cp", run_copy},
    {"scp", run_copy},
};

bool is_flattening(std::string_view word) {
  return word.starts_with('-') && !word.starts_with("--") && word.contains('F');
}

// The words makedumpfile would be given for a file.
std::vector<std::string> arguments_of(const std::vector<std::string>& collector, const std::string& vmcore) {
  std::vector<std::string> words(collector.begin() + 1, collector.end());
  for (std::string& word : words) {
    if (is_flattening(word)) std::erase(word, 'F');
  }
  std::erase(words, "-");
  words.push_back(vmcore);
  words.emplace_back("vmcore");
  return words;
}

}  // namespace

std::string collector_name(const std::vector<std::string>& collector) {
  if (collector.empty()) return {};
  return collector.front().substr(collector.front().rfind('/') + 1);
}

bool wants_flattened(const std::vector<std::string>& collector) {
  return collector_name(collector) == "makedumpfile" && std::ranges::any_of(collector, is_flattening);
}

Result<DumpRequest> makedumpfile_request(const std::vector<std::string>& collector, const std::string& vmcore,
                                         unsigned cpus) {
  std::vector<std::string> words = arguments_of(collector, vmcore);
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
  options.dump.output.clear();
  options.dump.flattened = false;
  const bool threads_given =
      std::ranges::any_of(words, [](const std::string& word) { return word.starts_with("--num"); });
  if (!threads_given) options.dump.num_threads = std::max(cpus, 1U);
  return std::move(options.dump);
}

Result<Collected> collect(const Errand& errand, Place& place) {
  const std::string name = collector_name(errand.plan.collector);
  if (name.empty()) return fail("the plan has no core_collector");
  for (const auto& row : kCollectors) {
    if (name == row.name) return row.collect(errand, place);
  }
  return run_own_program(errand, place);
}

}  // namespace kdump::worker
