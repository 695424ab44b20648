// SPDX-License-Identifier: GPL-2.0-or-later
// Linux, Documentation/watchdog/watchdog-api.rst: opening the device starts the watchdog, anything written
// feeds it, and it goes on when it is closed unless a V was the last thing written.
#include "initramfs/capture/watchdog_feeder.h"

#include <fcntl.h>
#include <linux/watchdog.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <vector>

#include "common/file.h"
#include "common/text.h"

namespace kdump::capture {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds kLook{200};  // for a driver that is not there yet
constexpr milliseconds kMostOften{100};
constexpr milliseconds kLeastOften{5000};
constexpr seconds kUnknownTimeout{4};

class Feeder {
 public:
  Feeder(const plan::Watchdog& wanted, const WatchdogPlaces& places, int answers)
      : wanted_(wanted), places_(places), answers_(answers) {}

  void run(int orders) {
    while (take_orders(orders)) {
      if (!watchdog_) find();
      if (watchdog_) feed_if_due(steady_clock::now());
      pollfd item{orders, POLLIN, 0};
      poll(&item, 1, static_cast<int>(interval_.count()));
    }
  }

 private:
  // False when it is over.
  bool take_orders(int orders) {
    while (true) {
      int64_t order = 0;
      const ssize_t n = read(orders, &order, sizeof order);
      if (n == 0) return false;
      if (n != sizeof order) return true;  // nothing new
      if (order == kStopWatchdog) {
        stop();
        return false;
      }
      fed_until_ = order;
    }
  }

  // Several may have the same name; one that is open already is somebody else's.
  void find() {
    namespace fs = std::filesystem;
    std::error_code error;
    std::string refusal;
    for (fs::directory_iterator i(places_.sys_class_watchdog, error), end; !error && i != end;
         i.increment(error)) {
      const std::string name = i->path().filename();
      const auto identity = read_text_file(i->path() / "identity");
      if (!identity || trim(*identity) != wanted_.identity) continue;
      Result<UniqueFd> opened = open_file(places_.dev + "/" + name, O_WRONLY);
      if (opened) {
        take(std::move(*opened));
        return;
      }
      refusal = opened.error().message();
    }
    if (!refusal.empty()) answer(refusal);
  }

  // A pretimeout would be a panic of this kernel.
  void take(UniqueFd opened) {
    watchdog_ = std::move(opened);
    const int fd = watchdog_.get();
    int none = 0;
    ioctl(fd, WDIOC_SETPRETIMEOUT, &none);
    int timeout = 0;
    const bool known = ioctl(fd, WDIOC_GETTIMEOUT, &timeout) == 0;
    int wanted = static_cast<int>(wanted_.timeout.count());
    if (wanted > 0 && timeout != wanted && ioctl(fd, WDIOC_SETTIMEOUT, &wanted) == 0) timeout = wanted;
    if (!known && timeout == 0) timeout = static_cast<int>(kUnknownTimeout.count());
    interval_ = std::clamp<milliseconds>(seconds(timeout) / 4, kMostOften, kLeastOften);
    answer(fmt::format("fed {}", timeout));
  }

  void feed_if_due(SteadyTime now) {
    constexpr char kFood = '\0';
    if (now.time_since_epoch() >= nanoseconds(fed_until_) || now - fed_ < interval_) return;
    fed_ = now;
    if (write(watchdog_.get(), &kFood, 1) != 1) answer("cannot feed it: " + errno_text(errno));
  }

  void stop() {
    constexpr char kMagic = 'V';
    if (watchdog_) [[maybe_unused]]
      const ssize_t ignored = write(watchdog_.get(), &kMagic, 1);
    watchdog_.reset();
  }

  void answer(const std::string& text) {
    if (text == answer_) return;
    answer_ = text;
    const std::string line = text + "\n";
    [[maybe_unused]] const ssize_t ignored = write(answers_, line.data(), line.size());
  }

  const plan::Watchdog& wanted_;
  const WatchdogPlaces& places_;
  UniqueFd watchdog_;
  int64_t fed_until_ = 0;
  SteadyTime fed_{};  // the last time
  milliseconds interval_ = kLook;
  std::string answer_;
  int answers_;
};

}  // namespace

void feed_watchdog(const plan::Watchdog& wanted, const WatchdogPlaces& places, const UniqueFd& orders,
                   const UniqueFd& answers) {
  Feeder(wanted, places, answers.get()).run(orders.get());
}

}  // namespace kdump::capture
