#!/bin/sh
# Runs a command as if on a new Debian: no redis packages, none of the libraries that only they need, no package lists.
# The machine itself stays as it is: all of it are overlays in a mount namespace that ends with the command. Needs root.
# usage: unshare --mount bare-machine.fixture.sh <scratch directory> <command> …
set -eu
scratch=$1
shift
mount -t tmpfs none "$scratch"
chmod 1777 "$scratch"
over() {
  name=$(echo "$1" | tr / _)
  mkdir -p "$scratch/$name/upper" "$scratch/$name/work"
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$scratch/$name/upper,workdir=$scratch/$name/work" "$1"
}
libraries=/usr/lib/$(uname -m)-linux-gnu
over "$libraries"
rm -f "$libraries"/liblzf.so* "$libraries"/libjemalloc.so* "$libraries"/libatomic.so*
over /usr/bin
rm -f /usr/bin/redis-*
over /var/lib/apt
rm -rf /var/lib/apt/lists/*
over /var/lib/dpkg
awk 'BEGIN { RS = ""; ORS = "\n\n" } !/^Package: (redis-server|redis-tools|redis|liblzf1|libjemalloc2|libatomic1)\n/' \
  /var/lib/dpkg/status > "$scratch/status"
cp "$scratch/status" /var/lib/dpkg/status
exec "$@"
