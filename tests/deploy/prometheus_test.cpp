#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

// A real Prometheus and its promtool against a real spind (Debian's package prometheus).

namespace spin {
namespace {

using std::chrono::seconds;
constexpr seconds kLimit{60};

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// What stands behind the last `before` up to the end of the line or a quote; empty where it is not there.
std::string word_after(const std::string& text, const std::string& before) {
  const auto at = text.rfind(before);
  if (at == std::string::npos) return {};
  const auto begin = at + before.size();
  return text.substr(begin, text.find_first_of("\n\" ", begin) - begin);
}

class PrometheusTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(shell("command -v promtool && command -v prometheus").exit_code, 0)
        << "deploy/install-packages.sh tests installs them";
  }
  Process start_spind() {
    Process process({program("spind"), "--listen", "unix:" + path("s.sock"), "--db", path("x.db"), "--http",
                     "127.0.0.1:0"},
                    folder_ / "spind.log", mark());
    EXPECT_TRUE(eventually(kLimit, [&] { return !process.running() || !target(process).empty(); }))
        << process.output();
    return process;
  }
  /// HOST:PORT that the system picked.
  static std::string target(const Process& spind) { return word_after(spind.output(), " http http://"); }
  Finished shell(const std::string& script) {
    return run_command({"/bin/bash", "-c", script}, mark(), kLimit);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::string mark() const { return folder_.path().string(); }

  TempFolder folder_;
  const std::string configuration_ = source_file("deploy/prometheus/prometheus.yml");
};

TEST_F(PrometheusTest, TheConfigurationIsOne) {
  const auto checked = shell("promtool check config '" + configuration_ + "'");
  EXPECT_EQ(checked.exit_code, 0) << checked.output << checked.errors;
}

TEST_F(PrometheusTest, TheMetricsAreAsTheyShouldBe) {
  const Process spind = start_spind();
  const auto at = target(spind);
  const auto colon = at.rfind(':');
  const auto checked = shell("exec 3<>/dev/tcp/" + at.substr(0, colon) + "/" + at.substr(colon + 1) +
                             "; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; sed '1,/^\\r$/d' <&3 >" +
                             path("metrics") + "; promtool check metrics <" + path("metrics"));
  EXPECT_EQ(checked.exit_code, 0) << checked.output << checked.errors;
  EXPECT_EQ(checked.output + checked.errors, "") << "neither errors nor advice";
  EXPECT_NE(text_of(path("metrics")).find("spin_jobs{state=\"ready\"} 0"), std::string::npos)
      << text_of(path("metrics"));
}

TEST_F(PrometheusTest, AStockPrometheusScrapesASpind) {
  const Process spind = start_spind();
  std::string text = text_of(configuration_);
  const std::string usual = "127.0.0.1:9464\"]";
  ASSERT_NE(text.find(usual), std::string::npos);
  text.replace(text.find(usual), usual.size(), target(spind) + "\"]");
  ASSERT_NE(text.find("15s"), std::string::npos);
  text.replace(text.find("15s"), 3, "1s");
  std::ofstream(path("prometheus.yml")) << text;
  Process prometheus({"prometheus", "--config.file=" + path("prometheus.yml"),
                      "--storage.tsdb.path=" + path("data"), "--web.listen-address=127.0.0.1:0"},
                     folder_ / "prometheus.log", mark());
  const auto address = [&] { return word_after(prometheus.output(), "\"Listening on\" address="); };
  ASSERT_TRUE(eventually(kLimit, [&] { return !prometheus.running() || !address().empty(); }))
      << prometheus.output();
  ASSERT_TRUE(prometheus.running()) << prometheus.output();
  std::string answer;
  const auto finds = [&](const std::string& query) {
    return eventually(kLimit, [&] {
      answer = shell("promtool query instant http://" + address() + " '" + query + "'").output;
      return answer.find("=> ") != std::string::npos;
    });
  };
  EXPECT_TRUE(finds("up{job=\"spin\"} == 1")) << answer << prometheus.output();
  EXPECT_TRUE(finds("spin_jobs{job=\"spin\", state=\"ready\"} == 0")) << answer;
}

}  // namespace
}  // namespace spin
