#include "tests/support/authority.h"

#include <atomic>
#include <stdexcept>

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

namespace spin {
namespace {

namespace fs = std::filesystem;

X509_NAME* set_name(X509_NAME* name, const std::string& text) {
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.c_str()),
                             -1, -1, 0);
  return name;
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  if (value.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  if (extension == nullptr) throw std::runtime_error("no extension: " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* begin_certificate(const std::string& name, EVP_PKEY* key, std::chrono::seconds begins,
                        std::chrono::seconds ends) {
  static std::atomic<long> serial{0};
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), begins.count());
  X509_gmtime_adj(X509_getm_notAfter(certificate), ends.count());
  X509_set_pubkey(certificate, key);
  set_name(X509_get_subject_name(certificate), name);
  return certificate;
}

template <class Write>
void write_pem(const fs::path& path, const Write& write) {
  const std::string temporary = path.string() + ".tmp";
  BIO* file = BIO_new_file(temporary.c_str(), "w");
  const bool is_written = file != nullptr && write(file) == 1;
  BIO_free_all(file);
  if (!is_written) throw std::runtime_error("cannot write " + temporary);
  ::chmod(temporary.c_str(), 0600);
  fs::rename(temporary, path);
}

void write_certificate(const fs::path& path, X509* certificate) {
  write_pem(path, [certificate](BIO* file) { return PEM_write_bio_X509(file, certificate); });
}

}  // namespace

Authority::Authority(const std::string& name)
    : key_(EVP_EC_gen("P-256")),
      certificate_(begin_certificate(name, key_, std::chrono::hours(-48), std::chrono::hours(48))) {
  X509_set_issuer_name(certificate_, X509_get_subject_name(certificate_));
  extend(certificate_, certificate_, NID_basic_constraints, "critical,CA:TRUE");
  extend(certificate_, certificate_, NID_key_usage, "critical,keyCertSign,cRLSign");
  X509_sign(certificate_, key_, EVP_sha256());
  write_certificate(certificate(), certificate_);
}

Authority::~Authority() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
}

net::TlsFiles Authority::issue(const std::string& name, const CertificateText& text) const {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* issued = begin_certificate(name, key, text.begins, text.ends);
  X509_set_issuer_name(issued, X509_get_subject_name(certificate_));
  extend(issued, certificate_, NID_subject_alt_name, text.names);
  extend(issued, certificate_, NID_ext_key_usage, text.usage);
  X509_sign(issued, key_, EVP_sha256());
  net::TlsFiles files{folder_ / (name + ".pem"), folder_ / (name + ".key"), certificate()};
  write_pem(files.key, [key](BIO* file) {
    return PEM_write_bio_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  write_certificate(files.certificate, issued);
  X509_free(issued);
  EVP_PKEY_free(key);
  return files;
}

std::vector<std::string> tls_options(const net::TlsFiles& files) {
  return {"--tls-cert", files.certificate.string(), "--tls-key", files.key.string(),
          "--tls-ca",   files.authority.string()};
}

}  // namespace spin
