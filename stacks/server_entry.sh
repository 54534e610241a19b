# What the hosted server's container runs, in the official image, as: sh -c TEXT. It turns what the task is given into
# what the server reads, and then becomes the server, so that signals reach it.
# It refuses to start on half of its settings, and never starts a server that asks for no token. Secrets go from the
# environment into shell variables and on into the server's own setting; no command is ever given one as a word,
# because the words of a command are what the process list shows.
set -eu
LC_ALL=C # a character is a byte, below

refuse() {
    printf 'server: %s\n' "$1" >&2
    exit 2
}

# Percent-encode $1 into $encoded, byte by byte and by the shell alone: a password may hold what ends a URL's part.
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

given='DB_HOST DB_PORT DB_NAME DB_SSLMODE DB_USER DB_PASSWORD PUBLIC_KEY TOKEN_ISSUER TOKEN_AUDIENCE'
for name in $given; do
    eval "value=\${$name:-}"
    [ -n "$value" ] || refuse "$name is missing: the task definition must give it"
done

case $DB_PORT in
*[!0-9]*) refuse "DB_PORT must be a number, and is $DB_PORT" ;;
esac
case $DB_SSLMODE in
disable | allow | prefer | require | verify-ca | verify-full) ;;
*) refuse "DB_SSLMODE must be a mode of Postgres, such as require, and is $DB_SSLMODE" ;;
esac
case $PUBLIC_KEY in
*'PRIVATE KEY'*) refuse 'PUBLIC_KEY holds a private key: give the server the public half only' ;;
'-----BEGIN PUBLIC KEY-----'*) ;;
*) refuse 'PUBLIC_KEY must be the text of a PEM file that begins with -----BEGIN PUBLIC KEY-----' ;;
esac
case $TOKEN_ISSUER$TOKEN_AUDIENCE in
*[!A-Za-z0-9._:/-]*) refuse 'TOKEN_ISSUER and TOKEN_AUDIENCE may hold letters, digits and ._:/- only' ;;
esac

encode "$DB_USER"; url=$encoded
encode "$DB_PASSWORD"; url=$url:$encoded
encode "$DB_HOST"; url=$url@$encoded:$DB_PORT
encode "$DB_NAME"; url=$url/$encoded

# The server wants the name of a file, and nothing here may be written to: the name is that of an open pipe, which holds
# the key until the server, who is this very process, has read it.
exec 3<<KEY
$PUBLIC_KEY
KEY

export RESONATE_STORAGE__TYPE=postgres
export RESONATE_STORAGE__POSTGRES__URL="postgres://$url?sslmode=$DB_SSLMODE"
export RESONATE_AUTH__PUBLICKEY=/dev/fd/3
# In quotes, or the server would take a name such as 2026 for a number. One audience here; a token's is an array.
export RESONATE_AUTH__ISS="\"$TOKEN_ISSUER\""
export RESONATE_AUTH__AUD="\"$TOKEN_AUDIENCE\""
# shellcheck disable=SC2086 # these are several words
unset $given LC_ALL value rest tail byte encoded url
exec resonate-server serve
