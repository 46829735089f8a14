# The exporter alone, from hashed requirements, as a user without a name, on a root that may be read-only.
# For a build that is the same tomorrow, name the base by its digest: --build-arg BASE=python:3.13-slim@sha256:DIGEST
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
WORKDIR /src
COPY requirements.lock requirements-dev.lock pyproject.toml README.md LICENSE ./
COPY exporter exporter
COPY rules rules
# What makes the package stands with its hashes in requirements-dev.lock; one that is missing here fails the build.
RUN for part in hatchling packaging pathspec pluggy trove-classifiers; do \
      sed -n "/^$part==/,/[^\\\\]$/p" requirements-dev.lock; \
    done > build.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes -r build.lock \
 && /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir wheels .
RUN python -m venv --without-pip /opt/holdfast \
 && /opt/build/bin/pip --python /opt/holdfast install --no-cache-dir --require-hashes -r requirements.lock \
 && /opt/build/bin/pip --python /opt/holdfast install --no-cache-dir --no-deps wheels/*.whl

FROM ${BASE}
COPY --from=build /opt/holdfast /opt/holdfast
ENV PATH=/opt/holdfast/bin:$PATH
USER 65532:65532
EXPOSE 10123 10124
ENTRYPOINT ["/opt/holdfast/bin/holdfast"]
CMD ["serve"]
