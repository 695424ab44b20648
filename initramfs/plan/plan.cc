// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/plan/plan.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>

namespace kdump::plan {
namespace {

using nlohmann::json;
using std::chrono::seconds;

constexpr size_t kMaximumText = size_t{1} << 20;
constexpr int64_t kMaximumSeconds = 1'000'000'000;  // adding it to a clock overflows nothing
constexpr int64_t kMaximumUtcOffset = 86'400;       // POSIX TZ

template <typename E>
struct Word {
  E value;
  const char* text;
};

constexpr Word<Action> kActions[] = {
    {Action::reboot, "reboot"},
    {Action::halt, "halt"},
    {Action::poweroff, "poweroff"},
    {Action::shell, "shell"},
    {Action::dump_to_rootfs, "dump_to_rootfs"},
};
constexpr Word<TargetKind> kTargetKinds[] = {
    {TargetKind::filesystem, "filesystem"},
    {TargetKind::raw, "raw"},
    {TargetKind::ssh, "ssh"},
    {TargetKind::nfs, "nfs"},
};
constexpr Word<NfsClient> kNfsClients[] = {
    {NfsClient::libnfs, "libnfs"},
    {NfsClient::kernel, "kernel"},
};

constexpr std::span<const Word<Action>> words_of(Action /*unused*/) { return kActions; }
constexpr std::span<const Word<TargetKind>> words_of(TargetKind /*unused*/) { return kTargetKinds; }
constexpr std::span<const Word<NfsClient>> words_of(NfsClient /*unused*/) { return kNfsClients; }

template <typename E>
std::string_view word_of(E value) {
  for (const Word<E>& word : words_of(value)) {
    if (word.value == value) return word.text;
  }
  return "unknown";
}

// One key of an object: how it is written, and how it is checked and read.
template <typename T>
struct Key {
  const char* name;
  json (*write)(const T& object);
  Status (*read)(const json& value, T& object);
};

// The keys of each object; declared here because objects hold objects. Adding a key is adding a row (and a
// new kVersion once a version has been released).
std::span<const Key<Device>> keys_of(const Device& object);
std::span<const Key<Server>> keys_of(const Server& object);
std::span<const Key<SshLogin>> keys_of(const SshLogin& object);
std::span<const Key<NfsExport>> keys_of(const NfsExport& object);
std::span<const Key<Target>> keys_of(const Target& object);
std::span<const Key<Interface>> keys_of(const Interface& object);
std::span<const Key<Route>> keys_of(const Route& object);
std::span<const Key<Network>> keys_of(const Network& object);
std::span<const Key<Watchdog>> keys_of(const Watchdog& object);
std::span<const Key<Deadlines>> keys_of(const Deadlines& object);
std::span<const Key<Hooks>> keys_of(const Hooks& object);
std::span<const Key<Plan>> keys_of(const Plan& object);

// What the keys do not say one by one.
Status check_device(const Target& target) {
  const Device& device = target.device;
  if (!device.uuid.empty() || !device.label.empty() || !device.partuuid.empty() || !device.devname.empty())
    return {};
  return fail(ErrorKind::corrupt,
              "device: uuid, label, partuuid and devname are all empty, one must name the device");
}
Status check_server(const Target& target) {
  if (!target.server.host.empty() || !target.server.addresses.empty()) return {};
  return fail(ErrorKind::corrupt, "server: host and addresses are empty, one must name the server");
}
Status check_ssh(const Target& target) {
  TRY(check_server(target));
  if (target.ssh.user.empty()) return fail(ErrorKind::corrupt, "ssh: user: empty");
  if (!target.ssh.key.starts_with('/'))
    return fail(ErrorKind::corrupt, "ssh: key: '{}' is not an absolute path", target.ssh.key);
  return {};
}
Status check_nfs(const Target& target) {
  TRY(check_server(target));
  if (!target.nfs.path.starts_with('/'))
    return fail(ErrorKind::corrupt, "nfs: path: '{}' is not an absolute path", target.nfs.path);
  if (target.nfs.versions.empty()) return fail(ErrorKind::corrupt, "nfs: versions: empty");
  return {};
}

// New kind = a row here, one of kTargetKinds, and what serves it in initramfs/worker.
constexpr struct {
  TargetKind kind;
  Status (*check)(const Target& target);
} kTargetChecks[] = {
    {TargetKind::filesystem, check_device},
    {TargetKind::raw, check_device},
    {TargetKind::ssh, check_ssh},
    {TargetKind::nfs, check_nfs},
};

Status check(const Target& target) {
  for (const auto& row : kTargetChecks) {
    if (row.kind == target.kind) TRY(row.check(target));
  }
  if (target.directory.starts_with('/')) return {};
  return fail(ErrorKind::corrupt, "directory: '{}' is not an absolute path", target.directory);
}
Status check(const Server& server) {
  if (server.port >= 0 && server.port <= std::numeric_limits<uint16_t>::max()) return {};
  return fail(ErrorKind::corrupt, "port: {} found, expected 0 to 65535", server.port);
}
Status check(const Interface& interface) {
  if (!interface.name.empty()) return {};
  return fail(ErrorKind::corrupt, "name: empty");
}
Status check(const Watchdog& watchdog) {
  if (!watchdog.identity.empty()) return {};
  return fail(ErrorKind::corrupt, "identity: empty");
}
Status check(const Device& /*unused*/) { return {}; }
Status check(const SshLogin& /*unused*/) { return {}; }
Status check(const NfsExport& /*unused*/) { return {}; }
Status check(const Route& /*unused*/) { return {}; }
Status check(const Network& /*unused*/) { return {}; }
Status check(const Deadlines& /*unused*/) { return {}; }
Status check(const Hooks& /*unused*/) { return {}; }
Status check(const Plan& plan) {
  if (plan.targets.empty()) return fail(ErrorKind::corrupt, "targets: empty, expected at least one");
  if (plan.collector.empty()) return fail(ErrorKind::corrupt, "collector: empty, expected a program");
  if (plan.final_action >= Action::shell)
    return fail(ErrorKind::corrupt, "final_action: '{}' does not end", action_name(plan.final_action));
  if (plan.rootfs.empty() == (plan.failure_action == Action::dump_to_rootfs))
    return fail(ErrorKind::corrupt, "rootfs: {} found with failure_action {}", plan.rootfs.size(),
                action_name(plan.failure_action));
  return {};
}

Failure wrong_type(const json& value, std::string_view expected) {
  return fail(ErrorKind::corrupt, "{} found, expected {}", value.type_name(), expected);
}

Status read_value(const json& value, std::string& out) {
  if (!value.is_string()) return wrong_type(value, "a string");
  out = value.get_ref<const std::string&>();
  // Every string ends up in a system call, where a NUL would cut it short.
  if (out.contains('\0')) return fail(ErrorKind::corrupt, "the string holds a NUL");
  return {};
}

Result<int64_t> read_integer(const json& value, int64_t least, int64_t most) {
  if (!value.is_number_integer()) return wrong_type(value, "an integer");
  const bool too_large =
      value.is_number_unsigned() && value.get<uint64_t>() > uint64_t{std::numeric_limits<int64_t>::max()};
  const auto number = too_large ? std::numeric_limits<int64_t>::max() : value.get<int64_t>();
  if (number < least || number > most)
    return fail(ErrorKind::corrupt, "{} found, expected {} to {}", value.dump(), least, most);
  return number;
}

Status read_value(const json& value, int& out) {
  out = static_cast<int>(TRY(read_integer(value, -kMaximumUtcOffset, kMaximumUtcOffset)));
  return {};
}

Status read_value(const json& value, uint64_t& out) {
  out = static_cast<uint64_t>(TRY(read_integer(value, 0, std::numeric_limits<int64_t>::max())));
  return {};
}

Status read_value(const json& value, seconds& out) {
  out = seconds(TRY(read_integer(value, 0, kMaximumSeconds)));
  return {};
}

template <typename E>
  requires std::is_enum_v<E>
Status read_value(const json& value, E& out) {
  std::string text;
  TRY(read_value(value, text));
  std::string known;
  for (const Word<E>& word : words_of(E{})) {
    if (word.text == text) {
      out = word.value;
      return {};
    }
    known += (known.empty() ? "" : ", ") + std::string(word.text);
  }
  return fail(ErrorKind::corrupt, "{} is not known, expected one of: {}", value.dump(), known);
}

template <typename T>
  requires std::is_class_v<T>
Status read_value(const json& value, T& out);

template <typename T>
Status read_value(const json& value, std::vector<T>& out) {
  if (!value.is_array()) return wrong_type(value, "an array");
  out.clear();
  for (const json& element : value) {
    Status read = read_value(element, out.emplace_back());
    // The caller adds "name" in front, which makes "name[0]: …".
    if (!read) return with_context(std::move(read), "[{}]", out.size() - 1);
  }
  return {};
}

// "targets" + "[0]: …" and "device" + "uuid: …" read as one path.
Failure at_key(std::string_view name, const Error& error) {
  return fail(error.kind(), "{}{}", name,
              error.message().starts_with('[') ? error.message() : ": " + error.message());
}

template <typename T>
  requires std::is_class_v<T>
Status read_value(const json& value, T& out) {
  if (!value.is_object()) return wrong_type(value, "an object");
  const std::span<const Key<T>> keys = keys_of(out);
  for (const Key<T>& key : keys) {
    const auto found = value.find(key.name);
    if (found == value.end()) return fail(ErrorKind::corrupt, "{}: missing", key.name);
    Status read = key.read(*found, out);
    if (!read) return at_key(key.name, read.error());
  }
  for (const auto& item : value.items()) {
    if (std::ranges::none_of(keys, [&](const Key<T>& key) { return key.name == item.key(); }))
      return fail(ErrorKind::corrupt, "{}: unknown key", json(item.key()).dump());
  }
  return check(out);
}

json write_value(const std::string& value) { return value; }
json write_value(int value) { return value; }
json write_value(uint64_t value) { return value; }
json write_value(seconds value) { return value.count(); }

template <typename E>
  requires std::is_enum_v<E>
json write_value(E value) {
  return std::string(word_of(value));
}

template <typename T>
  requires std::is_class_v<T>
json write_value(const T& object);

template <typename T>
json write_value(const std::vector<T>& values) {
  json array = json::array();
  for (const T& value : values) array.push_back(write_value(value));
  return array;
}

template <typename T>
  requires std::is_class_v<T>
json write_value(const T& object) {
  json written = json::object();
  for (const Key<T>& key : keys_of(object)) written[key.name] = key.write(object);
  return written;
}

template <typename T>
T class_of(auto T::* member);

// The row for a data member.
template <auto Member>
constexpr auto key(const char* name) {
  using T = decltype(class_of(Member));
  return Key<T>{name, [](const T& object) { return write_value(object.*Member); },
                [](const json& value, T& object) { return read_value(value, object.*Member); }};
}

std::span<const Key<Device>> keys_of(const Device& /*unused*/) {
  static constexpr std::array kKeys{
      key<&Device::uuid>("uuid"),
      key<&Device::label>("label"),
      key<&Device::partuuid>("partuuid"),
      key<&Device::devname>("devname"),
  };
  return kKeys;
}

std::span<const Key<Server>> keys_of(const Server& /*unused*/) {
  static constexpr std::array kKeys{
      key<&Server::host>("host"),
      key<&Server::addresses>("addresses"),
      key<&Server::port>("port"),
  };
  return kKeys;
}

std::span<const Key<SshLogin>> keys_of(const SshLogin& /*unused*/) {
  static constexpr std::array kKeys{
      key<&SshLogin::user>("user"),
      key<&SshLogin::key>("key"),
      key<&SshLogin::known_hosts>("known_hosts"),
  };
  return kKeys;
}

std::span<const Key<NfsExport>> keys_of(const NfsExport& /*unused*/) {
  static constexpr std::array kKeys{
      key<&NfsExport::path>("path"),
      key<&NfsExport::client>("client"),
      key<&NfsExport::versions>("versions"),
      key<&NfsExport::mount_options>("mount_options"),
  };
  return kKeys;
}

std::span<const Key<Interface>> keys_of(const Interface& /*unused*/) {
  static constexpr std::array kKeys{
      key<&Interface::name>("name"),
      key<&Interface::mac>("mac"),
      key<&Interface::mtu>("mtu"),
      key<&Interface::addresses>("addresses"),
  };
  return kKeys;
}

std::span<const Key<Route>> keys_of(const Route& /*unused*/) {
  static constexpr std::array kKeys{
      key<&Route::destination>("destination"),
      key<&Route::gateway>("gateway"),
      key<&Route::interface>("interface"),
      key<&Route::source>("source"),
  };
  return kKeys;
}

std::span<const Key<Network>> keys_of(const Network& /*unused*/) {
  static constexpr std::array kKeys{
      key<&Network::interfaces>("interfaces"),
      key<&Network::routes>("routes"),
      key<&Network::name_servers>("name_servers"),
      key<&Network::search>("search"),
  };
  return kKeys;
}

std::span<const Key<Target>> keys_of(const Target& /*unused*/) {
  static constexpr std::array kKeys{
      key<&Target::kind>("kind"),     key<&Target::device>("device"),
      key<&Target::fstype>("fstype"), key<&Target::mount_options>("mount_options"),
      key<&Target::server>("server"), key<&Target::ssh>("ssh"),
      key<&Target::nfs>("nfs"),       key<&Target::directory>("directory"),
      key<&Target::stall>("stall"),
  };
  return kKeys;
}

std::span<const Key<Watchdog>> keys_of(const Watchdog& /*unused*/) {
  static constexpr std::array kKeys{
      key<&Watchdog::identity>("identity"),
      key<&Watchdog::timeout>("timeout"),
  };
  return kKeys;
}

std::span<const Key<Deadlines>> keys_of(const Deadlines& /*unused*/) {
  static constexpr std::array kKeys{
      key<&Deadlines::device>("device"),   key<&Deadlines::mount>("mount"),
      key<&Deadlines::network>("network"), key<&Deadlines::connect>("connect"),
      key<&Deadlines::overall>("overall"), key<&Deadlines::hook>("hook"),
      key<&Deadlines::sync>("sync"),
  };
  return kKeys;
}

std::span<const Key<Hooks>> keys_of(const Hooks& /*unused*/) {
  static constexpr std::array kKeys{
      key<&Hooks::pre>("pre"),
      key<&Hooks::pre_d>("pre_d"),
      key<&Hooks::post_d>("post_d"),
      key<&Hooks::post>("post"),
      key<&Hooks::emergency_d>("emergency_d"),
      key<&Hooks::emergency>("emergency"),
  };
  return kKeys;
}

constexpr const char* kVersionKey = "version";

// Any version at all is an integer; which one it is decides whether the rest is looked at.
Status check_version(const json& object) {
  if (!object.is_object()) return wrong_type(object, "an object");
  const auto found = object.find(kVersionKey);
  if (found == object.end()) return fail(ErrorKind::corrupt, "{}: missing", kVersionKey);
  if (!found->is_number_integer()) return at_key(kVersionKey, wrong_type(*found, "an integer").error());
  if (*found == kVersion) return {};
  return fail(ErrorKind::unsupported, "{}: {} is not known, this program knows {} (build the image again)",
              kVersionKey, found->dump(), kVersion);
}

std::span<const Key<Plan>> keys_of(const Plan& /*unused*/) {
  static constexpr std::array kKeys{
      Key<Plan>{kVersionKey, [](const Plan& /*unused*/) -> json { return kVersion; },
                [](const json& /*unused*/, Plan& /*unused*/) -> Status { return {}; }},
      key<&Plan::toolchain_version>("toolchain_version"),
      key<&Plan::kernel_release>("kernel_release"),
      key<&Plan::hostname>("hostname"),
      key<&Plan::utc_offset_seconds>("utc_offset_seconds"),
      key<&Plan::modules>("modules"),
      key<&Plan::targets>("targets"),
      key<&Plan::collector>("collector"),
      key<&Plan::final_action>("final_action"),
      key<&Plan::failure_action>("failure_action"),
      key<&Plan::min_free>("min_free"),
      key<&Plan::deadlines>("deadlines"),
      key<&Plan::network>("network"),
      key<&Plan::watchdogs>("watchdogs"),
      key<&Plan::hooks>("hooks"),
      key<&Plan::rootfs>("rootfs"),
  };
  return kKeys;
}

Result<json> parse(std::string_view text) {
  if (text.size() > kMaximumText)
    return fail(ErrorKind::corrupt, "{} bytes found, expected at most {}", text.size(), kMaximumText);
  try {
    return json::parse(text);
  } catch (const json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: …": the part about the place.
    const std::string_view what = error.what();
    const size_t place = what.find("] ");
    return fail(ErrorKind::corrupt, "{}", what.substr(place == std::string_view::npos ? 0 : place + 2));
  }
}

Result<Plan> read_plan(std::string_view text) {
  const json object = TRY(parse(text));
  TRY(check_version(object));
  Plan plan;
  TRY(read_value(object, plan));
  return plan;
}

}  // namespace

std::string_view action_name(Action action) { return word_of(action); }

std::string to_json(const Plan& plan) {
  return write_value(plan).dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<Plan> from_json(std::string_view text) { return with_context(read_plan(text), "plan"); }

}  // namespace kdump::plan
