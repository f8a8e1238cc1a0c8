#include <boost/asio/local/stream_protocol.hpp>

#include "tests/crash/daemons/network.h"

namespace spin {
namespace {

using boost::asio::local::stream_protocol;

class UnixProxies final : public Network {
 public:
  UnixProxies(const TempFolder& folder, int workers) : folder_(folder) { proxies_.resize(workers); }

  void coordinator_serves(const std::string&) override {
    for (std::size_t i = 0; i < proxies_.size(); ++i) {
      proxies_[i] = std::make_unique<Proxy>(stream_protocol::endpoint(socket(static_cast<int>(i))),
                                            stream_protocol::endpoint((folder_ / "sock").string()));
    }
  }
  [[nodiscard]] std::vector<std::string> worker_options(int worker) const override {
    return {"--connect", "unix:" + socket(worker)};
  }
  void cut(int worker, Cut what) override { proxies_.at(static_cast<std::size_t>(worker))->cut(what); }

 private:
  [[nodiscard]] std::string socket(int worker) const {
    return (folder_ / ("proxy" + std::to_string(worker))).string();
  }
  const TempFolder& folder_;
  std::vector<std::unique_ptr<Proxy>> proxies_;
};

}  // namespace

std::unique_ptr<Network> unix_proxies(const TempFolder& folder, int workers) {
  return std::make_unique<UnixProxies>(folder, workers);
}

}  // namespace spin
