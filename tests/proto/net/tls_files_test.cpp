#include "proto/net/tls_files.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include "tests/support/authority.h"
#include "tests/support/places.h"
#include "tests/support/process.h"

namespace spin::net {
namespace {

class TlsFilesTest : public testing::Test {
 protected:
  /// The error, which names the option and the file.
  static void expect_refused(const TlsFiles& files, const std::string& begin, const std::string& reason,
                             Side side = Side::server) {
    const Status checked = check_tls_files(files, side);
    ASSERT_FALSE(checked.ok()) << reason;
    EXPECT_EQ(checked.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(checked.error().message.starts_with(begin)) << checked.error().message;
    EXPECT_NE(checked.error().message.find(reason), std::string::npos) << checked.error().message;
  }
  std::filesystem::path write(const std::string& name, const std::string& text) {
    const auto path = authority.folder() / name;
    std::ofstream(path) << text;
    chmod(path.c_str(), 0600);
    return path;
  }

  const Authority authority;
  const TlsFiles good = authority.issue("good");
};

TEST_F(TlsFilesTest, OfAnAuthorityAreGoodForBothSides) {
  for (const auto side : {Side::server, Side::client}) {
    const Status checked = check_tls_files(good, side);
    EXPECT_TRUE(checked.ok()) << checked.error().message;
  }
}

TEST_F(TlsFilesTest, AreAllThreeNeeded) {
  expect_refused({}, "HOST:PORT takes mutual TLS", "missing --tls-cert, --tls-key, --tls-ca");
  TlsFiles files = good;
  files.key.clear();
  expect_refused(files, "HOST:PORT takes mutual TLS", "missing --tls-key (PEM files");
}

TEST_F(TlsFilesTest, MustBeReadable) {
  TlsFiles files = good;
  files.certificate = authority.folder() / "none.pem";
  expect_refused(files, "--tls-cert " + files.certificate.string(), "No such file or directory");
  files = good;
  files.authority = authority.folder().path();
  expect_refused(files, "--tls-ca " + files.authority.string(),
                 "a folder, where a regular file was expected");
}

TEST_F(TlsFilesTest, MustBePem) {
  TlsFiles files = good;
  files.certificate = write("text.pem", "a recipe for pancakes\n");
  expect_refused(files, "--tls-cert " + files.certificate.string(), "-----BEGIN CERTIFICATE-----");
  files.certificate = good.key;
  expect_refused(files, "--tls-cert", "holds a private key where a certificate is expected");
  files.certificate = write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  expect_refused(files, "--tls-cert", "holds a certificate that cannot be read");
  files = good;
  files.key = good.certificate;
  expect_refused(files, "--tls-key", "holds no private key in PEM");
  files = good;
  files.authority = write("empty.pem", "");
  expect_refused(files, "--tls-ca", "holds no certificate in PEM");
}

TEST_F(TlsFilesTest, MustBeAPair) {
  TlsFiles files = good;
  files.key = authority.issue("other").key;
  expect_refused(files, "--tls-key " + files.key.string(),
                 "does not belong to the certificate in --tls-cert " + good.certificate.string());
}

TEST_F(TlsFilesTest, WithDatesThatHoldToday) {
  expect_refused(authority.issue("old", {.begins = std::chrono::hours(-3), .ends = std::chrono::hours(-2)}),
                 "--tls-cert", "has expired: CN=old is valid from 2");
  expect_refused(authority.issue("new", {.begins = std::chrono::hours(2), .ends = std::chrono::hours(3)}),
                 "--tls-cert", "is not yet valid: CN=new is valid from 2");
}

TEST_F(TlsFilesTest, MustBeSignedByTheAuthority) {
  const Authority other("another authority");
  TlsFiles files = good;
  files.authority = other.certificate();
  expect_refused(files, "--tls-cert",
                 "is not signed by the authority in --tls-ca " + files.authority.string() +
                     ": CN=good was issued by CN=test authority");
}

TEST_F(TlsFilesTest, MustBeForTheSideThatShowsThem) {
  const auto server = authority.issue("server", {.usage = "serverAuth"});
  EXPECT_TRUE(check_tls_files(server, Side::server).ok());
  expect_refused(server, "--tls-cert", "is not one for a client", Side::client);
  const auto client = authority.issue("client", {.usage = "clientAuth"});
  EXPECT_TRUE(check_tls_files(client, Side::client).ok());
  expect_refused(client, "--tls-cert", "is not one for a server");
}

TEST_F(TlsFilesTest, KeepTheKeyForItsOwner) {
  for (const mode_t mode : {0640, 0604, 0660}) {
    chmod(good.key.c_str(), mode);
    expect_refused(good, "--tls-key " + good.key.string(), "type: chmod 600 " + good.key.string());
  }
  chmod(good.key.c_str(), 0400);
  EXPECT_TRUE(check_tls_files(good, Side::server).ok());
}

TEST_F(TlsFilesTest, AskForNoPassphrase) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  TlsFiles files = good;
  files.key = authority.folder() / "locked.key";
  BIO* file = BIO_new_file(files.key.c_str(), "w");
  ASSERT_EQ(PEM_write_bio_PKCS8PrivateKey(file, key, EVP_aes_256_cbc(), "secret", 6, nullptr, nullptr), 1);
  BIO_free_all(file);
  EVP_PKEY_free(key);
  chmod(files.key.c_str(), 0600);
  expect_refused(files, "--tls-key", "is locked with a passphrase");
}

TEST_F(TlsFilesTest, ComeFromTheScriptInDeploy) {
  const std::string script = source_file("deploy/make-certificates.sh");
  const TempFolder made;
  const auto make = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {script, made.path().string()});
    return run_command(words, "certificates", std::chrono::seconds(60));
  };
  const auto files = [&](const std::string& name) {
    return TlsFiles{made / (name + ".pem"), made / (name + ".key"), made / "ca.pem"};
  };
  for (int i = 0; i < 2; ++i) {  // the second time it renews them
    const auto server = make({"server", "head", "head.example.org", "10.0.0.1", "::1"});
    ASSERT_EQ(server.exit_code, 0) << server.errors;
    const auto client = make({"client", "ana"});
    ASSERT_EQ(client.exit_code, 0) << client.errors;
    const Status served = check_tls_files(files("head"), Side::server);
    EXPECT_TRUE(served.ok()) << served.error().message;
    const Status asked = check_tls_files(files("ana"), Side::client);
    EXPECT_TRUE(asked.ok()) << asked.error().message;
  }
  EXPECT_FALSE(check_tls_files(files("ana"), Side::server).ok());
  EXPECT_EQ(make({"server", "head"}).exit_code, 2) << "a server without a host";
  EXPECT_EQ(make({"client", "../ana"}).exit_code, 2);
}

TEST_F(TlsFilesTest, MayHoldIntermediateCertificates) {
  // A chain is what follows; an authority that signs for itself may stand there, too.
  std::ofstream(good.certificate, std::ios::app) << std::ifstream(good.authority).rdbuf();
  const Status checked = check_tls_files(good, Side::server);
  EXPECT_TRUE(checked.ok()) << checked.error().message;
}

}  // namespace
}  // namespace spin::net
