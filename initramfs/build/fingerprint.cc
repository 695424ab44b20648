// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/fingerprint.h"

#include <nlohmann/json.hpp>

namespace kdump::image {
namespace {

using nlohmann::json;
using Map = std::map<std::string, std::string>;

Result<Fingerprint> read_fingerprint(const json& object) {
  if (object.at("format").get<int>() != kFingerprintFormat)
    return fail("format {} found, expected {}", object.at("format").dump(), kFingerprintFormat);
  Fingerprint read;
  read.image = object.at("image").get<std::string>();
  read.inputs = object.at("inputs").get<Map>();
  for (const auto& item : object.at("plan").items()) read.plan[item.key()] = item.value().dump();
  return read;
}

}  // namespace

Map plan_by_key(const plan::Plan& plan) {
  Map keys;
  const json object = json::parse(plan::to_json(plan), nullptr, false);
  for (const auto& item : object.items()) keys[item.key()] = item.value().dump();
  return keys;
}

std::string to_json(const Fingerprint& fingerprint) {
  json object = {{"format", kFingerprintFormat}, {"image", fingerprint.image}, {"inputs", json::object()}};
  object["plan"] = json::object();
  for (const auto& [path, digest] : fingerprint.inputs) object["inputs"][path] = digest;
  for (const auto& [key, value] : fingerprint.plan) object["plan"][key] = json::parse(value, nullptr, false);
  return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<Fingerprint> fingerprint_from_json(std::string_view text) {
  try {
    return read_fingerprint(json::parse(text));
  } catch (const json::exception& error) {
    return fail(ErrorKind::corrupt, "{}", error.what());
  }
}

std::string first_difference(const Fingerprint& before, const Fingerprint& now) {
  for (const auto& [path, digest] : now.inputs) {
    const auto old = before.inputs.find(path);
    if (old == before.inputs.end()) return path + " is needed now";
    if (old->second != digest) return path + " changed";
  }
  for (const auto& [path, digest] : before.inputs) {
    if (!now.inputs.contains(path)) return path + " is no longer needed";
  }
  for (const auto& [key, value] : now.plan) {
    const auto old = before.plan.find(key);
    if (old == before.plan.end() || old->second != value) return "the plan changed: " + key;
  }
  return "";
}

}  // namespace kdump::image
