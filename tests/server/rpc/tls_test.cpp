#include <future>
#include <mutex>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include "proto/net/credentials.h"
#include "proto/net/endpoint.h"
#include "proto/net/handshake.h"
#include "tests/server/rpc/fixture.h"
#include "tests/support/authority.h"
#include "tests/support/tls_client.h"

// The server on TCP with mutual TLS, and what becomes of those who are not let in.

namespace spin {
namespace {

class TlsServer : public RpcTest {
 protected:
  void SetUp() override {
    RpcTest::SetUp();
    server_ = listen();
  }

  std::unique_ptr<Server> listen(const std::string& at = "127.0.0.1:0") {
    auto server = start_at({at}, server_files_);
    EXPECT_TRUE(server.ok()) << server.error().message;
    return server.ok() ? std::move(*server) : nullptr;
  }
  [[nodiscard]] net::TcpAddress tcp() const {
    const auto address = net::parse_address(addresses_.front());
    return std::get<net::TcpAddress>(*address);
  }
  [[nodiscard]] int port() const { return tcp().port; }

  grpc::Status ask(const net::TlsFiles& files, const std::string& host = "127.0.0.1") {
    const auto endpoint = net::Endpoint::make({net::TcpAddress{host, tcp().port}.text(), files});
    EXPECT_TRUE(endpoint.ok()) << endpoint.error().message;
    const auto stub = v1::Control::NewStub(endpoint->connect({}));
    grpc::ClientContext context;
    set_deadline(context);
    v1::GetStatusResponse response;
    return stub->GetStatus(&context, {}, &response);
  }
  void expect_served() {
    const auto status = ask(client_files_);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  void expect_failure(const net::TcpAddress& address, const net::TlsFiles& files, ErrorCode code,
                      const std::string& part) {
    const auto failure = net::find_connection_failure(address, files, {});
    ASSERT_TRUE(failure) << part;
    EXPECT_EQ(failure->code, code) << failure->message;
    EXPECT_NE(failure->message.find(part), std::string::npos) << failure->message;
  }

  Authority authority_;
  Authority foreign_{"foreign authority"};
  net::TlsFiles server_files_ = authority_.issue("server", {.usage = "serverAuth"});
  net::TlsFiles client_files_ = authority_.issue("client", {.names = "", .usage = "clientAuth"});
};

TEST_F(TlsServer, ServesWhoeverHasACertificateOfItsAuthority) {
  EXPECT_NE(port(), 0);
  for (const auto* host : {"127.0.0.1", "localhost"}) {
    const auto status = ask(client_files_, host);
    EXPECT_TRUE(status.ok()) << host << ": " << status.error_message();
  }
}

TEST_F(TlsServer, ServesASocketBesideIt) {
  server_.reset();
  auto both = start_at({address(), "127.0.0.1:0"}, server_files_);
  ASSERT_TRUE(both.ok()) << both.error().message;
  ASSERT_EQ(addresses_.size(), 2U);
  EXPECT_EQ(addresses_[0], address());
  addresses_.erase(addresses_.begin());
  expect_served();
  grpc::ClientContext context;
  set_deadline(context);
  v1::GetStatusResponse response;
  const auto local = v1::Control::NewStub(grpc::CreateChannel(address(), grpc::InsecureChannelCredentials()));
  EXPECT_TRUE(local->GetStatus(&context, {}, &response).ok());
}

TEST_F(TlsServer, SpeaksTls13Alone) {
  const auto good = ask_over_tls(port(), TLS1_3_VERSION, client_files_);
  EXPECT_TRUE(good.has_shaken_hands);
  EXPECT_EQ(good.version, "TLSv1.3");
  EXPECT_FALSE(good.bytes.empty()) << "HTTP/2 begins";
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION})
    EXPECT_FALSE(ask_over_tls(port(), version, client_files_).has_shaken_hands) << std::hex << version;
}

TEST_F(TlsServer, HangsUpBeforeHttp2OnWhoHasNoCertificateThatItBelieves) {
  EXPECT_EQ(ask_over_tls(port(), TLS1_3_VERSION, {}).bytes, "");
  EXPECT_EQ(ask_over_tls(port(), TLS1_3_VERSION, foreign_.issue("stranger")).bytes, "");
  const auto expired =
      authority_.issue("late", {.begins = std::chrono::hours(-3), .ends = std::chrono::hours(-2)});
  EXPECT_EQ(ask_over_tls(port(), TLS1_3_VERSION, expired).bytes, "");
  EXPECT_EQ(ask_over_tls(port(), TLS1_3_VERSION, server_files_).bytes, "")
      << "a server's is none for a client";
  expect_served();
}

TEST_F(TlsServer, LivesOnWhateverComesInTheClear) {
  const std::string http2("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
  const std::string answer = ask_in_the_clear(port(), http2);
  EXPECT_TRUE(answer.empty() || answer.front() == '\x15') << "no HTTP/2 in the clear, at most a TLS alert";
  std::string noise;
  for (unsigned i = 0, x = 12345; i < 4096; ++i)
    noise += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  ask_in_the_clear(port(), noise);
  ask_in_the_clear(port(), "");
  ask_in_the_clear(port(), std::string("\x16\x03\x01\xff\xff\x01", 6) + noise);  // a ClientHello that lies
  const auto plain =
      v1::Control::NewStub(grpc::CreateChannel(addresses_.front(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  set_deadline(context);
  v1::GetStatusResponse response;
  EXPECT_EQ(plain->GetStatus(&context, {}, &response).error_code(), grpc::StatusCode::UNAVAILABLE);
  expect_served();
}

TEST_F(TlsServer, KeepsItsPortToItself) {
  const auto second = start_at({addresses_.front()}, server_files_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::already_exists);
  EXPECT_NE(second.error().message.find("is taken"), std::string::npos) << second.error().message;
  expect_served();
}

TEST_F(TlsServer, PortCanBeHadAgainOnceItHasStopped) {
  expect_served();
  const std::string at = addresses_.front();
  server_.reset();
  server_ = listen(at);
  expect_served();
}

TEST_F(TlsServer, TakesUpRenewedCertificates) {
  EXPECT_EQ(ask_over_tls(port(), TLS1_3_VERSION, client_files_).common_name, "server");
  const Authority next("next authority");
  const auto renewed = next.issue("renewed");
  const auto peer = next.issue("peer");
  for (const auto& [from, to] :
       {std::pair{renewed.key, server_files_.key}, std::pair{renewed.certificate, server_files_.certificate},
        std::pair{renewed.authority, server_files_.authority}})
    std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(eventually(std::chrono::seconds(60), [&] {
    const auto answer = ask_over_tls(port(), TLS1_3_VERSION, peer);
    return answer.common_name == "renewed" && !answer.bytes.empty();
  }));
}

/// What spind logs while it lives.
class LogLines {
 public:
  LogLines() { spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", lines_)); }
  ~LogLines() { spdlog::set_default_logger(before_); }
  bool shows(const std::string& part) {
    return eventually(std::chrono::seconds(60),
                      [&] { return lines_->text().find(part) != std::string::npos; });
  }

 private:
  class Lines final : public spdlog::sinks::base_sink<std::mutex> {
   public:
    std::string text() {
      const std::lock_guard lock(mutex_);
      return text_;
    }

   private:
    void sink_it_(const spdlog::details::log_msg& line) override {
      text_.append(line.payload.data(), line.payload.size()) += '\n';
    }
    void flush_() override {}
    std::string text_;  // behind the base's lock
  };
  const std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
  const std::shared_ptr<Lines> lines_ = std::make_shared<Lines>();
};

TEST_F(TlsServer, KeepsItsCertificateUntilTheRenewedFilesBelongTogether) {
  LogLines log;
  const auto renewed = authority_.issue("renewed", {.usage = "serverAuth"});
  std::filesystem::rename(renewed.certificate, server_files_.certificate);
  EXPECT_TRUE(log.shows("those from before stay in use: --tls-key " + server_files_.key.string() +
                        ": does not belong to the certificate"));
  EXPECT_EQ(ask_over_tls(port(), TLS1_3_VERSION, client_files_).common_name, "server");
  expect_served();
  std::filesystem::rename(renewed.key, server_files_.key);
  EXPECT_TRUE(log.shows("the renewed TLS files are in use"));
  EXPECT_TRUE(eventually(std::chrono::seconds(60), [&] {
    return ask_over_tls(port(), TLS1_3_VERSION, client_files_).common_name == "renewed";
  }));
  expect_served();
}

TEST_F(TlsServer, TellsApartWhyAConnectionFails) {
  EXPECT_FALSE(net::find_connection_failure(tcp(), client_files_, {})) << "nothing is wrong";
  expect_failure(tcp(), foreign_.issue("stranger"), ErrorCode::refused,
                 "cannot be believed: its certificate is not signed by the authority in --tls-ca " +
                     foreign_.certificate().string());
  net::TlsFiles stranger = foreign_.issue("stranger");
  stranger.authority = authority_.certificate();
  expect_failure(tcp(), stranger, ErrorCode::refused,
                 "refuses the certificate in --tls-cert " + stranger.certificate.string() +
                     " (CN=stranger, issued by CN=foreign authority)");
  const int served = port();
  server_.reset();
  expect_failure({"127.0.0.1", static_cast<std::uint16_t>(served)}, client_files_, ErrorCode::unavailable,
                 "Connection refused");
  expect_failure({"host.invalid", 1}, client_files_, ErrorCode::unavailable, "cannot find host host.invalid");
}

TEST_F(TlsServer, NamesTheHostsThatItsCertificateIsFor) {
  server_.reset();
  server_files_ = authority_.issue("server", {.names = "DNS:a.example.org,IP:10.0.0.1"});
  server_ = listen();
  expect_failure(tcp(), client_files_, ErrorCode::refused,
                 "shows a certificate for a.example.org, 10.0.0.1, not for 127.0.0.1");
  EXPECT_EQ(ask(client_files_).error_code(), grpc::StatusCode::UNAVAILABLE) << "gRPC looks at the name, too";
}

TEST_F(TlsServer, WhoseCertificateExpiresIsToldSo) {
  // Ours would not start with one that has expired.
  const auto late =
      authority_.issue("late", {.begins = std::chrono::hours(-3), .ends = std::chrono::hours(-2)});
  grpc::ServerBuilder builder;
  int at = 0;
  builder.AddListeningPort("127.0.0.1:0", net::server_credentials(late), &at);
  v1::Control::Service knows_nothing;
  builder.RegisterService(&knows_nothing);
  const auto server = builder.BuildAndStart();
  expect_failure({"127.0.0.1", static_cast<std::uint16_t>(at)}, client_files_, ErrorCode::refused,
                 "its certificate has expired: CN=late is valid from");
}

/// Somebody else's server on a port of its own.
class OtherServer {
 public:
  OtherServer() : claim_(net::PortClaim::take({"127.0.0.1", 0})) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(address().port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
    EXPECT_EQ(listen(socket_.get(), 4), 0);
  }
  [[nodiscard]] const net::TcpAddress& address() const { return claim_->address(); }
  /// Greets the next who comes.
  void greet(const std::string& words) const {
    const FileDescriptor peer(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    send(peer.get(), words.data(), words.size(), MSG_NOSIGNAL);
    char heard[512];
    EXPECT_GT(recv(peer.get(), heard, sizeof heard, 0), 0);
  }

 private:
  Result<net::PortClaim> claim_;
  FileDescriptor socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

TEST_F(TlsServer, IsToldFromOneThatDoesNotSpeakTls) {
  const OtherServer other;
  const auto greeted = std::async(std::launch::async, [&] { other.greet("220 mail.example.org ESMTP\r\n"); });
  expect_failure(other.address(), client_files_, ErrorCode::unavailable, "does not speak TLS");
}

TEST_F(TlsServer, IsToldFromOneThatHangsUp) {
  const OtherServer other;
  const auto hung_up = std::async(std::launch::async, [&] {
    for (int i = 0; i < 2; ++i) other.greet("");
  });
  expect_failure(other.address(), client_files_, ErrorCode::refused,
                 "it refuses the certificate in --tls-cert " + client_files_.certificate.string() +
                     ", or cannot use its own certificate files; the log of spind there says which");
}

TEST_F(TlsServer, IsNotWaitedForWhereNobodyAnswersOrAnybodyWantsToStop) {
  const OtherServer silent;
  expect_failure(silent.address(), client_files_, ErrorCode::unavailable, "no answer within 3 s");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(net::find_connection_failure(silent.address(), client_files_, stop.get_token()));
}

}  // namespace
}  // namespace spin
