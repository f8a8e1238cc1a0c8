#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/e2e/cluster.h"
#include "tests/support/authority.h"
#include "tests/support/places.h"
#include "tests/support/tls_client.h"

// The real daemons over TCP with mutual TLS, as on several hosts; the trainers learn nothing.

namespace spin {
namespace {

using std::chrono::seconds;
constexpr seconds kLimit{60};

constexpr const char* kSweep = R"(version: 1
name: hosts
dataset: fashion-mnist
network: {family: convmixer, channels: 64, depth: 8, patch: 4, kernel: 3}
sharing: {mapping: sequential}
axes:
  sharing.rate: [1, 2, 4]
)";

class Hosts : public testing::Test {
 protected:
  void SetUp() override {
    start_spind("127.0.0.1:0");
    const std::string output = spind_->output();
    const auto begin = output.find("127.0.0.1:");
    ASSERT_NE(begin, std::string::npos) << output;
    address_ = output.substr(begin, output.find(' ', begin) - begin);
    std::ofstream(folder_ / "hosts.yaml") << kSweep;
  }

  void start_spind(const std::string& address) {
    std::vector<std::string> command{program("spind"), "--listen", address, "--db",
                                     (folder_ / "spin.db").string()};
    append(command, tls_options(server_files_));
    spind_ = std::make_unique<Process>(command, log("spind"), mark_);
    ASSERT_TRUE(eventually(kLimit, [&] {
      return !spind_->running() || spind_->output().find("listening on") != std::string::npos;
    }));
    ASSERT_TRUE(spind_->running()) << spind_->output();
  }
  [[nodiscard]] std::vector<std::string> worker_command(const std::string& name,
                                                        const net::TlsFiles& files) const {
    std::vector<std::string> command{program("spin-worker"),
                                     "--connect",
                                     address_,
                                     "--name",
                                     name,
                                     "--trainer",
                                     fake_trainer(),
                                     "--state",
                                     (folder_ / name).string()};
    append(command, tls_options(files));
    return command;
  }
  Process start_worker(const std::string& name, const net::TlsFiles& files) {
    return {worker_command(name, files), log(name), mark_};
  }
  [[nodiscard]] Finished spinctl(std::vector<std::string> args, const net::TlsFiles& files) const {
    std::vector<std::string> command{program("spinctl"), "--connect", address_};
    append(command, tls_options(files));
    append(command, args);
    return run_command(command, mark_, kLimit);
  }
  [[nodiscard]] Finished spinctl(const std::vector<std::string>& args) const {
    return spinctl(args, client_files_);
  }
  /// Who connects with what was issued by somebody else, though it believes the coordinator.
  [[nodiscard]] net::TlsFiles stranger() const {
    net::TlsFiles files = foreign_.issue("stranger");
    std::ofstream(folder_ / "both.pem")
        << std::ifstream(authority_.certificate()).rdbuf() << std::ifstream(foreign_.certificate()).rdbuf();
    files.authority = folder_ / "both.pem";
    return files;
  }
  static void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
    to.insert(to.end(), more.begin(), more.end());
  }
  static bool says(Process& process, const std::string& text) {
    return eventually(kLimit, [&] { return process.output().find(text) != std::string::npos; });
  }
  static void expect_refusal(const Finished& finished, int exit_code, const std::string& part) {
    EXPECT_EQ(finished.exit_code, exit_code) << finished.errors;
    EXPECT_NE(finished.errors.find(part), std::string::npos) << finished.errors;
  }
  void stop(Process& process) {
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait(kLimit), 0) << process.output();
  }

  const std::string mark_ = unique_mark();
  TempFolder folder_;
  Authority authority_, foreign_{"foreign authority"};
  net::TlsFiles server_files_ = authority_.issue("spind", {.usage = "serverAuth"});
  net::TlsFiles client_files_ = authority_.issue("client", {.names = "", .usage = "clientAuth"});
  std::string address_;
  std::unique_ptr<Process> spind_;

 private:
  std::filesystem::path log(const std::string& name) {
    return folder_ / (name + "-" + std::to_string(++logs_) + ".log");
  }
  int logs_ = 0;
};

TEST_F(Hosts, ASweepIsSubmittedTrainedAndAskedForOverMutualTls) {
  auto worker = start_worker("w1", authority_.issue("w1", {.names = "", .usage = "clientAuth"}));
  const auto submitted = spinctl({"submit", (folder_ / "hosts.yaml").string(), "--wait"});
  EXPECT_EQ(submitted.exit_code, 0) << submitted.errors << worker.output();
  const auto status = spinctl({"status", "hosts", "--format", "json"});
  ASSERT_EQ(status.exit_code, 0) << status.errors;
  EXPECT_EQ(nlohmann::json::parse(status.output).at(0).at("completed"), 3) << status.output;
  stop(worker);
  stop(*spind_);
}

