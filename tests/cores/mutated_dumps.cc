// SPDX-License-Identifier: GPL-2.0-or-later
// mutated_dumps [--seed N] [--cases N] [--only CASE] [--input TEXT] DESCRIPTION...
//
// Inputs that are wrong: the cores that the descriptions say, and dumps of these, with bytes flipped, sizes
// that lie, stretches in the wrong place and the end missing; of split dumps also parts that are missing,
// come twice, or are of another. Whatever makedumpfile is asked to do with one must end in what it is to
// write, in what there is of that, or in one line of error; within 10 s of processor time, and within the
// memory that it may take. Dumps that come out are verified. The seed and the number of a case say all of it,
// so that one can be run alone. --input takes only inputs with that text in their names, which makes other
// cases of the numbers.
#include <fmt/core.h>
#include <getopt.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "common/text.h"
#include "tests/cores/described_core.h"
#include "tests/cores/hostile_case.h"
#include "tests/cores/hostile_input.h"
#include "tests/cores/mutation.h"
#include "tests/cores/sources.h"
#include "tests/cores/watched_memory.h"

namespace kdump::test {
namespace {

constexpr int kSeconds = 10;             // of processor time, a case
constexpr int kWallSeconds = 300;        // a case that waits for something for ever
constexpr uint64_t kBatch = 500;         // cases of one process
constexpr uint64_t kMebibyte = 1 << 20;  // memory: 16 of them and one more a thread

constexpr size_t kMostModes = 32;

// What the processes of the batches leave to the one that started them.
struct Shared {
  uint64_t current;  // case
  char what[1000];   // it is, in words
  uint64_t outcomes[kOutcomes];
  uint64_t modes[kMostModes];  // cases of each of HostileCase::modes()
  uint64_t complaints;
  uint64_t peak, peak_case;
  double slowest;
  uint64_t slowest_case;
};

Shared* shared = nullptr;

struct Options {
  uint64_t seed = 1;
  uint64_t cases = 10000;
  std::optional<uint64_t> only;
  std::string input;
  std::vector<std::string> descriptions;
};

// A directory for files with names, in memory where there is such a place.
class Scratch {
 public:
  Scratch() {
    const std::filesystem::path memory = "/dev/shm", other = std::filesystem::temp_directory_path();
    path_ = ((access(memory.c_str(), W_OK) == 0 ? memory : other) / "mutated.XXXXXX").string();
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }
  // Of what a case that crashed left.
  void clear() const {
    for (const auto& entry : std::filesystem::directory_iterator(path_)) std::filesystem::remove_all(entry);
  }

 private:
  std::string path_;
};

struct Inputs {
  Scratch scratch;
  std::vector<Source> sources;
};

void complain(std::string_view text) {
  ++shared->complaints;
  fmt::print("case {}: {}\n  {}\n", shared->current, text, shared->what);
}

// Too late for anything that takes memory.
[[noreturn]] void too_long(int /*signal*/) {
  constexpr std::string_view kText = "the case below took too long\n";
  [[maybe_unused]] const ssize_t written = write(STDOUT_FILENO, kText.data(), kText.size());
  _exit(3);
}

void set_limits(int seconds) {
  const itimerval processor{{0, 0}, {seconds, 0}};
  setitimer(ITIMER_PROF, &processor, nullptr);
  alarm(seconds == 0 ? 0 : kWallSeconds);
}

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void run_case(uint64_t number, const Options& options, const Inputs& inputs) {
  Dice dice(options.seed * 1'000'003 + number);
  const HostileInput input = make_input(inputs.sources, dice);
  HostileCase hostile(input, inputs.scratch.path(), dice);
  shared->current = number;
  ++shared->modes[hostile.mode()];
  std::string what = fmt::format("{}; {}", hostile.describe(), input.what);
  std::ranges::replace_if(what, [](unsigned char c) { return std::isprint(c) == 0; }, '.');
  what.copy(shared->what, sizeof shared->what - 1);
  shared->what[std::min(what.size(), sizeof shared->what - 1)] = '\0';

  set_limits(kSeconds);
  const double begin = processor_seconds();
  watch_heap();
  const Judgement judgement = hostile.run();
  const uint64_t peak = judgement.peak, budget = (16 + hostile.threads()) * kMebibyte;
  const double seconds = processor_seconds() - begin;
  set_limits(0);
  ++shared->outcomes[judgement.outcome];
  if (options.only) fmt::print("{}\n  {}: {}\n", what, kOutcomeNames[judgement.outcome], judgement.text);
  if (judgement.outcome == Outcome::wrong) complain(judgement.text);
  if (peak > budget) complain(fmt::format("{} bytes of memory, {} allowed", peak, budget));
  if (peak > shared->peak) shared->peak = peak, shared->peak_case = number;
  if (seconds > shared->slowest) shared->slowest = seconds, shared->slowest_case = number;
}

// Cases from `begin` on, in a process of their own; the first that was not run to its end, or `end`.
uint64_t run_batch(uint64_t begin, uint64_t end, const Options& options, const Inputs& inputs) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child < 0) std::abort();
  if (child == 0) {
    for (uint64_t number = begin; number < end; ++number) run_case(number, options, inputs);
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (status == 0) return end;
  complain(fmt::format("the process ended with {} {}", WIFSIGNALED(status) ? "signal" : "status",
                       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)));
  return shared->current + 1;
}

