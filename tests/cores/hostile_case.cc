// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/cores/hostile_case.h"

#include <algorithm>
#include <limits>

#include "makedumpfile/format/kdump_header.h"
#include "makedumpfile/format/reassembler.h"
#include "makedumpfile/save_dmesg.h"
#include "makedumpfile/show_facts.h"
#include "makedumpfile/vmcore/vmcore.h"
#include "tests/cores/watched_memory.h"

namespace kdump::test {
namespace {

constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

// A target in memory of the kernel's, so that what is written counts for nobody's heap.
class FileSink : public RandomAccess {
 public:
  FileSink(MemoryFile& file, uint64_t capacity) : file_(&file), capacity_(capacity) {}

  Status write_at(uint64_t offset, Bytes data) override {
    if (offset > capacity_ || data.size() > capacity_ - offset)
      return fail_errno(ENOSPC, "memory: cannot write");
    file_->write(offset, data);
    return {};
  }
  Status restart() override {
    file_->truncate(0);
    return {};
  }
  Status finish() override { return {}; }

 private:
  MemoryFile* file_;
  uint64_t capacity_;
};

class FileStream : public Stream {
 public:
  FileStream(MemoryFile& file, uint64_t capacity) : sink_(file, capacity) {}
  Status write(Bytes data) override {
    TRY(sink_.write_at(end_, data));
    end_ += data.size();
    return {};
  }
  Status finish() override { return {}; }

