// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/propagate.h"

#include <unistd.h>

#include <algorithm>

#include "common/file.h"
#include "kdumpd/settings.h"
#include "kdumpd/target/ssh_key.h"
#include "kdumpd/target/target_kinds.h"
#include "kdumpd/verbs.h"
#include "makedumpfile/sink/ssh/ssh_private_key.h"
#include "makedumpfile/sink/ssh/ssh_session.h"

namespace kdump::service {
namespace {

constexpr const char* kKeygen = "/usr/bin/ssh-keygen";
constexpr const char* kCopyId = "/usr/bin/ssh-copy-id";
constexpr auto kPatience = std::chrono::seconds(60);

std::vector<conf::SshTarget> ssh_targets(const conf::Config& config) {
  std::vector<conf::SshTarget> found;
  const auto add = [&](const conf::Target& target) {
    if (const auto* const ssh = std::get_if<conf::SshTarget>(&target)) found.push_back(*ssh);
  };
  if (config.target) add(*config.target);
  for (const conf::FallbackTarget& fallback : config.fallbacks) add(fallback.target);
  return found;
}

Status check_existing(const Host& host, const std::string& key) {
  const std::string content = TRY(host.read(key));
  TRY(check_private_key(content, key, ssh_rsa_works()));
  return {};
}

// Nobody has to keep a key of other implementations that cannot be used here: a new one is the remedy.
std::string key_to_install(const Host& host, const conf::Config& config, const conf::SshTarget& target) {
  const std::string key = key_file(host, config, target);
  const bool named = !target.key.empty() || !config.sshkey.empty();
  const bool useless = !named && host.exists(key) && !check_existing(host, key);
  return useless ? kUsualKey : key;
}

Status run_keygen(const std::vector<std::string>& arguments) {
  std::vector<std::string> argv{kKeygen};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  const CapturedOutput run = TRY(run_captured(argv, kPatience));
  if (run.exit.succeeded()) return {};
  return fail("{} {}: {}", kKeygen, run.exit.describe(), run.output);
}

Status write_public_key(const Host& host, const std::string& key) {
  const CapturedOutput run = TRY(run_captured({kKeygen, "-y", "-f", host.at(key)}, kPatience));
  if (!run.exit.succeeded()) return fail("{} -y {}: {}", kKeygen, run.exit.describe(), run.output);
  return replace_file(host.at(key + ".pub"), bytes_of(std::string_view(run.output)), 0644);
}

Status have_key(const Context& context, const std::string& key) {
  const Host& host = context.host;
  if (!host.exists(key)) {
    TRY(make_directories(host.at(directory_of(key)), 0700));
    const std::string comment = "kdump@" + host.read("/proc/sys/kernel/hostname").value_or("localhost");
    TRY(run_keygen({"-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", host.at(key)}));
    context.announce(Level::info, fmt::format("Generated the key {}", key));
  }
  TRY(check_existing(host, key));
  if (!host.exists(key + ".pub")) TRY(write_public_key(host, key));
  return {};
}

Status log_in(const Context& context, const conf::Config& config, const conf::SshTarget& target) {
  const Surrounding all{context.host, config, context.effects.probes};
  return context.effects.log_in(TRY(resolve_target(all, target, config.path)));
}

Status install(const Context& context, const conf::SshTarget& target) {
  const std::string account = target.user + "@" + target.host;
  std::vector<std::string> argv{kCopyId, "-i", context.host.at(target.key + ".pub")};
  if (target.port != 0) argv.insert(argv.end(), {"-p", std::to_string(target.port)});
  argv.push_back(account);
  context.announce(Level::info, fmt::format("Installing {} for {}; ssh may ask for the password, and whether "
                                            "the host key is right: compare it",
                                            target.key, account));
  const ExitState exit = TRY(context.effects.run_on_terminal(argv));
  if (exit.succeeded()) return {};
  return fail("{} {}; or have the line of {}.pub put into ~{}/.ssh/authorized_keys on {} in another way",
              kCopyId, exit.describe(), target.key, target.user, target.host);
}

Status let_in(const Context& context, const conf::Config& config, conf::SshTarget target) {
  target.key = key_to_install(context.host, config, target);
  TRY(have_key(context, target.key));
  if (log_in(context, config, target)) {
    context.announce(Level::info,
                     fmt::format("{} lets us in with {} already", target_text(target), target.key));
    return {};
  }
  TRY(install(context, target));
  TRY(with_context(log_in(context, config, target), "the key is installed, but it does not work"));
  context.announce(Level::info, fmt::format("{} has been added to ~{}/.ssh/authorized_keys on {}", target.key,
                                            target.user, target.host));
  return {};
}

}  // namespace

bool propagate(const Context& context, const conf::Config& config) {
  const std::vector<conf::SshTarget> targets = ssh_targets(config);
  if (targets.empty()) {
    context.announce(Level::error, fmt::format("there is no ssh target in {}; propagate is for those",
                                               context.host.at(places::kConfig)));
    return false;
  }
  bool all = true;
  for (const conf::SshTarget& target : targets) {
    const Status done = let_in(context, config, target);
    if (!done)
      context.announce(Level::error, fmt::format("{}: {}", target_text(target), done.error().message()));
    all = all && done;
  }
  return all;
}

int run_propagate(const Context& context, std::span<char* const> /*arguments*/) {
  // Without the lock: nobody knows how long it takes to find a password.
  if (geteuid() != 0) {
    context.announce(Level::error, "propagate needs root");
    return kFailure;
  }
  Problems problems;
  const conf::Config config = read_settings(context.host, problems).config;
  for (const std::string& error : problems.errors) context.announce(Level::error, error);
  return problems.none() && propagate(context, config) ? kSuccess : kFailure;
}

}  // namespace kdump::service
