// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/verbs.h"

#include <unistd.h>

#include <algorithm>

#include "kdumpd/image_verb.h"
#include "kdumpd/lock.h"
#include "kdumpd/propagate.h"
#include "kdumpd/raw_targets.h"
#include "kdumpd/status_verb.h"

namespace kdump::service {
namespace {

// The incumbents' last words on an operation, which scripts look for.
int conclude(const Context& context, const ServiceStatus& status, std::string_view loaded,
             std::string_view operation) {
  const bool well = status.errors.empty();
  if (well && !loaded.empty()) context.announce(Level::info, loaded);
  context.announce(well ? Level::info : Level::error,
                   fmt::format("{}: {}", operation, well ? "[OK]" : "[FAILED]"));
  if (!well && status.armed == ArmedState::previous)
    context.announce(Level::warning, "armed with the previous image");
  else if (!well && status.armed == ArmedState::wanted)
    context.announce(Level::warning, "what was loaded before is still armed");
  return well ? kSuccess : kFailure;
}

int start_unless_loaded(const Context& context) {
  const bool loaded = context.effects.loaded().value_or(false);
  const ServiceStatus status = arm(context, When::not_loaded);
  if (loaded && status.errors.empty()) return kSuccess;
  return conclude(context, status, "kexec: loaded kdump kernel", "Starting kdump");
}

// After arming, since it may take its time: a panic meanwhile leaves what is on such a device alone.
int then_take_raw_dumps(const Context& context, int started) {
  return take_raw_dumps(context.host, context.announce) ? started : kFailure;
}

int start(const Context& context, Arguments /*arguments*/) {
  return then_take_raw_dumps(context, start_unless_loaded(context));
}

int stop(const Context& context, Arguments /*arguments*/) {
  return conclude(context, disarm(context), "kexec: unloaded kdump kernel", "Stopping kdump");
}

// Not stop and start: between the two the machine would be without protection, for as long as a build takes.
int restart(const Context& context, Arguments /*arguments*/) {
  const ServiceStatus status = arm(context, When::always);
  return then_take_raw_dumps(context,
                             conclude(context, status, "kexec: loaded kdump kernel", "Starting kdump"));
}

int reload_verb(const Context& context, Arguments /*arguments*/) {
  return conclude(context, reload(context), "kexec: loaded kdump kernel", "Reloading kdump");
}

int rebuild_verb(const Context& context, Arguments /*arguments*/) {
  return conclude(context, rebuild(context), "", "Rebuilding kdump image");
}

constexpr Verb kVerbs[] = {
    {"start", "", "build the image if needed, load it", true, start},
    {"stop", "", "unload it: a panic makes no dump any more", true, stop},
    {"status", "", "say whether a panic will make a dump, and if not, why", false, run_status},
    {"restart", "", "read the configuration again, build if needed, load", true, restart},
    {"reload", "", "load the image there is once more, build nothing", true, reload_verb},
    {"rebuild", "", "build the image, do not load it", true, rebuild_verb},
    {"propagate", "", "install the key for ssh targets on their servers", false, run_propagate},
    {"showmem", "", "show the memory reserved for the crash kernel", false, run_showmem},
    {"image", "build --output FILE [--root DIR]", "build an image into a file", false, run_image},
};

constexpr std::string_view kUnbuilt[] = {"estimate",
                                         "test",
                                         "get-default-crashkernel",
                                         "reset-crashkernel",
                                         "setup-crypttab",
                                         "_reset-crashkernel-after-update",
                                         "_reset-crashkernel-for-installed_kernel"};

int run_exclusively(const Context& context, const Verb& verb, Arguments arguments) {
  if (geteuid() != 0) {
    context.announce(Level::error, fmt::format("{} needs root", verb.name));
    return kFailure;
  }
  const auto lock = take_lock(context.host, context.announce);
  if (lock) return verb.run(context, arguments);
  context.announce(Level::error, lock.error().message());
  return kFailure;
}

int refuse(const Context& context, std::string_view name) {
  if (std::ranges::find(kUnbuilt, name) != std::end(kUnbuilt)) {
    context.announce(Level::error, fmt::format("{} is not built yet", name));
  } else {
    if (!name.empty()) context.announce(Level::error, fmt::format("unknown verb \"{}\"", name));
    context.announce(Level::error, usage());
  }
  return kFailure;
}

}  // namespace

std::span<const Verb> verbs() { return kVerbs; }

std::span<const std::string_view> unbuilt_verbs() { return kUnbuilt; }

std::string usage() {
  std::string text = "usage: kdumpctl VERB";
  for (const Verb& verb : kVerbs)
    text += fmt::format("\n  {:<40}{}", fmt::format("{} {}", verb.name, verb.arguments), verb.help);
  return text;
}

int run_verb(const Context& context, std::string_view name, Arguments arguments) {
  const auto* const verb = std::ranges::find(kVerbs, name, &Verb::name);
  if (verb == std::end(kVerbs)) return refuse(context, name);
  if (verb->arguments.empty() && !arguments.empty()) {
    context.announce(Level::error,
                     fmt::format("{} takes no arguments, found \"{}\"", name, arguments.front()));
    return kFailure;
  }
  return verb->exclusive ? run_exclusively(context, *verb, arguments) : verb->run(context, arguments);
}

}  // namespace kdump::service
