#!/bin/sh
# Updates the embedded API reference, functions/discovery/assets/scalar.js.gz, to the version below. Needs npm.
# The integrity is the one that `npm view @scalar/api-reference@VERSION dist.integrity` prints.
set -eu

version=1.76.0
integrity=sha512-pjqwnzmA9YK3ZX+IZSICMsywm4qI6HLSngR2py9H6TvFApHHuJjkTAd+gFJfnqJDzJuro8k7ji6JCtJ2U+Byng==

assets=$(cd "$(dirname "$0")/../functions/discovery/assets" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
package=$(npm pack --silent "@scalar/api-reference@$version")
found=sha512-$(openssl dgst -sha512 -binary "$package" | openssl base64 -A)
[ "$found" = "$integrity" ] || { echo "The package has the integrity $found, not $integrity." >&2; exit 1; }
tar -xzf "$package" package/dist/browser/standalone.js
gzip -9 -n -c package/dist/browser/standalone.js >"$assets/scalar.js.gz"
digest=$(openssl dgst -sha256 package/dist/browser/standalone.js | sed 's/.*= //')
echo "$digest  standalone.js of @scalar/api-reference $version" >"$assets/scalar.sha256"
