// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/cores/hostile_case.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "makedumpfile/inspect/info.h"
#include "makedumpfile/inspect/verify.h"
#include "makedumpfile/mem_usage.h"
#include "makedumpfile/rearrange.h"
#include "makedumpfile/reassemble.h"
#include "makedumpfile/save_dmesg.h"
#include "makedumpfile/show_facts.h"
#include "tests/cores/watched_memory.h"

namespace kdump::test {
namespace {

// A file of an earlier output that goes with the case.
class Leavings {
 public:
  explicit Leavings(std::vector<std::string> paths) : paths_(std::move(paths)) {}
  Leavings(const Leavings&) = delete;
  Leavings& operator=(const Leavings&) = delete;
  ~Leavings() {
    std::error_code ignored;
    for (const std::string& path : paths_)
      for (const std::string& name : {path, path + "-incomplete"}) std::filesystem::remove(name, ignored);
  }

 private:
  std::vector<std::string> paths_;
};

bool has_bytes(const std::string& path) {
  std::error_code none;
  const auto size = std::filesystem::file_size(path, none);
  return !none && size != 0;
}

Judgement judge(const Status& checked, std::string_view what, uint64_t peak) {
  if (checked) return {Outcome::dump, std::string(what), peak};
  return {Outcome::wrong, fmt::format("{}: {}", what, checked.error().message()), peak};
}

}  // namespace

// A new mode = a row. How often it is taken for inputs of each shape (Shape), against the other rows.
struct HostileCase::ModeRow {
  std::string_view name;
  uint64_t weights[3];
  Judgement (HostileCase::*run)();
};

// All of one type, though two of them change nothing.
constexpr HostileCase::ModeRow HostileCase::kModes[] = {
    {"dump", {6, 4, 1}, &HostileCase::make_file},
    {"dump -F", {3, 2, 1}, &HostileCase::make_stream},
    {"dump --split", {2, 2, 1}, &HostileCase::make_parts},
    {"--reassemble", {1, 1, 8}, &HostileCase::make_reassembled},
    {"-R", {1, 5, 1}, &HostileCase::make_rearranged},
    {"--dump-dmesg", {2, 2, 1}, &HostileCase::make_log},
    {"--show-facts", {1, 1, 1}, &HostileCase::show_facts_of},
    {"--mem-usage", {1, 1, 1}, &HostileCase::show_usage},
    {"info", {1, 2, 2}, &HostileCase::inspect},
    {"verify", {1, 2, 4}, &HostileCase::verify},
};

HostileCase::HostileCase(const HostileInput& input, const std::string& scratch, Dice& dice)
    : output_(scratch + "/output"), inputs_(input.paths()) {
  constexpr int kLevels[] = {0, 1, 31, 31, 31, 2, 16};
  constexpr unsigned kThreads[] = {1, 1, 1, 2, 4};
  constexpr CodecId kCodecs[] = {CodecId::none, CodecId::zlib, CodecId::lzo, CodecId::snappy, CodecId::zstd};
  constexpr uint64_t kMostParts = 8;
  const auto weight = [&](const ModeRow& row) { return row.weights[static_cast<size_t>(input.shape)]; };
  uint64_t all = 0;
  for (const ModeRow& row : kModes) all += weight(row);
  uint64_t chosen = dice.below(all);
  mode_ = kModes;
  while (chosen >= weight(*mode_)) chosen -= weight(*mode_++);
  request_.vmcore = inputs_[dice.below(inputs_.size())];
  request_.dump_level = dice.one_in(4) ? static_cast<int>(dice.below(32)) : dice.of(kLevels);
  request_.num_threads = dice.of(kThreads);
  request_.codec = dice.of(kCodecs);
  request_.elf = mode_->run == &HostileCase::make_file && dice.one_in(3);
  if (request_.elf) request_.codec = CodecId::none;
  if (dice.one_in(8)) request_.vtop = VirtAddr(0xffff800000000000 | dice.any());
  capacity_ = dice.one_in(8) ? dice.below(uint64_t{1} << 20) : kUnlimited;
  log_part_ = dice.one_in(3) ? LogPart::since_clear : LogPart::whole;
  if (mode_->run != &HostileCase::make_parts) return;
  for (uint64_t n = 2 + dice.below(kMostParts - 1); n > 0; --n)
    request_.split_outputs.push_back(fmt::format("{}{}", output_, n));
  if (capacity_ != kUnlimited) request_.size_limit = capacity_;
}

bool HostileCase::is_dump() const { return mode_->name.starts_with("dump"); }

size_t HostileCase::mode() const { return static_cast<size_t>(mode_ - kModes); }

std::vector<std::string_view> HostileCase::modes() {
  std::vector<std::string_view> names;
  for (const ModeRow& row : kModes) names.push_back(row.name);
  return names;
}

std::string HostileCase::describe() const {
  if (!is_dump()) return std::string(mode_->name);
  return fmt::format(
      "{}{} -d {}, codec {}, {} threads{}{}", mode_->name, request_.elf ? " -E" : "", request_.dump_level,
      static_cast<int>(request_.codec), request_.num_threads,
      request_.split_outputs.empty() ? "" : fmt::format(", {} parts", request_.split_outputs.size()),
      capacity_ == kUnlimited ? "" : fmt::format(", room for {} bytes", capacity_));
}

Judgement HostileCase::run() { return (this->*mode_->run)(); }

// `files` are what it should be in, or what is left of it.
Judgement HostileCase::judge_dump(const Status& written, std::span<const std::string> files,
                                  uint64_t peak) const {
  if (written) {
    const Status checked = check_dump(files, request_.vmcore, report_);
    return judge(checked, fmt::format("{} pages", report_.pages_written), peak);
  }
  Judgement judgement = judge_error(written.error(), peak);
  for (const std::string& file : files) {
    if (judgement.outcome == Outcome::wrong || !has_bytes(file)) continue;
    const Status remains = check_remains(file, request_.vmcore);
    if (!remains) return {Outcome::wrong, remains.error().message() + " after: " + judgement.text, peak};
    judgement.outcome = Outcome::partial;
  }
  return judgement;
}

Judgement HostileCase::make_file() {
  MemoryFile out("output");
  MemoryPlace place(out, capacity_);
  request_.destination = &place;
  DumpObserver observer;
  const Status written = write_dump(request_, report_, observer);
  const std::string path = out.path();
  return judge_dump(written, std::span(&path, 1), peak_of_heap());
}

Judgement HostileCase::make_stream() {
  MemoryFile out("output");
  MemoryStream stream(out, capacity_);
  request_.destination_stream = &stream;
  DumpObserver observer;
  const Status written = write_dump(request_, report_, observer);
  const uint64_t peak = peak_of_heap();
  if (!written) return judge_error(written.error(), peak);  // a stream cannot be mended
  const std::string path = out.path();
  return judge_dump(written, std::span(&path, 1), peak);
}

Judgement HostileCase::make_parts() {
  const Leavings leavings(request_.split_outputs);
  DumpObserver observer;
  const Status written = write_dump(request_, report_, observer);
  const uint64_t peak = peak_of_heap();
  std::vector<std::string> files = request_.split_outputs;
  if (!written)
    for (std::string& file : files)
      if (!has_bytes(file)) file += "-incomplete";
  return judge_dump(written, files, peak);
}

Judgement HostileCase::make_reassembled() {
  const Leavings leavings({output_});
  DumpObserver observer;
  const auto merged = reassemble_dump(inputs_, output_, false, observer);
  const uint64_t peak = peak_of_heap();
  if (!merged) return judge_error(merged.error(), peak);
  return judge(check_merged(inputs_, output_), "a merged dump", peak);
}

Judgement HostileCase::make_rearranged() {
  const Leavings leavings({output_});
  const Result<UniqueFd> input = open_file(request_.vmcore, O_RDONLY);
  if (!input) return {Outcome::wrong, input.error().message(), 0};
  const auto rearranged = rearrange_dump(input->get(), output_, false);
  const uint64_t peak = peak_of_heap();
  if (!rearranged) return judge_error(rearranged.error(), peak);
  return judge(check_rearranged(request_.vmcore, output_), "a rearranged file", peak);
}

Judgement HostileCase::make_log() {
  MemoryFile out("log");
  MemoryStream stream(out);
  const Status written = write_dmesg(request_.vmcore, stream, {}, log_part_);
  const uint64_t peak = peak_of_heap();
  if (!written) return judge_error(written.error(), peak);
  ByteVector text(out.size());
  out.read(0, text);
  return judge_text(text_of(text), peak);
}

Judgement HostileCase::show_facts_of() {  // NOLINT(readability-make-member-function-const)
  const Result<std::string> shown = show_facts(request_.vmcore, {});
  const uint64_t peak = peak_of_heap();
  return shown ? judge_text(*shown, peak) : judge_error(shown.error(), peak);
}

Judgement HostileCase::show_usage() {
  DumpObserver observer;
  const Result<MemUsage> usage = measure_mem_usage(request_, observer);
  const uint64_t peak = peak_of_heap();
  return usage ? judge_text(describe_mem_usage(*usage), peak) : judge_error(usage.error(), peak);
}

Judgement HostileCase::inspect() {  // NOLINT(readability-make-member-function-const)
  const Result<DumpInfo> info = collect_info(request_.vmcore);
  if (!info) return judge_error(info.error(), peak_of_heap());
  const std::string text = info_text(*info), json = info_json(std::span(&*info, 1));
  const uint64_t peak = peak_of_heap();
  if (!nlohmann::json::accept(json)) return {Outcome::wrong, "the JSON cannot be read", peak};
  return judge_text(text, peak);
}

Judgement HostileCase::verify() {
  DumpObserver observer;
  const auto results =
      verify_dumps({.files = inputs_, .against = {}, .threads = request_.num_threads, .open = {}}, observer);
  const uint64_t peak = peak_of_heap();
  std::string text;
  for (const VerifyResult& result : results) text += verify_text(result, false);
  Judgement judgement = judge_text(text, peak);
  if (judgement.outcome == Outcome::wrong) return judgement;
  const auto found = verdict_of(results);
  judgement.outcome = Outcome::refused;
  if (found == kdump::Verdict::sound) judgement.outcome = Outcome::dump;
  if (found == kdump::Verdict::incomplete) judgement.outcome = Outcome::partial;
  judgement.text = text;
  return judgement;
}

}  // namespace kdump::test
