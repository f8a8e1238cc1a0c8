#!/usr/bin/env bash
# A small authority for spin on several hosts: certificates for spind, workers and people.
#   deploy/make-certificates.sh FOLDER server NAME HOST...   for spind on a host that is reached by these names or IP addresses
#   deploy/make-certificates.sh FOLDER client NAME           for a worker or a person
#   deploy/make-certificates.sh FOLDER authority             the authority alone
# FOLDER gets ca.pem and ca.key (made once, kept afterwards; the key stays where certificates are made), NAME.pem and
# NAME.key. Making NAME anew renews it: copy both to their host, there they count a few seconds later.
# SPIN_CERTIFICATE_DAYS (default 365) is how long a certificate is valid.
set -euo pipefail

usage() { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
[ $# -ge 2 ] || usage
folder=$1 kind=$2 name=${3:-}
days=${SPIN_CERTIFICATE_DAYS:-365}
umask 077
mkdir -p "$folder"

make_key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

make_authority() {
  [ ! -e "$folder/ca.key" ] || [ ! -e "$folder/ca.pem" ] || return 0
  [ ! -e "$folder/ca.key" ] || { echo "$0: $folder/ca.key is there, ca.pem is not: put it back, or begin with an empty folder" >&2; exit 2; }
  [ ! -e "$folder/ca.pem" ] || { echo "$0: $folder/ca.pem is there, ca.key is not: make certificates where the authority's key is kept" >&2; exit 2; }
  make_key "$folder/ca.key"
  openssl req -x509 -new -key "$folder/ca.key" -sha256 -days 3650 -subj "/CN=spin authority" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -out "$folder/ca.pem"
  echo "made $folder/ca.pem: --tls-ca everywhere; $folder/ca.key stays here"
}

# issue USAGE [SUBJECT_ALT_NAMES]
issue() {
  local new="$folder/.$name.new"
  make_key "$new.key"
  openssl req -new -key "$new.key" -subj "/CN=$name" |
    openssl x509 -req -sha256 -days "$days" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -out "$new.pem" \
      -extfile <(printf 'extendedKeyUsage=%s\nkeyUsage=critical,digitalSignature\n%s' "$1" "${2:+subjectAltName=$2}") \
      2>"$new.log" || { cat "$new.log" >&2; exit 1; }
  rm "$new.log"
  mv "$new.key" "$folder/$name.key"
  mv "$new.pem" "$folder/$name.pem"
  echo "made $folder/$name.pem: --tls-cert, and $folder/$name.key: --tls-key"
}

alternative_names() {
  local names=() host
  for host in "$@"; do
    if [[ $host =~ ^[0-9.]+$ || $host == *:* ]]; then names+=("IP:$host"); else names+=("DNS:$host"); fi
  done
  local IFS=,
  echo "${names[*]}"
}

[ "$kind" = authority ] || [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ && $name != ca ]] || usage
case "$kind" in
  authority) make_authority ;;
  server)
    [ $# -ge 4 ] || usage
    make_authority
    issue serverAuth "$(alternative_names "${@:4}")" ;;
  client)
    [ $# -eq 3 ] || usage
    make_authority
    issue clientAuth ;;
  *) usage ;;
esac