TEST_F(Hosts, AWorkerComesBackToACoordinatorThatDoes) {
  auto worker = start_worker("w1", client_files_);
  ASSERT_TRUE(says(worker, "attached to the coordinator")) << worker.output();
  spind_->signal(SIGKILL);
  spind_->wait(kLimit);
  ASSERT_TRUE(says(worker, "lost the coordinator")) << worker.output();
  start_spind(address_);
  const auto submitted = spinctl({"submit", (folder_ / "hosts.yaml").string(), "--wait"});
  EXPECT_EQ(submitted.exit_code, 0) << submitted.errors << worker.output();
}

TEST_F(Hosts, AForeignWorkerIsRefusedAndToldSo) {
  auto worker = start_worker("w1", stranger());
  EXPECT_TRUE(says(worker, "refuses the certificate in --tls-cert")) << worker.output();
  EXPECT_TRUE(worker.running()) << "certificates can be renewed while it waits";
  const auto workers = spinctl({"workers", "--format", "json"});
  EXPECT_EQ(nlohmann::json::parse(workers.output), nlohmann::json::array());
  auto foreign = start_worker("w2", foreign_.issue("w2"));
  EXPECT_TRUE(says(foreign, "cannot be believed: its certificate is not signed by the authority in --tls-ca"))
      << foreign.output();
}

TEST_F(Hosts, AWorkerWithoutCertificatesDoesNotStart) {
  const auto finished = run_command(
      {program("spin-worker"), "--connect", address_, "--state", (folder_ / "w1").string()}, mark_, kLimit);
  expect_refusal(finished, 2, "missing --tls-cert, --tls-key, --tls-ca");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "w1"));
}

TEST_F(Hosts, SpinctlSaysInPlainWordsWhatIsWrong) {
  EXPECT_EQ(spinctl({"status"}).exit_code, 0);
  expect_refusal(run_command({program("spinctl"), "--connect", address_, "status"}, mark_, kLimit), 2,
                 "missing --tls-cert, --tls-key, --tls-ca");
  expect_refusal(spinctl({"status"}, stranger()), 4, "refuses the certificate in --tls-cert");
  expect_refusal(spinctl({"status"}, foreign_.issue("me")), 4, "cannot be believed: its certificate");
  const auto late =
      authority_.issue("late", {.begins = std::chrono::hours(-3), .ends = std::chrono::hours(-2)});
  expect_refusal(spinctl({"status"}, late), 2, "has expired: CN=late is valid from");
  stop(*spind_);
  expect_refusal(spinctl({"status"}), 3, "no coordinator at " + address_ + " (Connection refused)");
}

TEST_F(Hosts, TheEnvironmentNamesAddressAndFiles) {
  const auto script =
      "exec env SPIN_CONNECT=" + address_ + " SPIN_TLS_CERT=" + client_files_.certificate.string() +
      " SPIN_TLS_KEY=" + client_files_.key.string() + " SPIN_TLS_CA=" + client_files_.authority.string() +
      " " + program("spinctl") + " status";
  const auto finished = run_command({"/bin/sh", "-c", script}, mark_, kLimit);
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
}

TEST_F(Hosts, NoiseOnThePortDisturbsNobody) {
  auto worker = start_worker("w1", client_files_);
  ASSERT_TRUE(says(worker, "attached to the coordinator")) << worker.output();
  const int port = std::stoi(address_.substr(address_.find(':') + 1));
  for (int i = 0; i < 20; ++i) {
    ask_in_the_clear(port, std::string(static_cast<std::size_t>(i) * 100, static_cast<char>(i)));
    ask_in_the_clear(port, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    ask_in_the_clear(port, "GET / HTTP/1.1\r\nHost: spind\r\n\r\n");
  }
  const auto submitted = spinctl({"submit", (folder_ / "hosts.yaml").string(), "--wait"});
  EXPECT_EQ(submitted.exit_code, 0) << submitted.errors << worker.output();
  EXPECT_EQ(worker.output().find("lost the coordinator"), std::string::npos) << worker.output();
}

TEST_F(Hosts, SpindRefusesFilesThatNobodyWouldBelieve) {
  std::vector<std::string> command{program("spind"), "--listen", "127.0.0.1:0", "--db",
                                   (folder_ / "other.db").string()};
  append(command, tls_options(client_files_));
  expect_refusal(run_command(command, mark_, kLimit), 2, "is not one for a server");
  command[2] = address_;
  command.resize(5);
  append(command, tls_options(server_files_));
  expect_refusal(run_command(command, mark_, kLimit), 2, "is taken: another process listens at " + address_);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "other.db")) << "what is refused stores nothing";
}

}  // namespace
}  // namespace spin
