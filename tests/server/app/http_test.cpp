#include <cstdlib>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "tests/server/app/daemon_fixture.h"
#include "tests/server/app/people.h"

// What the real spind serves to Prometheus and to whoever looks after it.

namespace spin {
namespace {

std::string tcp_get(std::uint16_t port, const std::string& request) {
  FileDescriptor client(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  return answer_to(client.get(), request);
}

TEST_F(DaemonTest, ServesMetricsOverAUnixSocket) {
  const Process process = start({"--http", "unix:" + path("http.sock")});
  ASSERT_TRUE(People(address()).submit(kSweep).ok());
  const std::string metrics = http_get(path("http.sock"), get("/metrics"));
  EXPECT_TRUE(metrics.starts_with("HTTP/1.1 200 OK\r\n")) << metrics;
  EXPECT_NE(metrics.find("Content-Type: text/plain; version=0.0.4"), std::string::npos);
  EXPECT_NE(metrics.find("spin_jobs{state=\"ready\"} 4\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("spin_jobs{state=\"waiting\"} 1\n"), std::string::npos);
  EXPECT_TRUE(http_get(path("http.sock"), get("/healthz")).ends_with("\r\n\r\nok\n"));
}

TEST_F(DaemonTest, IsNotHealthyWhereNobodyCanReachIt) {
  const Process process = start({"--http", "unix:" + path("http.sock")});
  EXPECT_TRUE(http_get(path("http.sock"), get("/healthz")).starts_with("HTTP/1.1 200"));
  std::string answer;
  EXPECT_TRUE(eventually(kLimit, [&] {
    std::filesystem::remove(path("s.sock"));
    answer = http_get(path("http.sock"), get("/healthz"));
    return answer.starts_with("HTTP/1.1 503");
  })) << answer;
  EXPECT_NE(answer.find("nobody is served at " + address()), std::string::npos) << answer;
}

TEST_F(DaemonTest, HttpRefusesWhatItDoesNotServe) {
  const Process process = start({"--http", "unix:" + path("http.sock")});
  const std::string http = path("http.sock");
  const std::string unknown = http_get(http, get("/etc/passwd"));
  EXPECT_TRUE(unknown.starts_with("HTTP/1.1 404")) << unknown;
  EXPECT_NE(unknown.find("/metrics and /healthz"), std::string::npos) << unknown;
  EXPECT_TRUE(http_get(http, get("/")).starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(http_get(http, get("/metricsx")).starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(http_get(http, "DELETE /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                  .starts_with("HTTP/1.1 405"));
  EXPECT_NE(http_get(http, "POST /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                .find("Allow: GET, HEAD"),
            std::string::npos);
  EXPECT_TRUE(http_get(http, "this is not HTTP\r\n\r\n").starts_with("HTTP/1.1 400"));
  const std::string large = "GET / HTTP/1.1\r\nX: " + std::string(16 << 10, 'x') + "\r\n\r\n";
  EXPECT_TRUE(http_get(http, large).starts_with("HTTP/1.1 400"));
  const std::string head =
      http_get(http, "HEAD /metrics HTTP/1.1\r\nHost: spind\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << "no body";
  EXPECT_TRUE(http_get(http, get("/healthz")).starts_with("HTTP/1.1 200")) << "and it goes on";
}

TEST_F(DaemonTest, TwoRequestsTravelOverOneConnection) {
  const Process process = start({"--http", "unix:" + path("http.sock")});
  const std::string both =
      http_get(path("http.sock"), "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + get("/healthz"));
  EXPECT_NE(both.find("ok\nHTTP/1.1 200"), std::string::npos) << both;
}

/// As Prometheus, proxies and probes spell them.
TEST_F(DaemonTest, AQueryAHostAndASlashAtTheEndChangeNothing) {
  const Process process = start({"--http", "unix:" + path("http.sock")});
  for (const char* target : {"/metrics", "/metrics?", "/metrics?name[]=spin_jobs", "/metrics/", "/healthz/",
                             "/healthz?verbose", "/metrics#top", "http://spind/metrics",
                             "http://spind:9464/metrics?x=/y", "HTTP://[::1]:9464/healthz/"})
    EXPECT_TRUE(http_get(path("http.sock"), get(target)).starts_with("HTTP/1.1 200 OK")) << target;
  const std::string open_metrics =
      http_get(path("http.sock"),
               "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: "
               "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5\r\n\r\n");
  EXPECT_NE(open_metrics.find("Content-Type: text/plain; version=0.0.4"), std::string::npos)
      << "says what it gives: " << open_metrics.substr(0, 200);
}

TEST_F(DaemonTest, ServesHttpOnALoopbackPortThatTheSystemPicks) {
  const Process process = start({"--http", "127.0.0.1:0"});
  const std::string line = process.output();
  const auto at = line.find(" http http://127.0.0.1:");
  ASSERT_NE(at, std::string::npos) << line;
  const int port = std::atoi(line.c_str() + at + std::string(" http http://127.0.0.1:").size());
  ASSERT_GT(port, 0) << line;
  EXPECT_NE(tcp_get(static_cast<std::uint16_t>(port), get("/metrics")).find("spin_jobs{"), std::string::npos);
  const auto taken = run({"--listen", "unix:" + path("o.sock"), "--db", path("o.db"), "--http",
                          "127.0.0.1:" + std::to_string(port)});
  EXPECT_EQ(taken.exit_code, 2);
  EXPECT_NE(taken.errors.find("is taken"), std::string::npos) << taken.errors;
}

TEST_F(DaemonTest, ServesHttpToThisMachineAlone) {
  for (const char* address : {"0.0.0.0:0", "[::]:0", "192.0.2.1:9464"}) {
    const auto refused = run({"--listen", "unix:" + path("s.sock"), "--db", database(), "--http", address});
    EXPECT_EQ(refused.exit_code, 2) << address;
    EXPECT_NE(refused.errors.find("127.0.0.1:PORT"), std::string::npos) << refused.errors;
  }
  EXPECT_EQ(run({"--listen", "unix:" + path("s.sock"), "--db", database(), "--http", "9464"}).exit_code, 2);
}

}  // namespace
}  // namespace spin
