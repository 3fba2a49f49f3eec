# widedeep for machines that can't run tools/setup.sh. Linux on x86-64 is all that TFX has wheels for: elsewhere
# `docker build` and `docker run` need --platform linux/amd64.
#
#   docker build -t widedeep-tfx .
#   docker run --rm widedeep-tfx --help
#   docker run --rm -v "$PWD:/work" --user "$(id -u):$(id -g)" widedeep-tfx data taxi --out data/taxi
#   docker run --rm -v "$PWD:/work" --user "$(id -u):$(id -g)" widedeep-tfx run schema/taxi/pipeline.yaml
#
# With --worker_pool it is Beam's worker pool on port 50000, for pipelines that run with --environment_type=EXTERNAL in
# the same pod (kubeflow/flink) or with --network container:THE_POOL. It runs the code of whoever reaches that port.
#
# --user makes the results in a mounted folder yours; any number will do. The image's own user, 10001, can write to
# /work only if nothing (or a named volume) is mounted there, or if it may write to what is.
#
# Behind a proxy or a package mirror (Docker passes HTTP_PROXY, HTTPS_PROXY and NO_PROXY by itself):
#
#   docker build --build-arg PIP_INDEX_URL=https://mirror.example/simple \
#     --build-arg EXTRA_CA="$(cat company-ca.pem)" --build-arg IMAGE_BASE=mirror.example/debian:trixie-slim .
#
# The first two reach the build stage alone. A build's records show its arguments: put no password into them.

ARG IMAGE_BASE=debian:trixie-slim
# The label's, which `make image` takes from pyproject.toml; the build stops if that says otherwise.
ARG VERSION


FROM ${IMAGE_BASE} AS build
# g++ and the headers: for packages that come as source only.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      ca-certificates g++ python3 python3-dev python3-venv \
 && rm -rf /var/lib/apt/lists/*

# Unset, pip and uv ask PyPI. pip reads it from the environment, uv is told.
ARG PIP_INDEX_URL
ARG EXTRA_CA=
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    UV_NO_CACHE=1 \
    VIRTUAL_ENV=/opt/venv
RUN [ -z "$EXTRA_CA" ] || printf '%s\n' "$EXTRA_CA" >> "$SSL_CERT_FILE"

# uv stays in this stage. pip goes with /opt/venv: `widedeep data` fetches with it.
WORKDIR /src
COPY tools/bootstrap.lock tools/build.lock tools/
RUN python3 -m venv /opt/uv \
 && /opt/uv/bin/pip install --require-hashes -r tools/bootstrap.lock \
 && python3 -m venv "$VIRTUAL_ENV"

# What pyproject.toml needs at run time: the lock, in which its development tools stand too, gives versions and hashes.
# Bytecode halves the start of every process; the image's user could not write it later.
COPY pyproject.toml requirements.lock ./
RUN /opt/uv/bin/uv pip install ${PIP_INDEX_URL:+--default-index "$PIP_INDEX_URL"} --compile-bytecode \
      --require-hashes --build-constraints tools/build.lock --constraints requirements.lock --extra pipeline -r pyproject.toml

# What no process of ours reads: headers to build extensions of TensorFlow with, packages' own tests, and libraries'
# symbol tables, which debuggers want.
RUN cd "$VIRTUAL_ENV"/lib/python3*/site-packages \
 && rm -r tensorflow/include \
 && find numpy pandas pyarrow scipy sklearn -name tests -type d -prune -exec rm -r {} + \
 && find apache_beam pyarrow tensorflow zstandard -name '*.so*' -type f -exec strip --strip-unneeded {} +

# Apart from /opt/venv, so that a change of code leaves its layer as it is.
COPY . .
ARG VERSION
RUN [ -z "$VERSION" ] || grep -qx "version = \"$VERSION\"" pyproject.toml \
      || { echo "VERSION is $VERSION, and in pyproject.toml another" >&2; exit 1; } \
 && /opt/uv/bin/uv pip install ${PIP_INDEX_URL:+--default-index "$PIP_INDEX_URL"} --compile-bytecode --no-deps \
      --build-constraints tools/build.lock --prefix /opt/project .


FROM ${IMAGE_BASE}
ARG VERSION
LABEL org.opencontainers.image.title="widedeep-tfx" \
      org.opencontainers.image.description="A production wide-and-deep recommender pipeline on TFX" \
      org.opencontainers.image.version="${VERSION}"
# ca-certificates: TensorFlow reads gs:// with the system's.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates python3 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
 && groupadd --gid 10001 widedeep \
 && useradd --uid 10001 --gid 10001 --home-dir /tmp --no-create-home widedeep \
 && install -d -o 10001 -g 10001 /work
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/project /opt/venv
COPY schema /opt/widedeep/schema
COPY tools/entrypoint /opt/widedeep/entrypoint
# HOME: caches must find a place whatever user the container is given.
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp
USER 10001:10001
WORKDIR /work
# Whatever was left out above, nothing that we import may miss it.
RUN pip check \
 && python -c "import importlib, pkgutil; \
      [importlib.import_module(module.name) for module in \
       pkgutil.walk_packages(importlib.import_module('widedeep').__path__, 'widedeep.')]"
# As process 1 Python heeds no SIGTERM: with it every stop would end in SIGKILL, after the whole grace period.
STOPSIGNAL SIGINT
ENTRYPOINT ["/opt/widedeep/entrypoint"]
