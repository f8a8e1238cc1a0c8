#include "proto/net/handshake.h"

#include <array>
#include <chrono>
#include <cstring>
#include <string_view>
#include <vector>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <openssl/err.h>

#include "proto/net/openssl.h"
#include "proto/net/resolve.h"

namespace spin::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::seconds kLimit{3};
// Begins HTTP/2 (RFC 9113, 3.4), with an empty SETTINGS frame: a server that has taken our certificate
// answers.
constexpr std::string_view kPreface{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 24 + 9};
constexpr std::array<unsigned char, 3> kAlpn{2, 'h', '2'};

std::vector<tcp::endpoint> endpoints_of(const std::vector<SocketAddress>& found) {
  std::vector<tcp::endpoint> endpoints;
  for (const auto& where : found) {
    tcp::endpoint endpoint;
    endpoint.resize(where.length);
    std::memcpy(endpoint.data(), &where.storage, where.length);
    endpoints.push_back(endpoint);
  }
  return endpoints;
}

bool is_ssl_reason(const error_code& error, int reason) {
  return error.category() == asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(error.value())) == reason;
}

/// One connection, from TCP to the peer's first bytes of HTTP/2, on an io_context of its own.
class Attempt {
 public:
  Attempt(const TcpAddress& address, const TlsFiles& files, OpenSslPtr<SSL_CTX> context)
      : address_(address), files_(files), context_(context.release()), stream_(io_, context_) {
    SSL* ssl = stream_.native_handle();
    SSL_set_alpn_protos(ssl, kAlpn.data(), kAlpn.size());
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), address.host.c_str()) != 1) {
      ERR_clear_error();
      SSL_set1_host(ssl, address.host.c_str());
      SSL_set_tlsext_host_name(ssl, address.host.c_str());
    }
    stream_.set_verify_mode(asio::ssl::verify_peer);
    stream_.set_verify_callback([this](bool is_good, asio::ssl::verify_context& verified) {
      if (!is_good) keep_verdict(verified.native_handle());
      return is_good;
    });
  }

  std::optional<Error> run(const std::vector<tcp::endpoint>& endpoints, const std::stop_token& stop) {
    const std::stop_callback on_stop(stop, [this] { io_.stop(); });
    asio::async_connect(stream_.lowest_layer(), endpoints, [this](const error_code& error, const auto&) {
      return error ? end(unavailable(error.message())) : shake_hands();
    });
    io_.run_for(kLimit);
    if (is_over_ || stop.stop_requested()) return failure_;
    return unavailable(fmt::format("no answer within {} s", kLimit.count()));
  }

 private:
  void shake_hands() {
    stream_.async_handshake(asio::ssl::stream_base::client, [this](const error_code& error) {
      return error ? end(handshake_failure(error)) : begin_http2();
    });
  }

  void begin_http2() {
    asio::async_write(stream_, asio::buffer(kPreface), [this](const error_code& error, std::size_t) {
      return error ? end(refusal(error)) : await_answer();
    });
  }

  void await_answer() {
    stream_.async_read_some(asio::buffer(answer_), [this](const error_code& error, std::size_t) {
      end(error ? std::optional(refusal(error)) : std::nullopt);
    });
  }

  void end(std::optional<Error> failure) {
    failure_ = std::move(failure);
    is_over_ = true;
    io_.stop();
  }

  void keep_verdict(X509_STORE_CTX* context) {
    verdict_ = X509_STORE_CTX_get_error(context);
    X509* failing = X509_STORE_CTX_get_current_cert(context);
    if (failing != nullptr) X509_up_ref(failing);
    failing_.reset(failing);
  }

  static Error unavailable(std::string what) { return {ErrorCode::unavailable, std::move(what)}; }

  [[nodiscard]] Error handshake_failure(const error_code& error) const {
    if (verdict_ != X509_V_OK) return {ErrorCode::refused, disbelief()};
    if (is_ssl_reason(error, SSL_R_WRONG_VERSION_NUMBER))
      return unavailable("what listens there does not speak TLS");
    if (is_ssl_reason(error, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION) ||
        is_ssl_reason(error, SSL_R_UNSUPPORTED_PROTOCOL))
      return unavailable("what listens there does not speak TLS 1.3");
    return {ErrorCode::refused,
            fmt::format(
                "who listens at {} broke off the TLS handshake ({}): it refuses the certificate in "
                "--tls-cert {}, or cannot use its own certificate files; the log of spind there says which",
                address_.text(), error.message(), files_.certificate.string())};
  }

  /// Why we do not believe the coordinator.
  [[nodiscard]] std::string disbelief() const {
    const bool is_other_host =
        verdict_ == X509_V_ERR_HOSTNAME_MISMATCH || verdict_ == X509_V_ERR_IP_ADDRESS_MISMATCH;
    if (!is_other_host || failing_ == nullptr)
      return fmt::format("the coordinator at {} cannot be believed: its certificate {}", address_.text(),
                         verification_failure(verdict_, failing_.get(), files_, Side::server));
    const std::string names = names_in(*failing_);
    return fmt::format(
        "the coordinator at {} shows a certificate for {}, not for {}; connect by a name that it is "
        "for, or give spind a certificate whose subjectAltName holds {}",
        address_.text(), names.empty() ? subject_of(*failing_) : names, address_.host, address_.host);
  }

  /// In TLS 1.3 a server looks at the client's certificate after the client has done its part; gRPC's closes
  /// the connection then without a word.
  [[nodiscard]] Error refusal(const error_code& error) {
    const X509* ours = SSL_get_certificate(stream_.native_handle());
    const bool has_alert = error.category() == asio::error::get_ssl_category();
    return {
        ErrorCode::refused,
        fmt::format(
            "the coordinator at {} refuses the certificate in --tls-cert {} ({}, issued by {}): its "
            "--tls-ca knows another authority, or its clock is wrong; the log of spind there says which{}",
            address_.text(), files_.certificate.string(), subject_of(*ours), issuer_of(*ours),
            has_alert ? " (" + error.message() + ")" : "")};
  }

  const TcpAddress& address_;
  const TlsFiles& files_;
  asio::io_context io_{1};
  asio::ssl::context context_;
  asio::ssl::stream<tcp::socket> stream_;
  std::array<char, 64> answer_{};
  int verdict_ = X509_V_OK;
  OpenSslPtr<X509> failing_;  ///< the certificate that the verdict is about
  std::optional<Error> failure_;
  bool is_over_ = false;
};

}  // namespace

std::optional<Error> find_connection_failure(const TcpAddress& address, const TlsFiles& files,
                                             const std::stop_token& stop) {
  auto found = resolve(address);
  if (!found.ok()) return Error{ErrorCode::unavailable, found.error().message};
  const auto endpoints = endpoints_of(*found);
  std::optional<Error> failure;
  // A server that stops closes connections as one does that refuses us; it does not do so twice.
  for (int i = 0; i < 2; ++i) {
    auto context = make_context(files, Side::client);
    if (!context.ok()) return context.error();
    failure = Attempt(address, files, std::move(*context)).run(endpoints, stop);
    if (!failure || failure->code != ErrorCode::refused) break;
  }
  return failure;
}

}  // namespace spin::net
