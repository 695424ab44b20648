// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/endian.h"
#include "makedumpfile/sink/ssh/ssh_base64.h"
#include "makedumpfile/sink/ssh/ssh_known_hosts.h"
#include "makedumpfile/sink/ssh/ssh_private_key.h"

namespace kdump {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Made by ssh-keygen, like the fingerprint and the hashed line (of [192.0.2.7]:2222).
constexpr std::string_view kKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG/dQXkUHBWyUzK7Qj9QCjq9s4s4H9i+WB1v5qJbwJtO made-up\n";
constexpr std::string_view kOther =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG/dQXkUHBWyUzK7Qj9QCjq9s4s4H9i+WB1v5qJbwJtP made-up\n";
constexpr std::string_view kFingerprint = "SHA256:1a+7gqhU0afa7HSDoUslZkw8KsDBsFwHI8yu7eqMHxE";
constexpr std::string_view kHashedName = "|1|lIcoBIm3uU82aKgt+DJu7lAZeGs=|ahdhc7hPpilPoq7QvSAtpNCugR4=";

std::string line(std::string_view names, std::string_view key = kKey) {
  return std::string(names) + " " + std::string(key);
}

size_t accepted(const std::string& text, std::string_view host, uint16_t port = 22) {
  const auto keys = pinned_host_keys(text, host, port);
  return keys ? keys->accepted.size() : 0;
}

TEST(KnownHosts, NamesMatchAsSshdSays) {
  EXPECT_EQ(accepted(line("dump.example"), "dump.example"), 1U);
  EXPECT_EQ(accepted(line("DUMP.example"), "dump.EXAMPLE"), 1U);
  EXPECT_EQ(accepted(line("a,dump.example,b"), "dump.example"), 1U);
  EXPECT_EQ(accepted(line("*.example"), "dump.example"), 1U);
  EXPECT_EQ(accepted(line("dump?.example"), "dump1.example"), 1U);
  EXPECT_EQ(accepted(line("*.example,!dump.example"), "dump.example"), 0U);
  EXPECT_EQ(accepted(line("2001:db8::7"), "2001:db8::7"), 1U);
  EXPECT_EQ(accepted(line("dump"), "dump.example"), 0U);
}

TEST(KnownHosts, AnotherPortIsAnotherName) {
  EXPECT_EQ(accepted(line("[dump]:2222"), "dump", 2222), 1U);
  EXPECT_EQ(accepted(line("dump"), "dump", 2222), 0U);
  EXPECT_EQ(accepted(line("[dump]:2222"), "dump"), 0U);
}

TEST(KnownHosts, HashedNamesAreFound) {
  EXPECT_EQ(accepted(line(kHashedName), "192.0.2.7", 2222), 1U);
  EXPECT_EQ(accepted(line(kHashedName), "192.0.2.8", 2222), 0U);
  EXPECT_EQ(accepted(line("|1|damaged"), "192.0.2.7", 2222), 0U);
}

TEST(KnownHosts, ManyKeysOfOneHostAreAllPinned) {
  const std::string text =
      "# a comment\n\n" + line("dump") + line("other", kOther) + "  " + line("dump", kOther);
  EXPECT_EQ(accepted(text, "dump"), 2U);
}

TEST(KnownHosts, RevokedKeysAreKeptApartAndAuthoritiesPassedOver) {
  const std::string text =
      line("dump") + "@revoked " + line("*", kOther) + "@cert-authority " + line("*", kOther);
  const auto keys = pinned_host_keys(text, "dump", 22);
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->accepted.size(), 1U);
  EXPECT_EQ(keys->revoked.size(), 1U);
  EXPECT_EQ(accepted("@cert-authority " + line("dump"), "dump"), 0U);
}

TEST(KnownHosts, DamagedLinesPinNothing) {
  for (const std::string& text : {std::string("dump"), std::string("dump ssh-ed25519"),
                                  line("dump", "ssh-ed25519 ??"), line("dump", "ssh-ed25519 AAA")})
    EXPECT_EQ(accepted(text, "dump"), 0U) << text;
}

TEST(KnownHosts, AnUnknownHostNamesTheRemedy) {
  const auto keys = pinned_host_keys("", "dump", 22);
  ASSERT_FALSE(keys);
  EXPECT_THAT(keys.error().message(), HasSubstr("ssh-keyscan -p 22 -t ed25519 dump"));
}

TEST(KnownHosts, FingerprintsAreThoseOfSshKeygen) {
  const auto keys = pinned_host_keys(line("dump"), "dump", 22);
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->accepted[0].type, "ssh-ed25519");
  EXPECT_EQ(host_key_fingerprint(keys->accepted[0].blob), kFingerprint);
}