 private:
  FileSink sink_;
  uint64_t end_ = 0;
};

Status reassemble_file(const MemoryFile& stream, MemoryFile& plain) {
  uint64_t position = 0;
  const auto read = [&](MutableBytes out) -> Result<size_t> {
    const size_t n = TRY(pread_up_to(stream.fd(), out, position));
    position += n;
    return n;
  };
  FileSink sink(plain, kUnlimited);
  TRY(reassemble(read, "stream", sink));
  return {};
}

// Every page of a dump that the dump says it has; how many of them are lost, as those are that the input had
// not readable.
Result<uint64_t> read_back(const MemoryFile& file) {
  uint64_t lost = 0;
  const std::unique_ptr<Vmcore> vmcore = TRY(open_vmcore(file.path()));
  ByteVector page(4096);
  for (const PfnRange& range : vmcore->memory_map().pages(12)) {
    const std::vector<PfnRange> excluded = TRY(vmcore->excluded_earlier(range, 12));
    auto left_out = excluded.begin();
    for (Pfn pfn = range.begin; pfn < range.end; ++pfn) {
      while (left_out != excluded.end() && left_out->end <= pfn) ++left_out;
      if (left_out != excluded.end() && left_out->contains(pfn)) continue;
      const Status read = vmcore->read(PhysAddr(pfn.value() << 12), page);
      if (!read && read.error().kind() == ErrorKind::corrupt) return std::unexpected(read.error());
      lost += read ? 0U : 1U;
    }
  }
  return lost;
}

// What is left of a dump that was given up: nothing, or one whose header says that it is incomplete.
Status check_remains(const MemoryFile& file, bool elf) {
  if (file.size() == 0 || elf) return {};
  ByteVector start(std::min<uint64_t>(kKdumpHeaderBytes, file.size()));
  file.read(0, start);
  const KdumpHeaderFacts facts = TRY(read_kdump_header(start, file.size(), "what is left"));
  return facts.incomplete ? Status() : Status(fail("what is left does not say that it is incomplete"));
}

bool is_one_line(std::string_view text) {
  return !text.empty() && text.find_first_of("\n\r") == std::string_view::npos;
}

Verdict judge_error(const Error& error, uint64_t peak) {
  const std::string& text = error.message();
  if (!is_one_line(text)) return {Outcome::wrong, "an error of several lines, or of none: " + text, peak};
  return {Outcome::refused, text, peak};
}

Status copy(const MemoryFile& from, MemoryFile& to) {
  to.copy_from(from);
  return {};
}

// The formats that a core is turned into before it is made wrong.
struct FormatRow {
  const char* name;
  Status (*make)(const MemoryFile& elf, MemoryFile& out);
};

DumpRequest request_for(const MemoryFile& elf, int level) {
  DumpRequest request;
  request.vmcore = elf.path();
  request.dump_level = level;
  request.codec = CodecId::zlib;
  return request;
}

Status make_plain(const MemoryFile& elf, MemoryFile& out, int level) {
  DumpRequest request = request_for(elf, level);
  FileSink sink(out, kUnlimited);
  request.destination = &sink;
  DumpReport report;
  DumpObserver observer;
  return write_dump(request, report, observer);
}

Status make_kdump(const MemoryFile& elf, MemoryFile& out) { return make_plain(elf, out, 1); }
Status make_filtered(const MemoryFile& elf, MemoryFile& out) { return make_plain(elf, out, 31); }

Status make_flattened(const MemoryFile& elf, MemoryFile& out) {
  DumpRequest request = request_for(elf, 1);
  FileStream stream(out, kUnlimited);
  request.destination_stream = &stream;
  DumpReport report;
  DumpObserver observer;
  return write_dump(request, report, observer);
}

// A new input format = a row.
constexpr FormatRow kFormats[] = {{"ELF", copy},
                                  {"kdump", make_kdump},
                                  {"kdump at level 31", make_filtered},
                                  {"flattened", make_flattened}};

}  // namespace

Status add_sources(const std::string& name, std::unique_ptr<MemoryFile> elf, std::vector<Source>& sources) {
  for (const FormatRow& row : kFormats) {
    auto file = std::make_unique<MemoryFile>(row.name);
    TRY(with_context(row.make(*elf, *file), "{} as {}", name, row.name));
    sources.push_back({fmt::format("{} as {}", name, row.name), std::move(file)});
  }
  return {};
}

HostileCase::HostileCase(const MemoryFile& input, Dice& dice) {
  constexpr Kind kKinds[] = {Kind::place,  Kind::place, Kind::place, Kind::stream,
                             Kind::stream, Kind::log,   Kind::facts};
  constexpr int kLevels[] = {0, 1, 31, 31, 31, 2, 16};
  constexpr unsigned kThreads[] = {1, 1, 1, 2, 4};
  constexpr CodecId kCodecs[] = {CodecId::none, CodecId::zlib, CodecId::lzo, CodecId::snappy, CodecId::zstd};
  kind_ = dice.of(kKinds);
  request_.vmcore = input.path();
  request_.dump_level = dice.one_in(4) ? static_cast<int>(dice.below(32)) : dice.of(kLevels);
  request_.num_threads = dice.of(kThreads);
  request_.codec = dice.of(kCodecs);
  request_.elf = kind_ == Kind::place && dice.one_in(3);
  if (request_.elf) request_.codec = CodecId::none;
  capacity_ = dice.one_in(8) ? dice.below(uint64_t{1} << 20) : kUnlimited;
}

std::string HostileCase::describe() const {
  if (kind_ == Kind::log) return "log";
  if (kind_ == Kind::facts) return "facts";
  return fmt::format("{}{} -d {}, codec {}, {} threads{}", kind_ == Kind::stream ? "stream" : "file",
                     request_.elf ? " ELF" : "", request_.dump_level, static_cast<int>(request_.codec),
                     request_.num_threads,
                     capacity_ == kUnlimited ? "" : fmt::format(", room for {} bytes", capacity_));
}

Verdict HostileCase::run() {
  if (kind_ == Kind::log) return read_log();
  return kind_ == Kind::facts ? show() : make_dump();
}

Verdict HostileCase::make_dump() {
  MemoryFile out("output");
  FileSink sink(out, capacity_);
  FileStream stream(out, capacity_);
  if (kind_ == Kind::stream) {
    request_.destination_stream = &stream;
  } else {
    request_.destination = &sink;
  }
  DumpReport report;
  DumpObserver observer;
  const Status written = write_dump(request_, report, observer);
  const uint64_t peak = peak_of_heap();
  if (!written) {
    Verdict verdict = judge_error(written.error(), peak);
    if (verdict.outcome == Outcome::wrong || kind_ == Kind::stream || out.size() == 0) return verdict;
    const Status remains = check_remains(out, request_.elf);
    if (!remains) return {Outcome::wrong, remains.error().message() + " after: " + verdict.text, peak};
    verdict.outcome = Outcome::partial;
    return verdict;
  }
  MemoryFile plain("rearranged");
  if (kind_ == Kind::stream)
    if (const Status rearranged = reassemble_file(out, plain); !rearranged)
      return {Outcome::wrong, "the stream cannot be rearranged: " + rearranged.error().message(), peak};
  const Result<uint64_t> lost = read_back(kind_ == Kind::stream ? plain : out);
  if (!lost) return {Outcome::wrong, "the dump cannot be read: " + lost.error().message(), peak};
  const uint64_t unreadable = report.pages[PageClass::unreadable];
  if (*lost > unreadable)
    return {Outcome::wrong, fmt::format("{} pages are lost, {} could not be read", *lost, unreadable), peak};
  return {Outcome::dump, fmt::format("{} pages", report.pages_written), peak};
}

Verdict HostileCase::read_log() {
  MemoryFile out("log");
  FileStream stream(out, kUnlimited);
  const Status written = write_dmesg(request_.vmcore, stream);
  const uint64_t peak = peak_of_heap();
  if (!written) return judge_error(written.error(), peak);
  return {Outcome::dump, fmt::format("a log of {} bytes", out.size()), peak};
}

Verdict HostileCase::show() {
  const Result<std::string> shown = show_facts(request_.vmcore, {});
  const uint64_t peak = peak_of_heap();
  if (!shown) return judge_error(shown.error(), peak);
  return {Outcome::dump, fmt::format("{} bytes of facts", shown->size()), peak};
}

}  // namespace kdump::test
