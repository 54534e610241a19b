# The entry point of the hosted server's container, in the official image, as: sh -c TEXT. It translates the task's
# variables into the server's settings, and then becomes the server, so that signals reach it.
# It refuses to start if a setting is missing, and never starts a server without authentication. No command gets a
# secret as an argument, because the process list shows arguments: shell variables pass them on.
set -eu
LC_ALL=C # below, a character is a byte

refuse() {
    printf 'server: %s\n' "$1" >&2
    exit 2
}

# Percent-encode $1 into $encoded, byte by byte: a password may hold characters that have a meaning in a URL.
encode() {
    rest=$1 encoded=
    while [ -n "$rest" ]; do
        tail=${rest#?}
        byte=${rest%"$tail"}
        case $byte in
        [A-Za-z0-9._~-]) encoded=$encoded$byte ;;
        *) encoded=$encoded$(printf '%%%02X' "'$byte") ;;
        esac
        rest=$tail
    done
}

required='DB_HOST DB_PORT DB_NAME DB_SSLMODE DB_SSLROOTCERT DB_USER DB_PASSWORD PUBLIC_KEY TOKEN_ISSUER TOKEN_AUDIENCE'
for name in $required; do
    eval "value=\${$name:-}"
    [ -n "$value" ] || refuse "$name is not set: add it to the task definition"
done

case $DB_PORT in
*[!0-9]*) refuse "DB_PORT must be a number, not $DB_PORT" ;;
esac
case $DB_SSLMODE in
disable | allow | prefer | require) authorities= ;;
verify-ca | verify-full)
    [ -r "$DB_SSLROOTCERT" ] || refuse "DB_SSLMODE $DB_SSLMODE needs a file in DB_SSLROOTCERT, not $DB_SSLROOTCERT"
    encode "$DB_SSLROOTCERT"; authorities="&sslrootcert=$encoded"
    ;;
*) refuse "DB_SSLMODE must be an sslmode of Postgres, such as require, not $DB_SSLMODE" ;;
esac
case $PUBLIC_KEY in
*'PRIVATE KEY'*) refuse 'PUBLIC_KEY is a private key: set it to the public key' ;;
'-----BEGIN PUBLIC KEY-----'*) ;;
*) refuse 'PUBLIC_KEY must be PEM text that begins with -----BEGIN PUBLIC KEY-----' ;;
esac
case $TOKEN_ISSUER$TOKEN_AUDIENCE in
*[!A-Za-z0-9._:/-]*) refuse 'TOKEN_ISSUER and TOKEN_AUDIENCE may have letters, digits and ._:/- only' ;;
esac

encode "$DB_USER"; url=$encoded
encode "$DB_PASSWORD"; url=$url:$encoded
encode "$DB_HOST"; url=$url@$encoded:$DB_PORT
encode "$DB_NAME"; url=$url/$encoded

# The server reads the key from a file, and the file system is read-only: the file is an open pipe of this process,
# which becomes the server.
exec 3<<KEY
$PUBLIC_KEY
KEY

export RESONATE_STORAGE__TYPE=postgres
export RESONATE_STORAGE__POSTGRES__URL="postgres://$url?sslmode=$DB_SSLMODE$authorities"
export RESONATE_AUTH__PUBLICKEY=/dev/fd/3
# In quotes: without them, the server would read a name such as 2026 as a number.
export RESONATE_AUTH__ISS="\"$TOKEN_ISSUER\""
export RESONATE_AUTH__AUD="\"$TOKEN_AUDIENCE\""
# shellcheck disable=SC2086 # a list of names
unset $required LC_ALL value rest tail byte encoded url authorities
exec resonate-server serve
