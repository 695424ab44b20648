// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/inspect/verify.h"

#include <algorithm>

#include "common/text.h"
#include "makedumpfile/inspect/verify_pages.h"
#include "makedumpfile/vmcore/split_set.h"

namespace kdump {
namespace {

constexpr struct {
  Verdict verdict;
  const char* words;
} kWords[] = {{Verdict::sound, "sound"},
              {Verdict::incomplete, "incomplete"},
              {Verdict::different, "different"},
              {Verdict::damaged, "damaged"},
              {Verdict::unreadable, "unreadable"}};  // the gravest last

VerifyResult failed(const std::string& path, const Error& error) {
  VerifyResult result;
  result.path = path;
  result.verdict = error.kind() == ErrorKind::corrupt ? Verdict::damaged : Verdict::unreadable;
  result.error = error.message();
  return result;
}

// The pages of the vmcore that the dump does not hold.
Result<uint64_t> count_excluded(const DumpFile& file, const Vmcore& against) {
  uint64_t excluded = 0;
  for (const PfnRange& range : against.memory_map().pages(file.page_shift)) {
    excluded += range.size();
    const Pfn end = std::min(range.end, file.max_pfn());
    for (Pfn begin = range.begin; begin < end; begin += file.window())
      for (const PfnRange& stored : TRY(file.stored({begin, std::min(begin + file.window(), end)})))
        excluded -= stored.size();
  }
  return excluded;
}

// A file of a split dump leaves to others what is in theirs.
bool is_part(const DumpFile& file) { return file.kdump != nullptr && file.kdump->headers().split; }

uint64_t pages_of(const DumpFile& file, const VerifyResult& result) {
  if (file.kdump != nullptr)
    return result.census.stored + result.census.zero + result.census.lost + result.census.damaged;
  uint64_t pages = 0;
  for (const PfnRange& range : file.vmcore->memory_map().pages(file.page_shift)) pages += range.size();
  return pages;
}

Verdict judge(const DumpFile& file, const VerifyResult& result, const PageCounts& counts) {
  if (counts.damaged + result.census.damaged + result.census.beyond != 0) return Verdict::damaged;
  if (!file.vmcore->notes().damage().empty()) return Verdict::damaged;
  if (counts.different + counts.not_comparable != 0) return Verdict::different;
  // What is left of the problems is data that belongs to two pages.
  if (result.problem_count != 0) return Verdict::damaged;
  return file.incomplete || counts.lost != 0 ? Verdict::incomplete : Verdict::sound;
}

Result<VerifyResult> verify_file(const DumpFile& file, const Vmcore* against, unsigned threads,
                                 DumpObserver& observer) {
  VerifyResult result;
  result.path = file.path;
  ProblemList problems;
  if (!file.vmcore->notes().damage().empty()) problems.add(0, file.vmcore->notes().damage());
  if (file.kdump != nullptr) result.census = TRY(take_census(*file.kdump, problems));
  observer.step(fmt::format("Verifying {}", file.path), pages_of(file, result));
  const auto progress = [&](uint64_t done) { observer.progress(done); };
  const PageCounts counts = TRY(verify_pages(file, against, threads, problems, progress));
  if (counts.read + counts.lost + counts.damaged < pages_of(file, result))
    observer.progress(pages_of(file, result));
  result.pages_read = counts.read;
  result.pages_lost = counts.lost;
  result.equal = counts.equal;
  result.different = counts.different;
  result.not_comparable = counts.not_comparable;
  if (against != nullptr && !is_part(file)) result.excluded = TRY(count_excluded(file, *against));
  result.excluded += counts.blanked;
  result.problem_count = problems.count();
  for (const auto& [place, text] : problems.kept()) result.problems.push_back(text);
  result.verdict = judge(file, result, counts);
  return result;
}

// All files are of one split dump: whether they are all of it.
VerifyResult verify_set(const VerifyRequest& request) {
  const auto set = SplitSet::open(request.files, request.open);
  VerifyResult result;
  result.path = "split dump";
  if (set) return result;
  result.error = set.error().message();
  result.verdict = set.error().kind() == ErrorKind::mismatch ? Verdict::damaged : Verdict::incomplete;
  return result;
}

}  // namespace

Verdict graver(Verdict a, Verdict b) {
  const auto gravity = [](Verdict v) {
    return std::ranges::find_if(kWords, [&](const auto& row) { return row.verdict == v; }) -
           std::begin(kWords);
  };
  return gravity(a) < gravity(b) ? b : a;
}

Verdict verdict_of(std::span<const VerifyResult> results) {
  Verdict verdict = Verdict::sound;
  for (const VerifyResult& result : results) verdict = graver(verdict, result.verdict);
  return verdict;
}

std::vector<VerifyResult> verify_dumps(const VerifyRequest& request, DumpObserver& observer) {
  std::unique_ptr<Vmcore> against;
  if (!request.against.empty()) {
    auto opened = open_vmcore(request.against, request.open);
    if (!opened) return {failed(request.against, opened.error())};
    against = std::move(*opened);
  }
  std::vector<VerifyResult> results;
  bool all_parts = true;
  for (const std::string& path : request.files) {
    const auto file = open_dump_file(path, request.open);
    all_parts = all_parts && file && is_part(*file);
    auto verified = file ? verify_file(*file, against.get(), request.threads, observer)
                         : Result<VerifyResult>(std::unexpected(file.error()));
    results.push_back(verified ? std::move(*verified) : failed(path, verified.error()));
  }
  if (all_parts && !results.empty()) results.push_back(verify_set(request));
  return results;
}

std::string verify_text(const VerifyResult& result, bool compared) {
  const auto* row = std::ranges::find_if(kWords, [&](const auto& r) { return r.verdict == result.verdict; });
  std::string text = fmt::format("{}: {}", result.path, row->words);
  if (!result.error.empty()) return text + fmt::format(": {}\n", result.error);
  text += fmt::format("\n  {} pages read", grouped(result.pages_read));
  if (result.pages_lost != 0) text += fmt::format(", {} lost", grouped(result.pages_lost));
  if (compared) {
    text += fmt::format(", {} equal, {} different", grouped(result.equal), grouped(result.different));
    if (result.not_comparable != 0)
      text += fmt::format(", {} not in the vmcore", grouped(result.not_comparable));
    text += fmt::format(", {} excluded", grouped(result.excluded));
  }
  text += "\n";
  for (const std::string& problem : result.problems) text += fmt::format("  {}\n", problem);
  if (result.problem_count > result.problems.size())
    text += fmt::format("  and {} more problems\n", grouped(result.problem_count - result.problems.size()));
  return text;
}

}  // namespace kdump
