#!/bin/sh
# Makes the certificates of the tests, in every form that OpenSSL 3 writes. The keys are for nothing else.
# Run it in an empty folder; what it leaves there is what stands beside it here.
set -eu

# $1: name; $2...: how openssl makes the key.
key() {
    name=$1
    shift
    openssl genpkey "$@" -out "$name.key"
}

# $1: name; $2: days; without an issuer it is its own.
self_signed() {
    openssl req -new -x509 -sha256 -key "$1.key" -days "$2" -subj "/O=Contoso/CN=$1" -out "$1.crt"
}

# $1: name; $2: issuer; $3: extensions.
issued() {
    openssl req -new -sha256 -key "$1.key" -subj "/O=Contoso/CN=$1" -out "$1.csr"
    printf '%s\n' "$3" > "$1.ext"
    openssl x509 -req -sha256 -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial \
        -days 36500 -extfile "$1.ext" -out "$1.crt"
    rm "$1.csr" "$1.ext" "$2.srl"
}

RSA="-algorithm RSA -pkeyopt rsa_keygen_bits:2048"
key rsa $RSA
key other $RSA
key root $RSA
key issuer $RSA
key named $RSA
key short -algorithm RSA -pkeyopt rsa_keygen_bits:1024
key ec -algorithm EC -pkeyopt ec_paramgen_curve:P-256
key p384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
key ed25519 -algorithm ED25519

for name in rsa other root short ec p384 ed25519; do
    self_signed $name 36500
done
openssl req -new -x509 -sha256 -key rsa.key -days 1 -subj "/O=Contoso/CN=rsa" -out rsa-for-a-day.crt
issued issuer root "basicConstraints=critical,CA:true"
issued named issuer "basicConstraints=CA:false"

# PEM: the key in all of its forms.
cat rsa.key rsa.crt > rsa-pkcs8.pem
{ openssl pkey -in rsa.key -traditional; cat rsa.crt; } > rsa-pkcs1.pem
{ cat rsa.crt; openssl pkcs8 -topk8 -v2 aes-256-cbc -in rsa.key -passout pass:passphrase; } > rsa-encrypted.pem
{ cat rsa.crt; openssl pkcs8 -topk8 -v2 aes-128-cbc -v2prf hmacWithSHA1 -in rsa.key -passout pass:passphrase; } > rsa-encrypted-sha1.pem
{ cat rsa.crt; openssl pkcs8 -topk8 -v2 des3 -in rsa.key -passout pass:passphrase; } > rsa-encrypted-des3.pem
{ cat rsa.crt; openssl pkcs8 -topk8 -scrypt -in rsa.key -passout pass:passphrase; } > rsa-encrypted-scrypt.pem
{ cat rsa.crt; openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES -provider legacy -provider default -in rsa.key -passout pass:passphrase; } > rsa-encrypted-pbes1.pem
{ cat rsa.crt; openssl rsa -traditional -aes256 -in rsa.key -passout pass:passphrase; } > rsa-encrypted-legacy.pem
cat ec.key ec.crt > ec-pkcs8.pem
{ openssl ecparam -name prime256v1; openssl pkey -in ec.key -traditional; cat ec.crt; } > ec-sec1.pem
{ cat ec.crt; openssl pkcs8 -topk8 -v2 aes-256-cbc -in ec.key -passout pass:passphrase; } > ec-encrypted.pem
cat rsa.key rsa-for-a-day.crt > rsa-for-a-day.pem
# The root first and the leaf in the middle, with somebody else's between them.
cat named.key root.crt other.crt named.crt issuer.crt > named-chain.pem

# PEM that cannot be used.
cat rsa.key other.crt > mismatched.pem
cat rsa.key other.key rsa.crt > two-keys.pem
for name in short p384 ed25519; do
    cat $name.key $name.crt > $name.pem
done

# PFX.
export_pfx() {
    from=$1
    to=$2
    shift 2
    openssl pkcs12 -export -in "$from" -out "$to" "$@"
}
export_pfx rsa-pkcs8.pem rsa.pfx -passout pass:passphrase
export_pfx rsa-pkcs8.pem rsa-legacy.pfx -legacy -passout pass:passphrase
export_pfx rsa-pkcs8.pem rsa-des3.pfx -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1 -passout pass:passphrase
export_pfx rsa-pkcs8.pem rsa-umlaut.pfx -passout pass:pässwörd
export_pfx rsa-pkcs8.pem rsa-without-passphrase.pfx -passout pass:
export_pfx rsa-pkcs8.pem rsa-plain.pfx -keypbe NONE -certpbe NONE -nomaciter -passout pass:
export_pfx rsa-pkcs8.pem rsa-without-mac.pfx -nomac -passout pass:passphrase
export_pfx ec-pkcs8.pem ec.pfx -name "of a service" -passout pass:passphrase
export_pfx named-chain.pem named-chain.pfx -inkey named.key -passout pass:passphrase
export_pfx rsa.crt without-key.pfx -nokeys -passout pass:passphrase
export_pfx rsa.key without-certificate.pfx -nocerts -passout pass:passphrase
openssl pkcs12 -in rsa.pfx -passin pass:passphrase -noenc -out rsa-bags.pem

# As other programs write them.
sed 's/$/\r/' rsa-pkcs8.pem > rsa-crlf.pem
openssl x509 -in rsa.crt -outform DER -out rsa.der

rm -f other.crt other.key root.key issuer.key named.key root.crt issuer.crt named.crt \
    short.key short.crt p384.key p384.crt ed25519.key ed25519.crt ec.key rsa-for-a-day.crt
