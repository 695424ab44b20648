// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/attempt.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace kdump::capture {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

struct Heard final : WorkerListener {
  std::vector<protocol::Event> events;
  std::vector<std::string> output;
  void on_event(const protocol::Event& event) override { events.push_back(event); }
  void on_output(std::string_view line) override { output.emplace_back(line); }
};

// Runs a shell script as the worker.
class AttemptTest : public testing::Test {
 protected:
  AttemptTest() {
    std::string name = std::filesystem::temp_directory_path() / "attempt.XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~AttemptTest() override { std::filesystem::remove_all(folder_); }

  AttemptOutcome run(const std::string& script, const AttemptLimits& limits = {}) {
    const std::string path = folder_ / "worker";
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    chmod(path.c_str(), 0700);
    return run_attempt(path,
                       {.mode = protocol::Mode::dump,
                        .plan = "/plan.json",
                        .config = {},
                        .vmcore = {},
                        .directory = {},
                        .dump_directory = {},
                        .result = {}},
                       limits, heard, memory_);
  }
  static std::string why(const AttemptOutcome& outcome) {
    return outcome.status ? std::string() : outcome.status.error().message();
  }

  Heard heard;

 private:
  std::filesystem::path folder_;
  MemoryWatch memory_;
};

TEST_F(AttemptTest, HearsEventsAndOutputInOrder) {
  const AttemptOutcome outcome = run(R"(
    echo '{"event":"step","text":"Copying data","number":10}' >&3
    echo '{"event":"progress","number":5}' >&3
    echo 'something printed'
    echo 'and an error' >&2
    echo '{"event":"done"}' >&3)");
  EXPECT_EQ(why(outcome), "");
  ASSERT_EQ(heard.events.size(), 3U);
  EXPECT_EQ(heard.events[1].number, 5U);
  EXPECT_EQ(heard.output, (std::vector<std::string>{"something printed", "and an error"}));
}

TEST_F(AttemptTest, AFullTargetIsAnErrorOfItsOwn) {
  const AttemptOutcome full = run(R"(echo '{"event":"failed","text":"no space","number":1}' >&3; exit 1)");
  EXPECT_EQ(why(full), "no space");
  EXPECT_EQ(full.status.error().kind(), ErrorKind::no_space);
  const AttemptOutcome other = run(R"(echo '{"event":"failed","text":"no disk"}' >&3; exit 1)");
  EXPECT_EQ(other.status.error().kind(), ErrorKind::failure);
}

TEST_F(AttemptTest, TheRequestIsOnStandardInput) {
  run("cat; echo; echo $1");
  ASSERT_EQ(heard.output.size(), 2U);
  const auto request = protocol::request_from_json(heard.output[0]);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->plan, "/plan.json");
  EXPECT_EQ(heard.output[1], "dump");
}

TEST_F(AttemptTest, ItsOwnWordForTheErrorIsTheReason) {
  EXPECT_EQ(why(run(R"(echo '{"event":"failed","text":"no such directory"}' >&3; exit 1)")),
            "no such directory");
}

TEST_F(AttemptTest, EndingQuietlyIsAnErrorToo) {
  EXPECT_EQ(why(run("exit 0")), "ended without having done its work");
  EXPECT_EQ(why(run("echo last words; exit 3")), "exited with status 3: last words");
}

TEST_F(AttemptTest, ADeathBySignalNamesTheStep) {
  const std::string reason = why(run(R"(echo '{"event":"step","text":"Copying data"}' >&3; kill -SEGV $$)"));
  EXPECT_EQ(reason, "killed by signal 11 (Segmentation fault) during: Copying data");
}

TEST_F(AttemptTest, HostileLinesAreSkipped) {
  const AttemptOutcome outcome = run(R"(
    printf '{"event":"no' >&3
    printf '\001\377\n{"event":"done","number":-1}\n' >&3
    head -c 300000 /dev/zero >&3
    echo >&3
    echo '{"event":"done"}' >&3)");
  EXPECT_EQ(why(outcome), "");
  EXPECT_EQ(heard.events.size(), 1U);
}

TEST_F(AttemptTest, NoProgressEndsIt) {
  const AttemptOutcome outcome = run(R"(echo '{"event":"step","text":"Copying data"}' >&3; exec sleep 1000)",
                                     {.stall = seconds(1), .deadline = {}});
  EXPECT_EQ(why(outcome), "no progress for 1s during: Copying data; it was killed");
  EXPECT_FALSE(outcome.left_behind);
}

