#include "tests/support/tls_client.h"

#include <array>
#include <cerrno>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "schema/base/file.h"

namespace spin {
namespace {

constexpr int kPatience_s = 30;

FileDescriptor connect_to(int port) {
  FileDescriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{kPatience_s, 0};
  setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(client.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0)
    throw std::system_error(errno, std::generic_category(), "connect");
  return client;
}

std::string common_name(SSL* ssl) {
  X509* peer = SSL_get1_peer_certificate(ssl);
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, name.data(), name.size());
  X509_free(peer);
  return name.data();
}

TlsAnswer talk(SSL* ssl) {
  TlsAnswer answer;
  answer.has_shaken_hands = SSL_connect(ssl) == 1;
  if (!answer.has_shaken_hands) return answer;
  answer.version = SSL_get_version(ssl);
  answer.common_name = common_name(ssl);
  std::array<char, 256> block{};
  const int count = SSL_read(ssl, block.data(), block.size());
  if (count > 0) answer.bytes.assign(block.data(), static_cast<std::size_t>(count));
  return answer;
}

}  // namespace

TlsAnswer ask_over_tls(int port, int version, const std::optional<net::TlsFiles>& files) {
  const FileDescriptor socket = connect_to(port);
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, version);
  SSL_CTX_set_max_proto_version(context, version);
  if (files) {
    SSL_CTX_use_certificate_chain_file(context, files->certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context, files->key.c_str(), SSL_FILETYPE_PEM);
  }
  const std::array<unsigned char, 3> alpn{2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context, alpn.data(), alpn.size());
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, socket.get());
  TlsAnswer answer = talk(ssl);
  SSL_free(ssl);
  SSL_CTX_free(context);
  ERR_clear_error();
  return answer;
}

std::string ask_in_the_clear(int port, const std::string& bytes) {
  const FileDescriptor socket = connect_to(port);
  ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ::shutdown(socket.get(), SHUT_WR);
  std::string answer;
  std::array<char, 4096> block{};
  for (ssize_t count = 0; (count = ::recv(socket.get(), block.data(), block.size(), 0)) > 0;)
    answer.append(block.data(), static_cast<std::size_t>(count));
  return answer;
}

}  // namespace spin