TEST(Base64, IsWhatTheRfcSays) {
  EXPECT_EQ(text_of(*decode_base64("Zm9vYmE=")), "fooba");
  EXPECT_EQ(text_of(*decode_base64("Zm9vYg==")), "foob");
  EXPECT_EQ(text_of(*decode_base64("")), "");
  EXPECT_EQ(encode_base64_unpadded(bytes_of(std::string_view("foob"))), "Zm9vYg");
  for (const char* wrong : {"Zm9vYg", "Zm9vYg=", "Zm9v Yg=", "====="})
    EXPECT_FALSE(decode_base64(wrong)) << wrong;
}

std::string ssh_string(std::string_view text) {
  return std::string(text_of(bytes_of(be32(static_cast<uint32_t>(text.size()))))) + std::string(text);
}

// As OpenSSH writes a private key, without one in it.
std::string openssh_key(std::string_view type, std::string_view cipher = "none") {
  const std::string body = std::string("openssh-key-v1\0", 15) + ssh_string(cipher) + ssh_string("none") +
                           ssh_string("") + std::string("\0\0\0\1", 4) + ssh_string(ssh_string(type) + "key");
  std::string text = encode_base64_unpadded(bytes_of(std::string_view(body)));
  text.append((4 - text.size() % 4) % 4, '=');
  for (size_t at = 70; at < text.size(); at += 71) text.insert(at, "\n");
  return "-----BEGIN OPENSSH PRIVATE KEY-----\n" + text + "\n-----END OPENSSH PRIVATE KEY-----\n";
}

std::string pem(std::string_view label, std::string_view body = "MAAA\n") {
  return fmt::format("-----BEGIN {}-----\n{}-----END {}-----\n", label, body, label);
}

std::string verdict(const std::string& content, bool rsa_works = false) {
  const auto type = check_private_key(content, "/root/.ssh/id", rsa_works);
  return type ? *type : type.error().message();
}

TEST(PrivateKey, Ed25519AndEcdsaWork) {
  EXPECT_EQ(verdict(openssh_key("ssh-ed25519")), "ssh-ed25519");
  EXPECT_EQ(verdict(openssh_key("ecdsa-sha2-nistp384")), "ecdsa-sha2-nistp384");
  EXPECT_EQ(verdict(pem("EC PRIVATE KEY")), "ecdsa");
}

TEST(PrivateKey, RsaWorksWhereTheLibraryDoesIt) {
  EXPECT_EQ(verdict(openssh_key("ssh-rsa"), true), "ssh-rsa");
  EXPECT_EQ(verdict(pem("RSA PRIVATE KEY"), true), "ssh-rsa");
  for (const std::string& key : {openssh_key("ssh-rsa"), pem("RSA PRIVATE KEY")})
    EXPECT_THAT(verdict(key), AllOf(HasSubstr("/root/.ssh/id is an RSA key, which needs libssh2 1.11"),
                                    HasSubstr("ssh-keygen -t ed25519")));
}

TEST(PrivateKey, APassphraseNamesTheRemedy) {
  for (const std::string& key :
       {openssh_key("ssh-ed25519", "aes256-ctr"), pem("EC PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\n\nMAAA\n"),
        pem("ENCRYPTED PRIVATE KEY")})
    EXPECT_THAT(verdict(key), AllOf(HasSubstr("ssh-keygen -p -f"), HasSubstr("passphrase"))) << key;
}

TEST(PrivateKey, OtherKindsAreNamed) {
  EXPECT_THAT(verdict(openssh_key("sk-ssh-ed25519@openssh.com")),
              HasSubstr("of type sk-ssh-ed25519@openssh.com"));
  EXPECT_THAT(verdict(pem("DSA PRIVATE KEY")), HasSubstr("of type ssh-dss"));
  EXPECT_THAT(verdict(pem("PRIVATE KEY")), HasSubstr("convert it with ssh-keygen -p -f /root/.ssh/id"));
  EXPECT_THAT(verdict(pem("CERTIFICATE")), HasSubstr("expected a private key"));
  EXPECT_THAT(verdict(std::string(kKey)), HasSubstr("is not a private key"));
  EXPECT_THAT(verdict(""), HasSubstr("is not a private key"));
}

TEST(PrivateKey, DamagedFilesAreErrors) {
  const std::string good = openssh_key("ssh-ed25519");
  for (const std::string& key : {pem("OPENSSH PRIVATE KEY"), pem("OPENSSH PRIVATE KEY", "not base64!\n"),
                                 good.substr(0, good.size() / 2), pem("OPENSSH PRIVATE KEY", "")})
    EXPECT_FALSE(check_private_key(key, "key", true)) << key;
}

}  // namespace
}  // namespace kdump
