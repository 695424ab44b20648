// SPDX-License-Identifier: GPL-2.0-or-later
// The targets of the plan, tried in order; what is left to say goes to the first that takes it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/error.h"
#include "initramfs/capture/hooks.h"
#include "initramfs/capture/steps.h"

namespace kdump::capture {

class Chain {
 public:
  // Of which targets of the plan.
  enum class Which { targets, rootfs };

  Chain(Steps& steps, Hooks& hooks, const plan::Plan& plan, Which which = Which::targets);

  // The dump, on the first target that takes it; the error says of each why not.
  Status dump();
  // After a dump that failed everywhere, or was forbidden: the log where there is none yet, and the result,
  // on the first target that takes them.
  void save_what_is_left();
  // The result again, where something of this dump is: more has happened since.
  void tell_again();

  // Whether the dead kernel's log is on some target.
  [[nodiscard]] bool log_saved() const;

 private:
  struct Place {
    const plan::Target* target;
    size_t index;             // as protocol::Request counts
    std::string directory{};  // of this dump, as protocol::Request has it; empty: none yet
    std::string error{};      // why the dump is not there
    bool log_saved = false;
    bool tried = false;
    bool full = false;       // it had no space for all of the dump, and was not asked for a smaller one
    bool done_with = false;  // it hung, or does not even take the log: nobody goes there again
  };
  enum class Patience { full, short_wait };
  struct Access;
  static const Access& access_to(const Place& place);

  Status attach(Place& place, Patience patience);
  Status attach_filesystem(Place& place, Patience patience);
  Status attach_export(Place& place, Patience patience);
  Status attach_device(Place& place, Patience patience);
  Status attach_server(Place& place, Patience patience);
  Status find(Place& place, Patience patience);
  Status mount(Place& place, Patience patience);
  Status bring_up_network(Patience patience);
  [[nodiscard]] SteadyTime limit(std::chrono::seconds limit, Patience patience) const;
  void detach(Place& place);
  Status unmount();
  Status dump_to(Place& place);
  Status dump_attached(Place& place);
  Status dump_smaller();
  Status say_elsewhere(Place& place);
  [[nodiscard]] bool some_full() const;
  void save_circumstances(Place& place);
  void save_log(Place& place);
  void give_up(Place& place);
  [[nodiscard]] bool hung_before(const Place& place) const;
  [[nodiscard]] Status why_none_took_it() const;

  Steps& steps_;
  Hooks& hooks_;
  const plan::Plan& plan_;
  std::vector<Place> places_;
  std::vector<std::string> hung_;  // devices and servers
  std::string device_;             // of the target attached now
  bool network_up_ = false;
  bool network_tried_ = false;
  bool smaller_ = false;      // a smaller dump is tried where all of it had no space
  bool all_is_said_ = false;  // the result on some target tells everything up to now
};

}  // namespace kdump::capture
