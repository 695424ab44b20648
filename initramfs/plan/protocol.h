// SPDX-License-Identifier: GPL-2.0-or-later
// What kdump-capture and its worker say to each other: one request on the worker's standard input, then
// events, one JSON object a line, on file descriptor kEventFd.
//
// The worker may be dying while it writes: a line may be cut, damaged or endless. Whoever reads takes each
// line as foreign bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/error.h"

namespace kdump::protocol {

inline constexpr int kEventFd = 3;
inline constexpr size_t kMaxLine = size_t{64} << 10;  // longer lines are dropped

// Where the programs find each other and their input in the capture image (its builder puts them there). The
// workers for servers have plan::worker_suffix() behind that name.
inline constexpr const char* kWorkerInImage = "/usr/lib/kdump/kdump-capture-worker";
inline constexpr const char* kConfigInImage = "/etc/kdump.conf";
inline constexpr const char* kVmcore = "/proc/vmcore";
inline constexpr const char* kTargetMount = "/kdumproot";  // made by kdump-capture

// What one run of the worker is for. Each is an attempt of its own: the ones after a failure must work
// without what the failed one left behind.
enum class Mode {
  dump,         // the directory, vmcore-dmesg.txt, vmcore
  log,          // the directory where there is none yet, vmcore-dmesg.txt
  finish,       // kexec-dmesg.log, kdump-result.json, kdump.conf into an existing directory
  console_log,  // the last lines of the dead kernel's log to standard output
};

std::string_view mode_name(Mode mode);

// What becomes of a dump that there is no space for.
enum class IfFull {
  give_up,  // an error: another target may have the space
  smaller,  // a smaller one in its place
};

struct Request {
  Mode mode = Mode::dump;
  IfFull if_full = IfFull::give_up;
  uint64_t target = 0;  // which one: an index into the plan's targets with its rootfs behind them
  std::string plan;     // path of plan.json
  std::string config;   // path of kdump.conf
  std::string vmcore;   // path
  // Where dumps go: with the mount point in front ("/kdumproot/var/crash"), on the server as the plan has it,
  // or the device of a raw target.
  std::string directory;
  std::string dump_directory;  // the one this dump has got, whole path; empty as long as there is none
  std::string result;          // content of kdump-result.json; finish only
};

std::string to_json(const Request& request);
Result<Request> request_from_json(std::string_view text);

enum class EventKind {
  directory,  // text: the dump's directory, whole path
  step,       // text: its name; number: units of progress it has, 0 when not known
  progress,   // number: units finished
  note,       // text: what the user should know
  saved,      // text: name of a file that is whole and synced; number: its bytes
  summary,    // the dump's numbers
  failed,     // text: the error that ended the attempt; number: 1 where the target was full
  done,       // everything asked for is on the target
};

// Of one dump, for kdump-result.json.
struct Summary {
  uint64_t pages_total = 0;
  uint64_t pages_written = 0;
  uint64_t bytes_written = 0;
  uint64_t page_size = 0;
  uint64_t requested_level = 0;
  uint64_t dump_level = 0;  // used
  uint64_t classify_ms = 0;
  uint64_t copy_ms = 0;
  std::vector<std::string> reasons{};                       // why the level used is not the one asked for
  std::vector<std::pair<std::string, uint64_t>> classes{};  // pages per class, in the report's order
  std::vector<std::pair<std::string, uint64_t>> rescued{};  // would have been left out, but are protected

  bool operator==(const Summary&) const = default;
};

struct Event {
  EventKind kind = EventKind::note;
  std::string text{};
  uint64_t number = 0;
  Summary summary{};

  bool operator==(const Event&) const = default;
};

// One line with its newline; bytes that are not UTF-8 come out as U+FFFD.
std::string to_line(const Event& event);
// `line` without its newline. Never throws, whatever the bytes.
Result<Event> event_from_line(std::string_view line);

// Cuts what arrives from a pipe into lines.
class LineReader {
 public:
  // The lines completed by `bytes`, in order; one that grew beyond kMaxLine is dropped and counted.
  std::vector<std::string> feed(std::string_view bytes);
  [[nodiscard]] uint64_t dropped() const { return dropped_; }

 private:
  std::string partial_;
  uint64_t dropped_ = 0;
  bool too_long_ = false;
};

}  // namespace kdump::protocol
