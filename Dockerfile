# Any image with Python 3.11 or newer and pip works; releases use a digest.
ARG PYTHON_IMAGE=python:3.13-slim
# The image of the previous release: during a rollout, pages still request its style sheets. Default: the base image.
ARG EARLIER_IMAGE=${PYTHON_IMAGE}

FROM ${EARLIER_IMAGE} AS earlier

FROM ${PYTHON_IMAGE} AS build
SHELL ["/bin/sh", "-euc"]
# The same commit gives the same bytes: nothing may depend on the clock or on the order of a set.
ENV PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
    UV_LINK_MODE=copy UV_NO_MANAGED_PYTHON=1
WORKDIR /app
COPY requirements/build.txt requirements/run.txt requirements/sbom.txt requirements/
# Two folders in /added become the two layers of the image. The first layer, with its dates, changes only with the
# requirements, so a new release is a small download.
RUN --mount=type=cache,target=/root/.cache/uv \
    python -m pip install --quiet --no-cache-dir --break-system-packages --require-hashes -r requirements/build.txt; \
    python -m uv venv --quiet .venv; \
    python -m uv pip install --quiet --python .venv/bin/python --require-hashes --only-binary :all: -r requirements/run.txt; \
    python -m uv venv --quiet /sbom; \
    python -m uv pip install --quiet --python /sbom/bin/python --require-hashes --only-binary :all: -r requirements/sbom.txt; \
    .venv/bin/python -m compileall -q -j 1 --invalidation-mode unchecked-hash .venv; \
    mkdir -p /added/packages/app; \
    mv .venv /added/packages/app/.venv; \
    ln -s /added/packages/app/.venv .venv; \
    chmod -R u=rwX,go=rX /added/packages; \
    find /added/packages -exec touch --no-dereference --date=@315532800 {} +
WORKDIR /added/site/app
COPY manage.py LICENSE ./
COPY docker/entrypoint docker/gunicorn.conf.py docker/healthcheck.py docker/
COPY app app
COPY docker/carry_static.py pyproject.toml /
ARG SOURCE_DATE_EPOCH=315532800
# The date is also stored in a file: otherwise a builder could reuse equal content from its cache with the old date.
# The embedded database and its key are in /data; the settings use the path var. Group 0 can write to the data folders,
# because some clusters run every container as a random user of that group.
RUN --mount=type=bind,from=earlier,source=/,target=/earlier \
    mkdir /added/site/data /added/site/media /added/site/backups /added/site/work; \
    ln -s /data var; \
    echo "${SOURCE_DATE_EPOCH}" > source-date; \
    SECRET_KEY=only-for-collectstatic-and-in-no-layer DATABASE_URL=sqlite:////tmp/none /app/.venv/bin/python manage.py collectstatic --noinput --verbosity 0; \
    python /carry_static.py /earlier/app/static static; \
    /sbom/bin/cyclonedx-py environment --pyproject /pyproject.toml --output-reproducible --output-file sbom.cdx.json /app/.venv/bin/python; \
    /app/.venv/bin/python -m compileall -q -j 1 -s /added/site --invalidation-mode unchecked-hash .; \
    chmod -R u=rwX,go=rX /added/site; \
    chown 10001:0 /added/site/data /added/site/media /added/site/backups /added/site/work; \
    chmod 0775 /added/site/data /added/site/media /added/site/backups /added/site/work; \
    find /added/site -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH}" {} +

FROM ${PYTHON_IMAGE}
COPY --from=build /added/packages /
COPY --from=build /added/site /
ENV PATH=/app/.venv/bin:$PATH HOME=/tmp MEDIA_ROOT=/media \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONFAULTHANDLER=1
WORKDIR /app
USER 10001:0
VOLUME ["/data", "/media"]
EXPOSE 8000 9090
STOPSIGNAL SIGTERM
# Liveness, not readiness: restarting this container does not repair a database.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/app/.venv/bin/python", "-I", "-S", "/app/docker/healthcheck.py"]
ENTRYPOINT ["/app/.venv/bin/python", "/app/docker/entrypoint"]
CMD ["web"]
ARG PYTHON_IMAGE
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=1980-01-01T00:00:00Z
LABEL org.opencontainers.image.title="Colonnade" \
      org.opencontainers.image.description="Any number of websites from one Django deployment" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${PYTHON_IMAGE}" \
      org.opencontainers.image.source="https://github.com/colonnade/colonnade" \
      org.opencontainers.image.documentation="https://github.com/colonnade/colonnade/tree/main/docs" \
      org.opencontainers.image.licenses="BSD-3-Clause" \
      org.cyclonedx.sbom="/app/sbom.cdx.json"
