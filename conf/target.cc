// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/target.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <optional>

#include "common/text.h"
#include "conf/values.h"

namespace kdump::conf {
namespace {

bool has_form(std::string_view text, std::initializer_list<std::string_view> forms) {
  return std::ranges::any_of(
      forms, [&](std::string_view form) { return text.starts_with(form) && text.size() > form.size(); });
}

Result<Target> parse_filesystem(std::string_view kind, std::string_view argument) {
  if (!has_form(argument, {"/dev/", "LABEL=", "UUID=", "PARTUUID="}))
    return fail(ErrorKind::usage,
                "\"{}\" is not a device; write /dev/NAME, LABEL=NAME, UUID=ID or PARTUUID=ID", argument);
  return FilesystemTarget{std::string(kind), std::string(argument)};
}

Result<Target> parse_raw(std::string_view /*kind*/, std::string_view argument) {
  if (!has_form(argument, {"/dev/", "PARTUUID="}))
    return fail(ErrorKind::usage,
                "\"{}\" is not a device without a filesystem; write /dev/NAME or PARTUUID=ID", argument);
  return RawTarget{std::string(argument)};
}

// Host names and literals; what they go into are command lines and URLs.
bool is_host(std::string_view host) {
  return !host.empty() && host.front() != '-' && std::ranges::all_of(host, [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '-' || c == '_' || c == ':';
  });
}

// "[HOST]REST", or "HOSTREST" where the host has no colon.
struct HostAndRest {
  std::string_view host;
  std::string_view rest;  // starts with a colon, or is empty
};

std::optional<HostAndRest> split_host(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  const size_t end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == std::string_view::npos) return std::nullopt;
  const HostAndRest parts = bracketed ? HostAndRest{text.substr(1, end - 1), text.substr(end + 1)}
                                      : HostAndRest{text.substr(0, end), text.substr(end)};
  const bool separated = parts.rest.empty() || parts.rest.starts_with(':');
  return separated && is_host(parts.host) ? std::optional(parts) : std::nullopt;
}

Result<Target> parse_nfs(std::string_view /*kind*/, std::string_view argument) {
  const auto parts = split_host(argument);
  if (!parts || !parts->rest.starts_with(":/"))
    return fail(ErrorKind::usage,
                "\"{}\" is not an export; write SERVER:/EXPORT, with an IPv6 address in brackets", argument);
  return NfsTarget{std::string(parts->host), squeeze_slashes(parts->rest.substr(1))};
}

std::optional<uint16_t> parse_port(std::string_view rest) {
  if (rest.empty()) return 0;
  const auto port = parse_u64(rest.substr(1));
  if (!port || *port == 0 || *port > 65535) return std::nullopt;
  return static_cast<uint16_t>(*port);
}

bool is_user(std::string_view user) {
  return !user.empty() && user.front() != '-' &&
         std::ranges::none_of(user, [](unsigned char c) { return std::iscntrl(c) || c == ':' || c == '/'; });
}

Result<Target> parse_ssh(std::string_view /*kind*/, std::string_view argument) {
  constexpr std::string_view kForm = "write USER@HOST or USER@HOST:PORT, with an IPv6 address in brackets";
  const size_t at = argument.rfind('@');
  if (at == std::string_view::npos)
    return fail(ErrorKind::usage, "\"{}\" names no user; {}", argument, kForm);
  const std::string_view user = argument.substr(0, at);
  const std::string_view server = argument.substr(at + 1);
  if (!is_user(user)) return fail(ErrorKind::usage, "\"{}\" is not a user; {}", user, kForm);
  // As the incumbents take it: an IPv6 address alone needs no brackets.
  if (std::ranges::count(server, ':') > 1 && is_host(server))
    return SshTarget{std::string(user), std::string(server), 0};
  const auto parts = split_host(server);
  if (!parts) return fail(ErrorKind::usage, "\"{}\" is not a host; {}", server, kForm);
  const auto port = parse_port(parts->rest);
  if (!port)
    return fail(ErrorKind::usage, "\"{}\" is not a port; write one from 1 to 65535", parts->rest.substr(1));
  return SshTarget{std::string(user), std::string(parts->host), *port};
}

// A new kind of target is a row here and in the table of directives.
struct Kind {
  std::string_view name;
  Result<Target> (*parse)(std::string_view kind, std::string_view argument);
};

constexpr Kind kKinds[] = {
    {"ext2", parse_filesystem}, {"ext3", parse_filesystem},  {"ext4", parse_filesystem},
    {"xfs", parse_filesystem},  {"btrfs", parse_filesystem}, {"vfat", parse_filesystem},
    {"raw", parse_raw},         {"nfs", parse_nfs},          {"ssh", parse_ssh}};

std::string kind_names() {
  std::string names;
  for (const Kind& kind : kKinds) {
    const bool last = &kind == std::end(kKinds) - 1;
    if (!names.empty()) names.append(last ? " or " : ", ");
    names.append(kind.name);
  }
  return names;
}

std::string bracketed(const std::string& host) { return host.contains(':') ? "[" + host + "]" : host; }

std::string text(const FilesystemTarget& target) { return target.fstype + " " + target.device; }
std::string text(const RawTarget& target) { return "raw " + target.device; }
std::string text(const NfsTarget& target) {
  return fmt::format("nfs {}:{}", bracketed(target.host), target.export_path);
}
std::string text(const SshTarget& target) {
  if (target.port == 0) return fmt::format("ssh {}@{}", target.user, target.host);
  return fmt::format("ssh {}@{}:{}", target.user, bracketed(target.host), target.port);
}

}  // namespace

Result<Target> parse_target(std::string_view kind, std::string_view argument) {
  const auto* const known = std::ranges::find(kKinds, kind, &Kind::name);
  if (known == std::end(kKinds))
    return fail(ErrorKind::usage, "unknown kind of target \"{}\"; use {}", kind, kind_names());
  if (split_words(argument).size() != 1)
    return fail(ErrorKind::usage, "\"{}\" is more than one word; write one target and nothing after it",
                argument);
  return known->parse(kind, argument);
}

std::string target_text(const Target& target) {
  return std::visit([](const auto& one) { return text(one); }, target);
}

}  // namespace kdump::conf
