#include <cstring>

#include <boost/asio/ip/tcp.hpp>

#include "tests/crash/daemons/network.h"
#include "tests/support/authority.h"

namespace spin {
namespace {

using boost::asio::ip::tcp;

constexpr const char* kHost = "127.0.0.1";

tcp::endpoint local(int port) {
  return {boost::asio::ip::make_address(kHost), static_cast<unsigned short>(port)};
}

void append(std::vector<std::string>& words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
}

class TlsProxies final : public Network {
 public:
  explicit TlsProxies(int workers) { proxies_.resize(static_cast<std::size_t>(workers)); }

  [[nodiscard]] std::vector<std::string> coordinator_options() const override {
    std::vector<std::string> options{"--listen", std::string(kHost) + ":0"};
    append(options, tls_options(coordinator_));
    return options;
  }
  void coordinator_serves(const std::string& log) override {
    const std::string before = std::string(kHost) + ":";
    const int port = std::stoi(log.substr(log.find(before) + before.size()));
    for (auto& proxy : proxies_) proxy = std::make_unique<Proxy>(local(0), local(port));
  }
  [[nodiscard]] std::vector<std::string> worker_options(int worker) const override {
    tcp::endpoint at;
    const auto address = proxies_.at(static_cast<std::size_t>(worker))->address();
    std::memcpy(at.data(), address.data(), address.size());
    std::vector<std::string> options{"--connect", std::string(kHost) + ":" + std::to_string(at.port())};
    append(options, tls_options(worker_));
    return options;
  }
  void cut(int worker, Cut what) override { proxies_.at(static_cast<std::size_t>(worker))->cut(what); }

 private:
  const Authority authority_;
  const net::TlsFiles coordinator_ = authority_.issue("spind", {.usage = "serverAuth"});
  const net::TlsFiles worker_ = authority_.issue("worker", {.names = "", .usage = "clientAuth"});
  std::vector<std::unique_ptr<Proxy>> proxies_;
};

}  // namespace

std::unique_ptr<Network> tls_proxies(const TempFolder&, int workers) {
  return std::make_unique<TlsProxies>(workers);
}

}  // namespace spin
