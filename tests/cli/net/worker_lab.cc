// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/cli/net/worker_lab.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/layout/elf.h"
#include "makedumpfile/rearrange.h"
#include "tests/unit/makedumpfile/support/elf_core_builder.h"

namespace kdump::test {
namespace {

constexpr size_t kPage = 4096;

ByteVector note(std::string_view name, uint32_t type, Bytes content) {
  ByteVector bytes;
  const auto add = [&bytes](Bytes part) {
    bytes.insert(bytes.end(), part.begin(), part.end());
    bytes.resize((bytes.size() + 3) / 4 * 4);
  };
  const le32 header[] = {le32(static_cast<uint32_t>(name.size() + 1)),
                         le32(static_cast<uint32_t>(content.size())), le32(type)};
  add(std::as_bytes(std::span(header)));
  add(bytes_of(std::string(name) + '\0'));
  add(content);
  return bytes;
}

// Without struct pages: levels 0 and 1 work on it.
ByteVector made_core(uint64_t pages) {
  constexpr uint64_t kStart = 1 << 20;
  constexpr uint64_t kMemory = 8192;
  constexpr uint64_t kNotes = 4096;
  ElfCoreBuilder<> core;
  ByteVector notes = note("CORE", 1, ByteVector(336));
  const ByteVector info =
      note("VMCOREINFO", 0,
           bytes_of(std::string_view("OSRELEASE=6.1.0-test\nPAGESIZE=4096\nCRASHTIME=1700000000\n")));
  notes.insert(notes.end(), info.begin(), info.end());
  core.add(elf::PT_NOTE, kNotes, 0, notes.size());
  core.add(elf::PT_LOAD, kMemory, kStart, pages * kPage);
  core.put(kNotes, notes);
  core.put(kMemory, ByteVector(pages * kPage));
  for (uint64_t pfn = 0; pfn < pages; ++pfn) {
    const uint64_t at = kMemory + pfn * kPage;
    if (pfn % 3 == 1) core.put(at, ByteVector(kPage, std::byte('a' + pfn % 26)));
    if (pfn % 3 == 2) core.put(at, noise(kPage, static_cast<uint32_t>(pfn)));
  }
  return core.build();
}

}  // namespace

WorkerLab::WorkerLab(uint64_t pages) {
  plan.collector = {"makedumpfile", "-c", "-d", "1"};
  const ByteVector core = made_core(pages);
  write_text(folder_ / "core", text_of(core));
  write_text(folder_ / "kdump.conf", "path /crash\n");
}

capture::AttemptOutcome WorkerLab::run(const std::string& program, protocol::Mode mode) {
  write_text(folder_ / "plan.json", plan::to_json(plan));
  events.clear();
  const plan::Target& target = plan.targets.at(0);
  const protocol::Request request{.mode = mode,
                                  .target = 0,
                                  .plan = folder_ / "plan.json",
                                  .config = folder_ / "kdump.conf",
                                  .vmcore = folder_ / "core",
                                  .directory = target.directory,
                                  .dump_directory = dump_directory,
                                  .result = "{}\n"};
  return capture::run_attempt(program, request, {.stall = target.stall, .deadline = {}}, *this, memory_);
}

std::string WorkerLab::local_dump() {
  WorkerLab local(0);
  local.plan.collector = plan.collector;
  local.plan.targets.resize(1);
  local.plan.targets[0].device.uuid = "u";
  local.plan.targets[0].directory = local.folder() / "crash";
  mkdir(local.plan.targets[0].directory.c_str(), 0700);
  write_text(local.folder() / "core", read_text(folder_ / "core"));
  const capture::AttemptOutcome outcome = local.run(WORKER_PROGRAM, protocol::Mode::dump);
  EXPECT_TRUE(outcome.status) << outcome.status.error().message();
  return read_text(local.dump_directory + "/vmcore");
}

std::string WorkerLab::rearranged(const std::string& flattened) const {
  const UniqueFd input(open(flattened.c_str(), O_RDONLY | O_CLOEXEC));
  const auto report = rearrange_dump(input.get(), folder_ / "rearranged", true);
  EXPECT_TRUE(report) << report.error().message();
  return read_text(folder_ / "rearranged");
}

std::vector<std::string> WorkerLab::texts(protocol::EventKind kind) const {
  std::vector<std::string> found;
  for (const protocol::Event& event : events) {
    if (event.kind == kind) found.push_back(event.text);
  }
  return found;
}

void WorkerLab::on_event(const protocol::Event& event) {
  events.push_back(event);
  if (event.kind == protocol::EventKind::directory) dump_directory = event.text;
  if (event.kind == protocol::EventKind::progress && on_progress) on_progress(event);
}

void WorkerLab::on_output(std::string_view line) { ADD_FAILURE() << "the worker printed: " << line; }

}  // namespace kdump::test
