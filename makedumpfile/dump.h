// SPDX-License-Identifier: GPL-2.0-or-later
// One dump from end to end. dump.cc is the step list: read it first.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/units.h"
#include "makedumpfile/codec/codec.h"
#include "makedumpfile/erase/bind.h"
#include "makedumpfile/filter/evidence.h"
#include "makedumpfile/filter/page_class.h"
#include "makedumpfile/kernel/named_facts.h"
#include "makedumpfile/sink/sink.h"

namespace kdump {

struct DumpRequest {
  std::string vmcore = "/proc/vmcore";
  std::string output;  // a path; unused when flattened
  int output_fd = -1;  // flattened stream goes here
  // --split: these files instead of `output`, each with a part of the pages; the ranges of the parts are
  // multiples of splitblock_bytes, 0 for what serves best, 1 GiB at most.
  std::vector<std::string> split_outputs;
  uint64_t splitblock_bytes = 0;
  bool flattened = false;  // -F
  bool elf = false;        // -E: an ELF core instead of a kdump-compressed file, without compression
  bool overwrite = false;  // -f
  std::optional<uint64_t> size_limit;  // -L: bytes of a file or stream, after which it counts as full
  bool dry_run = false;                // everything but writing
  bool smaller_if_full = true;         // see write_dump
  bool use_mmap = true;
  std::string work_dir;  // where a vmcore that comes through a pipe is kept; empty: OpenOptions::work_dir
  int dump_level = 0;
  std::vector<int> next_levels;  // -d L1,L2,…: what is tried, one after the other, where the target is full
  CodecId codec = CodecId::none;
  unsigned num_threads = 1;  // compression and classification workers
  // Bytes of the filesystem that holds `output` which stay free whatever happens: reaching them is as if it
  // were full. For a destination of the caller there is sink/size_limit.h.
  uint64_t min_free = 0;
  NamedFacts named;  // -x or -i, read already
  // --config, read already, its symbols among the named facts: what is overwritten in every page that goes
  // into the dump, and in what the header copies from there.
  BoundRules erase;
  std::optional<VirtAddr> vtop;  // --vtop: the observer is told how the kernel's page tables translate it
  // One of them, the caller's, takes the dump instead of `output` and `output_fd`: a place gets a plain
  // file, a stream the flattened form. finish() is called once, when all of the dump is
  // there; after an error never, so that a sink which is destroyed unfinished leaves only NAME-incomplete.
  RandomAccess* destination = nullptr;
  Stream* destination_stream = nullptr;
};

struct DumpReport {
  std::string release;         // of the kernel that crashed; empty when not known
  int requested_level = 0;     // with that of the input, where that was filtered before
  int dump_level = 0;          // used: the highest that passed the self-check
  bool keeps_offline = false;  // pages that look offline (poisoned) are kept, since that cannot be right
  bool keeps_hwpoison = false;
  std::vector<std::string> reasons;  // why the level is not the requested one, or what is kept
  // Left out, per class; `kept` are those with a descriptor, the zero and the unreadable ones among them.
  ClassCounts pages;
  ClassCounts earlier;         // of the pages that the input does not hold: what the rules make of them
  ClassCounts rescued;         // would have been left out, but are protected; by the class they look like
  Evidence evidence;           // what the struct pages say against the rules
  uint64_t unclassified = 0;   // kept: their struct pages could not be read
  uint64_t max_pfn = 0;        // one past the highest page
  uint64_t pages_total = 0;    // with data in the vmcore
  uint64_t pages_written = 0;  // with a descriptor in the dump
  // The target turned out to be full, and a smaller dump was begun in place of the one asked for; pages that
  // it should hold and does not, where it was full again.
  bool target_full = false;
  uint64_t pages_missing = 0;
  uint64_t bytes_written = 0;  // size of the dump
  uint64_t bytes_erased = 0;   // by the rules, in memory; more than in the dump where pages are left out
  uint64_t page_size = 0;
  double classify_seconds = 0;
  double copy_seconds = 0;
  double seconds = 0;   // the whole dump
  std::string remains;  // after an error: what is left of the output, as its sink names it
};

// Told what happens while it happens; called from one thread at a time. The default ignores it.
class DumpObserver {
 public:
  virtual ~DumpObserver() = default;
  // A named step begins ("Copying data"), with `total` units of progress.
  virtual void step(std::string_view /*name*/, uint64_t /*total*/) {}
  // `done` units of the current step are finished; called at most a few times a second.
  virtual void progress(uint64_t /*done*/) {}
  // Something the user should know that is no error ("12 pages could not be read").
  virtual void note(std::string_view /*text*/) {}
  // What somebody who looks for a fault may want to know.
  virtual void debug(std::string_view /*text*/) {}
};

// Writes the dump, and into `report` what was done, also when it fails. What is left out is what the
// self-check (filter/self_check.h) finds right, at most the level asked for. A regular output file is written
// as "<output>-incomplete", synced, and gets its name only when it is whole; after an error the incomplete
// file stays, marked incomplete in its header, and the error says so.
//
// When the target is full, a smaller dump takes the place of what is there: of each of next_levels in turn,
// then, if the request allows it, of the highest level, and the kernel's own pages
// (protect/protected_pages.h) first. Is that whole, the dump is a
// success, and `report` tells the level and the reason. Otherwise it is ErrorKind::no_space, and the
// incomplete file has what did fit; where not even its tables do, nothing stays.
Status write_dump(const DumpRequest& request, DumpReport& report, DumpObserver& observer);

// Struct pages that contradict a rule, and pages of batches that many of those are in: what is kept in doubt.
uint64_t doubtful_pages(const Evidence& evidence);
// The pages of each class in makedumpfile's words, ready to print.
std::string describe_pages(const DumpReport& report);
// One line: which level was used instead of the one asked for, and why; empty when it was that.
std::string describe_self_check(const DumpReport& report);
// What the steps took and how much was written.
std::string describe_times(const DumpReport& report);

}  // namespace kdump
