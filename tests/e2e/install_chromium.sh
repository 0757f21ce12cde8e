#!/bin/sh
# Makes sure that there is a Chromium for the browser tests: keeps one that is there, else installs Debian's.
set -eu
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if path=$(command -v "$name"); then
    echo "A browser is already there: $path"
    exit 0
  fi
done
if ! command -v apt-get >/dev/null; then
  echo "Cannot install Chromium: no apt-get here, expected Debian or Ubuntu; install any Chromium on the PATH" >&2
  exit 2
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  as_root=sudo
fi
$as_root apt-get update
$as_root apt-get install --yes --no-install-recommends chromium fonts-liberation
command -v chromium
