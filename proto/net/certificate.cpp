#include <array>
#include <ctime>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "proto/net/openssl.h"

namespace spin::net {
namespace {

std::string text_of(const X509_NAME* name) {
  const OpenSslPtr<BIO> memory(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const auto length = BIO_get_mem_data(memory.get(), &text);
  return length <= 0 ? "(no name)" : std::string(text, static_cast<std::size_t>(length));
}

std::string time_text(const ASN1_TIME* time) {
  std::tm utc{};
  if (ASN1_TIME_to_tm(time, &utc) != 1) return "?";
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &utc);
  return text.data();
}

std::string name_text(const GENERAL_NAME& name) {
  int type = 0;
  const auto* value = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(&name, &type));
  const unsigned char* bytes = ASN1_STRING_get0_data(value);
  const int length = ASN1_STRING_length(value);
  if (type == GEN_DNS) return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length)};
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes, text.data(), text.size());
  return text.data();
}

std::string whose(Side side) { return side == Side::server ? "a server" : "a client"; }

}  // namespace

std::string openssl_reason() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const char* text = ERR_reason_error_string(error);
  return text != nullptr ? text : "no reason given";
}

std::string subject_of(const X509& certificate) { return text_of(X509_get_subject_name(&certificate)); }
std::string issuer_of(const X509& certificate) { return text_of(X509_get_issuer_name(&certificate)); }

std::string names_in(const X509& certificate) {
  auto* names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string all;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME& name = *sk_GENERAL_NAME_value(names, i);
    if (name.type != GEN_DNS && name.type != GEN_IPADD) continue;
    if (!all.empty()) all += ", ";
    all += name_text(name);
  }
  GENERAL_NAMES_free(names);
  return all;
}

std::string validity_of(const X509& certificate) {
  return fmt::format("from {} until {}", time_text(X509_get0_notBefore(&certificate)),
                     time_text(X509_get0_notAfter(&certificate)));
}

std::string verification_failure(int error, const X509* failing, const TlsFiles& files, Side side) {
  const std::string reason = X509_verify_cert_error_string(error);
  if (failing == nullptr) return "cannot be verified: " + reason;
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format("{}: {} is valid {}; if that holds today, the clock of this machine is wrong",
                         error == X509_V_ERR_CERT_HAS_EXPIRED ? "has expired" : "is not yet valid",
                         subject_of(*failing), validity_of(*failing));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return fmt::format("is not signed by the authority in --tls-ca {}: {} was issued by {} ({})",
                         files.authority.string(), subject_of(*failing), issuer_of(*failing), reason);
    case X509_V_ERR_INVALID_PURPOSE:
      return fmt::format("is not one for {}: the extended key usage of {} forbids it", whose(side),
                         subject_of(*failing));
    default:
      return fmt::format("cannot be verified: {}: {}", subject_of(*failing), reason);
  }
}

}  // namespace spin::net