TEST_F(AttemptTest, PrintingIsNotProgress) {
  const AttemptOutcome outcome =
      run("while :; do echo x; sleep 0.1; done", {.stall = seconds(1), .deadline = {}});
  EXPECT_EQ(why(outcome), "no progress for 1s; it was killed");
}

TEST_F(AttemptTest, AFloodOfOutputDoesNotHideTheDeadline) {
  const AttemptOutcome outcome =
      run("exec yes", {.stall = seconds(0), .deadline = steady_clock::now() + milliseconds(500)});
  EXPECT_EQ(why(outcome), "not finished by its deadline; it was killed");
}

TEST_F(AttemptTest, ProgressKeepsItAlive) {
  const AttemptOutcome outcome = run(R"(
    for i in 1 2 3 4 5 6 7 8; do echo "{\"event\":\"progress\",\"number\":$i}" >&3; sleep 0.2; done
    echo '{"event":"done"}' >&3)",
                                     {.stall = seconds(1), .deadline = {}});
  EXPECT_EQ(why(outcome), "");
}

TEST_F(AttemptTest, AGrandchildThatKeepsThePipesDoesNotHoldUs) {
  const AttemptOutcome outcome = run(R"(sleep 1000 & echo $! ; echo '{"event":"done"}' >&3)");
  EXPECT_EQ(why(outcome), "");
  ASSERT_EQ(heard.output.size(), 1U);
  kill(std::stoi(heard.output[0]), SIGKILL);
}

TEST_F(AttemptTest, AMissingLibraryIsNamedWithTheRemedy) {
  const AttemptOutcome outcome =
      run("echo 'kdump-capture-worker: error while loading shared libraries: libzstd.so.1: cannot open "
          "shared object file: "
          "No such file or directory' >&2; exit 127");
  EXPECT_EQ(why(outcome),
            "cannot start: libzstd.so.1: cannot open shared object file: No such file or directory: rebuild "
            "the image "
            "with kdumpctl rebuild");
  EXPECT_TRUE(outcome.cannot_start);
}

TEST_F(AttemptTest, AProgramThatIsNotThereIsSaid) {
  MemoryWatch memory;
  const AttemptOutcome outcome = run_attempt("/nowhere/worker", {}, {}, heard, memory);
  EXPECT_EQ(why(outcome), "cannot start: cannot execute /nowhere/worker: no such file or directory");
  EXPECT_TRUE(outcome.cannot_start);
}

TEST_F(AttemptTest, PeakMemoryIsSampled) {
  const AttemptOutcome outcome = run("sleep 0.5");
  EXPECT_GT(outcome.peak_rss_kib, 0U);
}

TEST_F(AttemptTest, ItIsTheFirstToGoWhenMemoryRunsOut) {
  run("sleep 0.3; cat /proc/self/oom_score_adj");
  ASSERT_EQ(heard.output.size(), 1U);
  EXPECT_EQ(heard.output[0], "1000");
}

TEST(WhyFailed, OutOfMemoryIsASignalNineWithAnOomKillMeanwhile) {
  WorkerEnd end;
  end.exit.signal = SIGKILL;
  end.last_step = "Copying data";
  EXPECT_EQ(why_failed(end), "killed by signal 9 (Killed) during: Copying data");
  end.out_of_memory = true;
  EXPECT_EQ(why_failed(end),
            "out of memory: the kernel killed it during: Copying data; a larger crashkernel= reservation "
            "would help");
  end.exit.signal = SIGSEGV;
  EXPECT_EQ(why_failed(end), "killed by signal 11 (Segmentation fault) during: Copying data");
}

TEST(WhyFailed, OneStuckInTheKernelIsSaidToBeLeftBehind) {
  WorkerEnd end;
  end.ended = Ended::stalled;
  end.exit.timed_out = true;
  end.stall = seconds(120);
  EXPECT_EQ(why_failed(end), "no progress for 2m0s; it is stuck in the kernel and was left behind");
}

TEST(WhyFailed, DoneIsDoneHoweverItEnds) {
  WorkerEnd end;
  end.done = true;
  end.exit.signal = SIGABRT;
  EXPECT_EQ(why_failed(end), "");
}

TEST(MissingLibrary, OnlyTheLoadersWordsCount) {
  EXPECT_EQ(missing_library("x: error while loading shared libraries: liba.so: no"), "liba.so: no");
  EXPECT_EQ(missing_library("cannot execute x"), "");
}

}  // namespace
}  // namespace kdump::capture
