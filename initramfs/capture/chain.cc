// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/chain.h"

#include <algorithm>

#include "initramfs/plan/way.h"

namespace kdump::capture {
namespace {

using protocol::IfFull;
using protocol::Mode;
using std::chrono::seconds;

// A target that was not there before has had its time.
constexpr seconds kShortWait{10};

// What hangs together with the target: its device, or the server it is on.
std::string hangs_with(const plan::Target& target) {
  return plan::is_remote(target) ? target.server.host : plan::device_text(target.device);
}

std::string below(const std::string& mount_point, const std::string& directory) {
  return directory == "/" ? mount_point : mount_point + directory;
}

}  // namespace

// New kind of target = a row.
struct Chain::Access {
  Status (Chain::*attach)(Place& place, Patience patience);
  plan::Way way;
  bool mounts;
};

const Chain::Access& Chain::access_to(const Place& place) {
  static constexpr Access kAccesses[] = {
      {&Chain::attach_filesystem, plan::Way::filesystem, true},
      {&Chain::attach_export, plan::Way::kernel_nfs, true},
      {&Chain::attach_device, plan::Way::raw, false},
      {&Chain::attach_server, plan::Way::ssh, false},
      {&Chain::attach_server, plan::Way::libnfs, false},
  };
  return *std::ranges::find(kAccesses, plan::way_to(*place.target), &Access::way);
}

Chain::Chain(Steps& steps, Hooks& hooks, const plan::Plan& plan, Which which)
    : steps_(steps), hooks_(hooks), plan_(plan) {
  size_t index = which == Which::rootfs ? plan.targets.size() : 0;
  for (const plan::Target& target : which == Which::rootfs ? plan.rootfs : plan.targets)
    places_.push_back({.target = &target, .index = index++});
}

bool Chain::log_saved() const { return std::ranges::any_of(places_, &Place::log_saved); }

bool Chain::hung_before(const Place& place) const {
  return std::ranges::find(hung_, hangs_with(*place.target)) != hung_.end();
}

// Whoever goes there next would hang too, and others on the same disk.
void Chain::give_up(Place& place) {
  place.done_with = true;
  hung_.push_back(hangs_with(*place.target));
  if (access_to(place).mounts || !device_.empty()) steps_.system().abandon(device_);
}

Status Chain::attach(Place& place, Patience patience) {
  device_.clear();
  if (hung_before(place)) {
    return fail("{}: this {} hung before and is left alone", plan::target_text(*place.target),
                plan::is_remote(*place.target) ? "server" : "device");
  }
  return (this->*access_to(place).attach)(place, patience);
}

SteadyTime Chain::limit(seconds limit, Patience patience) const {
  return patience == Patience::full ? steps_.within(limit) : steps_.after(std::min(limit, kShortWait));
}

Status Chain::attach_filesystem(Place& place, Patience patience) {
  TRY(find(place, patience));
  return mount(place, patience);
}

Status Chain::attach_export(Place& place, Patience patience) {
  TRY(bring_up_network(patience));
  return mount(place, patience);
}

Status Chain::attach_device(Place& place, Patience patience) {
  TRY(find(place, patience));
  steps_.target_attached({.directory = device_}, place.directory);
  return {};
}

Status Chain::attach_server(Place& place, Patience patience) {
  TRY(bring_up_network(patience));
  steps_.target_attached({.directory = place.target->directory}, place.directory);
  return {};
}

Status Chain::find(Place& place, Patience patience) {
  return steps_.run("find the target device", [&]() -> Status {
    device_ = TRY(steps_.system().find_device(place.target->device, limit(plan_.deadlines.device, patience)));
    steps_.target_found(device_);
    return {};
  });
}

Status Chain::mount(Place& place, Patience patience) {
  const std::string name = device_.empty() ? plan::target_text(*place.target) : device_;
  const SteadyTime deadline =
      patience == Patience::full ? steps_.within(plan_.deadlines.mount) : steps_.after(plan_.deadlines.mount);
  System& system = steps_.system();
  Status status = steps_.run("mount " + name, [&]() -> Status {
    const Mounted mounted = TRY(device_.empty() ? system.mount_nfs(*place.target, deadline)
                                                : system.mount_target(device_, *place.target, deadline));
    if (!mounted.described.empty()) steps_.say(mounted.described);
    steps_.target_attached(
        {.mount_point = mounted.where, .directory = below(mounted.where, place.target->directory)},
        place.directory);
    steps_.warn_if_any(mounted.warning);
    return {};
  });
  if (!status && status.error().kind() == ErrorKind::timed_out) give_up(place);
  return status;
}

// Once for all targets that need it.
Status Chain::bring_up_network(Patience patience) {
  if (network_up_) return {};
  // What was missing for the target before has had its time.
  if (network_tried_) patience = Patience::short_wait;
  network_tried_ = true;
  return steps_.run("bring up the network", [&]() -> Status {
    const NetworkUp up =
        TRY(steps_.system().bring_up_network(plan_.network, limit(plan_.deadlines.network, patience)));
    network_up_ = true;
    if (!up.described.empty()) steps_.say(up.described);
    steps_.warn_if_any(up.warning);
    return {};
  });
}

Status Chain::unmount() {
  const Status unmounted = steps_.run(
      "unmount", [&] { return steps_.system().unmount_target(steps_.after(plan_.deadlines.sync)); });
  steps_.warn_if_error(unmounted);
  return unmounted;
}

// A worker that is stuck in the kernel holds the target.
void Chain::detach(Place& place) {
  place.directory = steps_.dump_directory();
  place.log_saved = steps_.log_saved();
  if (steps_.worker_left_behind()) {
    give_up(place);
    return;
  }
  if (!access_to(place).mounts) return;
  const Status unmounted = unmount();
  if (!unmounted && unmounted.error().kind() == ErrorKind::timed_out) give_up(place);
}

void Chain::save_log(Place& place) {
  const Status logged = steps_.run("save the log alone", [&] { return steps_.work(Mode::log, plan_); });
  steps_.warn_if_error(logged);
  if (!logged) place.done_with = true;
}

// What is known goes beside the dump, or in its place: each in a worker of its own, since the one before may
// have died of the very thing it was asked to do.
void Chain::save_circumstances(Place& place) {
  if (!steps_.saved() && !steps_.log_saved()) save_log(place);
  if (steps_.worker_left_behind() || !(steps_.has_directory() || steps_.saved())) return;
  const Status said = steps_.run("save the result", [&] { return steps_.work(Mode::finish, plan_); });
  steps_.warn_if_error(said);
  all_is_said_ = said.has_value();
}

Status Chain::dump_attached(Place& place) {
  // As long as another target may have space for all of it, nothing smaller is made.
  const bool last = &place == &places_.back() && !some_full();
  const IfFull if_full = smaller_ || last ? IfFull::smaller : IfFull::give_up;
  Status dumped = steps_.run("save the dump", [&] { return steps_.work(Mode::dump, plan_, if_full); });
  place.error = dumped ? std::string() : dumped.error().message();
  place.full = !dumped && dumped.error().kind() == ErrorKind::no_space && if_full == IfFull::give_up;
  steps_.decide(dumped ? Status() : why_none_took_it());
  steps_.end_target(dumped);
  // While the target is there, and before the result that tells of it.
  if (dumped || ((smaller_ || &place == &places_.back()) && !some_full()))
    hooks_.after_dump(dumped.has_value());
  // A server where the worker did not get as far as a directory has just shown what it says of another.
  const bool unreachable = plan::is_remote(*place.target) && !steps_.has_directory();
  if (!steps_.worker_left_behind() && !unreachable) save_circumstances(place);
  detach(place);
  return dumped;
}

Status Chain::dump_to(Place& place) {
  all_is_said_ = false;
  place.tried = true;
  place.full = false;
  steps_.begin_target(*place.target, place.index);
  Status dumped = steps_.worker_starts(*place.target)
                      ? attach(place, Patience::full)
                      : Status(fail("not possible without its worker, which cannot start"));
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

bool Chain::some_full() const { return std::ranges::any_of(places_, &Place::full); }

// No target has space for all of it.
Status Chain::dump_smaller() {
  smaller_ = true;
  for (Place& place : places_) {
    if (place.full && !place.done_with && dump_to(place)) return say_elsewhere(place);
  }
  return why_none_took_it();
}

// The result goes to another target where the one with the dump did not take it.
Status Chain::say_elsewhere(Place& place) {
  if (all_is_said_) return {};
  place.done_with = true;
  save_what_is_left();
  return {};
}

Status Chain::dump() {
  for (Place& place : places_) {
    if (dump_to(place)) return say_elsewhere(place);
  }
  if (some_full() && dump_smaller()) return {};
  hooks_.after_dump(false);
  // It has just failed, and nothing has happened since that could help it.
  if (places_.back().directory.empty()) places_.back().done_with = true;
  return why_none_took_it();
}

void Chain::save_what_is_left() {
  for (Place& place : places_) {
    if (all_is_said_) return;
    if (place.done_with || !steps_.worker_starts(*place.target)) continue;
    steps_.begin_target(*place.target, place.index);
    if (attach(place, place.tried ? Patience::short_wait : Patience::full)) {
      save_circumstances(place);
      detach(place);
    }
  }
}

void Chain::tell_again() {
  all_is_said_ = false;
  for (Place& place : places_) {
    if (place.directory.empty()) place.done_with = true;
  }
  save_what_is_left();
}

}  // namespace kdump::capture
