// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/chain.h"

#include <algorithm>

#include "initramfs/capture/device.h"

namespace kdump::capture {
namespace {

using protocol::Mode;
using std::chrono::seconds;

// A target that was not there before has had its time.
constexpr seconds kShortWait{10};

}  // namespace

Chain::Chain(Steps& steps, Hooks& hooks, const plan::Plan& plan) : steps_(steps), hooks_(hooks), plan_(plan) {
  for (const plan::Target& target : plan.targets) places_.push_back({.target = &target});
}

bool Chain::log_saved() const { return std::ranges::any_of(places_, &Place::log_saved); }

bool Chain::hung_before(const Place& place) const {
  return std::ranges::find(hung_, place.target->device) != hung_.end();
}

// Whoever goes there next would hang too, and others on the same disk.
void Chain::give_up(Place& place) {
  place.done_with = true;
  hung_.push_back(place.target->device);
  steps_.system().abandon(device_);
}

Status Chain::attach(Place& place, Patience patience) {
  if (hung_before(place))
    return fail("{}: this device hung before and is left alone", plan::target_text(*place.target));
  TRY(find(place, patience));
  const Status mounted = mount(place, patience);
  if (!mounted && mounted.error().kind() == ErrorKind::timed_out) give_up(place);
  return mounted;
}

Status Chain::find(const Place& place, Patience patience) {
  device_.clear();
  return steps_.run("find the target device", [&]() -> Status {
    const SteadyTime deadline = patience == Patience::full
                                    ? steps_.within(plan_.deadlines.device)
                                    : steps_.after(std::min(plan_.deadlines.device, kShortWait));
    device_ = TRY(steps_.system().find_device(place.target->device, deadline));
    steps_.target_found(device_);
    return {};
  });
}

Status Chain::mount(const Place& place, Patience patience) {
  return steps_.run("mount " + device_, [&]() -> Status {
    const SteadyTime deadline = patience == Patience::full ? steps_.within(plan_.deadlines.mount)
                                                           : steps_.after(plan_.deadlines.mount);
    const Mounted mounted = TRY(steps_.system().mount_target(device_, *place.target, deadline));
    steps_.target_mounted(mounted.where, place.directory);
    steps_.warn_if_any(mounted.warning);
    return {};
  });
}

// A worker that is stuck in the kernel holds the target.
void Chain::detach(Place& place) {
  place.directory = steps_.dump_directory();
  place.log_saved = steps_.log_saved();
  if (!steps_.worker_left_behind()) {
    const Status unmounted = steps_.run(
        "unmount", [&] { return steps_.system().unmount_target(steps_.after(plan_.deadlines.sync)); });
    steps_.warn_if_error(unmounted);
    if (unmounted || unmounted.error().kind() != ErrorKind::timed_out) return;
  }
  give_up(place);
}

// What is known goes beside the dump, or in its place: each in a worker of its own, since the one before may
// have died of the very thing it was asked to do.
void Chain::save_circumstances(Place& place) {
  const plan::Target& target = *place.target;
  if (!steps_.saved() && !steps_.log_saved()) {
    const Status logged =
        steps_.run("save the log alone", [&] { return steps_.work(Mode::log, plan_, target); });
    steps_.warn_if_error(logged);
    if (!logged) place.done_with = true;
  }
  if (steps_.worker_left_behind() || !steps_.has_directory()) return;
  const Status said = steps_.run("save the result", [&] { return steps_.work(Mode::finish, plan_, target); });
  steps_.warn_if_error(said);
  all_is_said_ = said.has_value();
}

Status Chain::dump_attached(Place& place) {
  Status dumped = steps_.run("save the dump", [&] { return steps_.work(Mode::dump, plan_, *place.target); });
  place.error = dumped ? std::string() : dumped.error().message();
  steps_.decide(dumped ? Status() : why_none_took_it());
  steps_.end_target(dumped);
  // While the target is there, and before the result that tells of it.
  if (dumped || &place == &places_.back()) hooks_.after_dump(dumped.has_value());
  if (!steps_.worker_left_behind()) save_circumstances(place);
  detach(place);
  return dumped;
}

Status Chain::dump_to(Place& place) {
  all_is_said_ = false;
  place.tried = true;
  steps_.begin_target(*place.target);
  Status dumped = attach(place, Patience::full);
  if (dumped) {
    dumped = dump_attached(place);
  } else {
    place.error = dumped.error().message();
    steps_.decide(why_none_took_it());
  }
  steps_.end_target(dumped);
  return dumped;
}

// One target's own words, or those of each with its name.
Status Chain::why_none_took_it() const {
  if (places_.size() == 1) return fail("{}", places_.front().error);
  std::string text;
  for (const Place& place : places_) {
    if (place.error.empty()) continue;
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", plan::target_text(*place.target), place.error);
  }
  return fail("{}", text);
}

Status Chain::dump() {
  for (Place& place : places_) {
    if (dump_to(place)) return {};
    // What is missing from the image is missing at every target.
    if (!steps_.worker_starts()) break;
  }
  hooks_.after_dump(false);
  // It has just failed, and nothing has happened since that could help it.
  if (places_.back().directory.empty()) places_.back().done_with = true;
  return why_none_took_it();
}

void Chain::save_what_is_left() {
  for (Place& place : places_) {
    if (all_is_said_ || !steps_.worker_starts()) return;
    if (place.done_with) continue;
    steps_.begin_target(*place.target);
    if (attach(place, place.tried ? Patience::short_wait : Patience::full)) {
      save_circumstances(place);
      detach(place);
    }
  }
}

}  // namespace kdump::capture
