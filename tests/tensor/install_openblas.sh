#!/bin/sh
# Makes sure that there is an OpenBLAS for the tests of matrix products by a system library: keeps one that is there,
# else installs Debian's.
set -eu
if ldconfig -p 2>/dev/null | grep -q 'libopenblas\.so\.0'; then
  echo "An OpenBLAS is already there"
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "Cannot install OpenBLAS: no apt-get here, expected Debian or Ubuntu; install any OpenBLAS as a shared library" >&2
  exit 2
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  as_root=sudo
fi
$as_root apt-get update
$as_root apt-get install --yes --no-install-recommends libopenblas0-pthread
