// SPDX-License-Identifier: GPL-2.0-or-later
// The two programs of the capture kernel as they are built: what they are linked to, and the real worker run
// by the code that runs it after a panic.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/file.h"
#include "common/process.h"
#include "common/text.h"
#include "initramfs/capture/attempt.h"
#include "initramfs/plan/plan.h"

namespace kdump::capture {
namespace {

namespace fs = std::filesystem;
using protocol::EventKind;
using protocol::Mode;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::chrono::seconds kPatience{60};

TEST(CapturePrograms, RefuseToStartOnARunningSystem) {
  for (const char* program : {CAPTURE_PROGRAM, WORKER_PROGRAM}) {
    // A descriptor 3 that the test runner leaves open would be taken for the parent's pipe.
    const auto run = run_captured({"/bin/sh", "-c", "exec \"$0\" 3>&-", program}, kPatience);
    ASSERT_TRUE(run) << run.error().message();
    EXPECT_EQ(run->exit.code, 2) << program;
    EXPECT_THAT(run->output, HasSubstr("see kdump-capture(8)"));
  }
}

// The sanitizers have no static form and bring libraries of their own.
#if !KDUMP_SANITIZED
constexpr uintmax_t kMaxStaticBytes = 3 << 20;  // it is unpacked and then locked into tens of megabytes

// What may come along into the image. Whatever is added here costs every capture kernel its memory.
constexpr std::string_view kAllowedLibraries[] = {
    "linux-vdso.so.1", "ld-linux-x86-64.so.2", "libc.so.6",   "libm.so.6",    "libgcc_s.so.1",
    "libstdc++.so.6",  "libdeflate.so.0",      "libz.so.1",   "liblzo2.so.2", "libzstd.so.1",
    "libsnappy.so.1",  "libelf.so.1",          "libbpf.so.1",
};

std::string output_of(const std::vector<std::string>& argv) {
  const Result<CapturedOutput> run = run_captured(argv, kPatience);
  EXPECT_TRUE(run) << run.error().message();
  EXPECT_TRUE(run && run->exit.succeeded()) << argv[0];
  return run ? run->output : std::string();
}

TEST(CapturePrograms, PidOneNeedsNoLibraryAtAll) {
  EXPECT_EQ(output_of({"/usr/bin/readelf", "-lW", CAPTURE_PROGRAM}).find("INTERP"), std::string::npos);
  // Only what is installed is stripped.
  EXPECT_LE(fs::file_size(CAPTURE_PROGRAM), KDUMP_RELEASE != 0 ? kMaxStaticBytes : UINTMAX_MAX);
}

TEST(CapturePrograms, TheWorkerNeedsOnlyTheLibrariesOnTheList) {
  const std::string needed = output_of({"/usr/bin/ldd", WORKER_PROGRAM});
  for (const std::string_view line : split_lines(needed)) {
    const std::string_view path = split_words(line).at(0);
    const std::string_view name = path.substr(path.rfind('/') + 1);
    EXPECT_NE(std::ranges::find(kAllowedLibraries, name), std::end(kAllowedLibraries)) << name;
  }
}

#endif

struct Heard final : WorkerListener {
  std::vector<protocol::Event> events;
  std::vector<std::string> output;
  void on_event(const protocol::Event& event) override { events.push_back(event); }
  void on_output(std::string_view line) override { output.emplace_back(line); }

  [[nodiscard]] std::vector<std::string> texts(EventKind kind) const {
    std::vector<std::string> result;
    for (const protocol::Event& event : events) {
      if (event.kind == kind) result.push_back(event.text);
    }
    return result;
  }
};

class RealWorker : public testing::Test {
 protected:
  RealWorker() {
    std::string name = fs::temp_directory_path() / "capture.XXXXXX";
    root_ = mkdtemp(name.data());
    fs::create_directories(root_ / "crash");
    write("kdump.conf", "path /crash\n");
    write("vmcore", std::string(100'000, 'm'));
  }
  ~RealWorker() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(root_ / name) << content;
  }

  AttemptOutcome run(Mode mode, const std::vector<std::string>& collector,
                     const std::string& dump_directory = {}) {
    plan::Plan plan;
    plan.collector = collector;
    plan.targets.resize(1);
    plan.targets[0].device.uuid = "u";
    plan.targets[0].directory = "/crash";
    plan.min_free = 0;
    write("plan.json", plan::to_json(plan));
    heard = {};
    return run_attempt(WORKER_PROGRAM,
                       {.mode = mode,
                        .target = 0,
                        .plan = root_ / "plan.json",
                        .config = root_ / "kdump.conf",
                        .vmcore = root_ / "vmcore",
                        .directory = root_ / "crash",
                        .dump_directory = dump_directory,
                        .result = "{}\n"},
                       {.stall = kPatience, .deadline = {}}, heard, memory_);
  }

  Heard heard;

 private:
  fs::path root_;
  MemoryWatch memory_;
};

TEST_F(RealWorker, CopiesTheWholeVmcoreAndThenSavesTheResult) {
  const AttemptOutcome dumped = run(Mode::dump, {"cp"});
  ASSERT_TRUE(dumped.status) << dumped.status.error().message();
  const std::string directory = heard.texts(EventKind::directory).at(0);
  EXPECT_EQ(fs::file_size(directory + "/vmcore"), 100'000U);
  EXPECT_THAT(heard.texts(EventKind::saved), ElementsAre("vmcore"));
  EXPECT_GT(dumped.peak_rss_kib, 0U);

  run(Mode::finish, {"cp"}, directory);
  EXPECT_EQ(read_text_file(directory + "/kdump-result.json").value_or(""), "{}\n");
  EXPECT_EQ(read_text_file(directory + "/kdump.conf").value_or(""), "path /crash\n");
}

TEST_F(RealWorker, WhatIsNoCoreIsTheEnginesError) {
  const AttemptOutcome dumped = run(Mode::dump, {"makedumpfile", "-d", "31"});
  ASSERT_FALSE(dumped.status);
  EXPECT_THAT(dumped.status.error().message(), HasSubstr("vmcore"));
  EXPECT_FALSE(fs::exists(heard.texts(EventKind::directory).at(0) + "/vmcore"));
}

TEST_F(RealWorker, ACollectorThatIsNotThereIsNamed) {
  const AttemptOutcome dumped = run(Mode::dump, {"/nowhere/dd"});
  ASSERT_FALSE(dumped.status);
  EXPECT_THAT(dumped.status.error().message(), HasSubstr("/nowhere/dd"));
}

TEST_F(RealWorker, ThereIsNoLogToShowInWhatIsNoCore) {
  EXPECT_FALSE(run(Mode::console_log, {"cp"}).status);
  EXPECT_THAT(heard.output, ElementsAre());
}

}  // namespace
}  // namespace kdump::capture
