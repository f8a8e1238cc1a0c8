#include <unistd.h>

#include "tests/crash/daemons/network.h"
#include "tests/support/authority.h"
#include "tests/support/process.h"

namespace spin {
namespace {

constexpr std::chrono::seconds kDeadline{20};
constexpr const char* kPort = ":7443";

void append(std::vector<std::string>& words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
}

/// A namespace for the coordinator, and one for each worker with a pair of veth to it; nftables drop what is
/// cut. For root alone.
class Namespaces final : public Network {
 public:
  explicit Namespaces(int workers) : workers_(workers) {
    run({"ip", "netns", "add", coordinator()});
    for (int worker = 0; worker < workers_ && refusal_.empty(); ++worker) add(worker);
    if (!refusal_.empty()) return;
    std::string names = "IP:" + address(0, 1);
    for (int worker = 1; worker < workers_; ++worker) names += ",IP:" + address(worker, 1);
    coordinator_files_ = authority_.issue("spind", {.names = names, .usage = "serverAuth"});
    worker_files_ = authority_.issue("worker", {.names = "", .usage = "clientAuth"});
  }
  ~Namespaces() override {
    for (const auto& name : made_) run({"ip", "netns", "del", name});
  }

  [[nodiscard]] std::string refusal() const override { return refusal_; }
  [[nodiscard]] std::vector<std::string> coordinator_options() const override {
    std::vector<std::string> options{"--listen", std::string("0.0.0.0") + kPort};
    append(options, tls_options(coordinator_files_));
    return options;
  }
  void coordinator_serves(const std::string&) override {}
  [[nodiscard]] std::vector<std::string> worker_options(int worker) const override {
    std::vector<std::string> options{"--connect", address(worker, 1) + kPort};
    append(options, tls_options(worker_files_));
    return options;
  }
  [[nodiscard]] std::vector<std::string> coordinator_prefix() const override { return inside(coordinator()); }
  [[nodiscard]] std::vector<std::string> worker_prefix(int worker) const override {
    return inside(name_of(worker));
  }
  void cut(int worker, Cut what) override {
    const bool up = what == Cut::to_coordinator || what == Cut::both;
    const bool down = what == Cut::to_worker || what == Cut::both;
    run_inside(name_of(worker),
               {"nft", chain("to_coordinator", "output", up) + chain("to_worker", "input", down)});
  }

 private:
  [[nodiscard]] std::string coordinator() const { return prefix_ + "c"; }
  [[nodiscard]] std::string name_of(int worker) const { return prefix_ + "w" + std::to_string(worker); }
  static std::string address(int worker, int end) {
    return "10.77." + std::to_string(worker) + "." + std::to_string(end);
  }
  static std::vector<std::string> inside(const std::string& name) { return {"ip", "netns", "exec", name}; }
  static std::string chain(const std::string& name, const std::string& hook, bool is_cut) {
    return "add chain inet spin " + name + " { type filter hook " + hook + " priority 0; policy " +
           (is_cut ? "drop" : "accept") + "; }; ";
  }

  void add(int worker) {
    const std::string there = name_of(worker), link = "w" + std::to_string(worker);
    run({"ip", "netns", "add", there});
    run({"ip", "-n", coordinator(), "link", "add", link, "type", "veth", "peer", "name", "up", "netns",
         there});
    run({"ip", "-n", coordinator(), "addr", "add", address(worker, 1) + "/24", "dev", link});
    run({"ip", "-n", coordinator(), "link", "set", link, "up"});
    run({"ip", "-n", there, "addr", "add", address(worker, 2) + "/24", "dev", "up"});
    run({"ip", "-n", there, "link", "set", "dev", "up", "up"});
    run_inside(there, {"nft", "add table inet spin"});
    cut(worker, Cut::nothing);
  }
  void run_inside(const std::string& name, const std::vector<std::string>& words) {
    auto command = inside(name);
    append(command, words);
    run(command);
  }
  /// What the first command that failed said is why there is no such network here.
  void run(const std::vector<std::string>& command) {
    if (!refusal_.empty() && command[2] != "del") return;
    const auto finished = run_command(command, prefix_, kDeadline);
    if (finished.exit_code == 0) {
      if (command[1] == "netns" && command[2] == "add") made_.push_back(command[3]);
      return;
    }
    for (const auto& word : command) refusal_ += word + " ";
    refusal_ += "failed: " + (finished.exit_code == 127 ? "not installed" : finished.errors);
  }

  const std::string prefix_ = "spin-" + std::to_string(::getpid()) + "-";
  const int workers_;
  const Authority authority_;
  net::TlsFiles coordinator_files_, worker_files_;
  std::vector<std::string> made_;
  std::string refusal_;
};

}  // namespace

std::unique_ptr<Network> namespaces(const TempFolder&, int workers) {
  return std::make_unique<Namespaces>(workers);
}

}  // namespace spin