Status add_inputs(const Options& options, Inputs& inputs) {
  for (const std::string& path : options.descriptions) {
    const DescribedCore core = TRY(DescribedCore::of_file(path));
    auto elf = std::make_unique<MemoryFile>("core");
    TRY(core.write_elf(elf->fd(), path));
    TRY(add_sources(path.substr(path.rfind('/') + 1), std::move(elf), inputs.scratch.path(), inputs.sources));
  }
  std::erase_if(inputs.sources,
                [&](const Source& source) { return source.name.find(options.input) == std::string::npos; });
  if (inputs.sources.empty()) return fail("there is no input with '{}' in its name", options.input);
  return {};
}

void print_figures(const Options& options, uint64_t cases, const Inputs& inputs) {
  std::string outcomes, modes;
  for (size_t i = 0; i < kOutcomes; ++i)
    outcomes += fmt::format(", {} {}", shared->outcomes[i], kOutcomeNames[i]);
  const auto names = HostileCase::modes();
  for (size_t i = 0; i < names.size(); ++i)
    modes += fmt::format("{}{} {}", i == 0 ? "" : ", ", names[i], shared->modes[i]);
  fmt::print(
      "mutated dumps: seed {}, {} cases of {} inputs{}; {} complaints; slowest {:.2f} s (case {}), "
      "most memory {} (case {})\n  by mode: {}\n",
      options.seed, cases, inputs.sources.size(), outcomes, shared->complaints, shared->slowest,
      shared->slowest_case, heap_is_watched() ? human_size(shared->peak) : "not watched", shared->peak_case,
      modes);
}

Status run_all(const Options& options) {
  Inputs inputs;
  TRY(add_inputs(options, inputs));
  const uint64_t first = options.only.value_or(0), end = options.only ? first + 1 : options.cases;
  for (uint64_t next = first; next < end;) {
    next = run_batch(next, std::min(next + kBatch, end), options, inputs);
    inputs.scratch.clear();
  }
  print_figures(options, end - first, inputs);
  if (shared->complaints != 0) return fail("there are complaints");
  return {};
}

Result<Options> parse(int argc, char** argv) {
  constexpr option kLong[] = {{"seed", 1, nullptr, 's'},
                              {"cases", 1, nullptr, 'c'},
                              {"only", 1, nullptr, 'o'},
                              {"input", 1, nullptr, 'i'},
                              {}};
  Options options;
  for (int chosen = 0; (chosen = getopt_long(argc, argv, "", kLong, nullptr)) != -1;) {
    const std::string_view value = optarg == nullptr ? "" : optarg;
    const auto number = parse_u64(value);
    if (chosen == 'i') options.input = value;
    if (chosen == '?' || (chosen != 'i' && !number))
      return fail("usage: mutated_dumps [--seed N] [--cases N] [--only CASE] [--input TEXT] DESCRIPTION...");
    if (chosen == 's') options.seed = *number;
    if (chosen == 'c') options.cases = *number;
    if (chosen == 'o') options.only = number;
  }
  options.descriptions.assign(argv + optind, argv + argc);
  if (options.descriptions.empty()) return fail("no description of a core");
  return options;
}

Status run(int argc, char** argv) {
  const Options options = TRY(parse(argc, argv));
  shared = static_cast<Shared*>(
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (shared == MAP_FAILED) return fail_errno(errno, "shared memory");
  for (const int signal : {SIGPROF, SIGALRM}) std::signal(signal, too_long);
  return run_all(options);
}

}  // namespace
}  // namespace kdump::test

int main(int argc, char** argv) {
  const kdump::Status done = kdump::test::run(argc, argv);
  if (!done) fmt::print("{}\n", done.error().message());
  return done ? 0 : 1;
}
