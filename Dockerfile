# The scheduler as a container: see docs/schedule.md.
#
# The base is the one of a day: the index of all platforms that python:3.13-slim-trixie named in October 2026. A release
# renews it, since a base that nobody renews is one that nobody patches:
#   docker buildx imagetools inspect python:3.13-slim-trixie
# and `--build-arg PYTHON_DIGEST=@sha256:...` tries another without a change here.
ARG PYTHON=3.13
ARG PYTHON_DIGEST=@sha256:bb2988715db2cf7ace7b53f38f3cffbef7c7046a656bee66245eb0ed386e2e81

FROM python:${PYTHON}-slim-trixie${PYTHON_DIGEST} AS build
ARG PYTHON
WORKDIR /build
COPY requirements-runtime.lock ./
# Wheels only, each by its hash: nothing is run that was not made by this project. The environment holds no pip.
RUN python -m venv --without-pip /opt/auditor \
    && python -m pip --python /opt/auditor/bin/python install --no-cache-dir --disable-pip-version-check \
       --no-compile --only-binary :all: --require-hashes -r requirements-runtime.lock
COPY auditor /opt/auditor/lib/python${PYTHON}/site-packages/auditor
COPY rules /opt/auditor/lib/python${PYTHON}/site-packages/rules
COPY reports /opt/auditor/lib/python${PYTHON}/site-packages/reports
# The root file system is read-only where it runs: what Python would write there is written here.
RUN /opt/auditor/bin/python -m compileall -q -j 0 /opt/auditor/lib && mkdir -m 0700 /state

FROM python:${PYTHON}-slim-trixie${PYTHON_DIGEST}
COPY --from=build /opt/auditor /opt/auditor
COPY --from=build --chown=10001:10001 /state /state
ENV PATH=/opt/auditor/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TZ=UTC \
    XDG_STATE_HOME=/state
# A number, so that Kubernetes can tell that it is not root.
USER 10001:10001
# All that is ever written lies here: state, lock, heartbeat, metrics, reports, temporary files.
VOLUME ["/state"]
WORKDIR /state
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s --retries=3 \
    CMD ["python", "-P", "-m", "auditor", "schedule", "--healthy"]
ENTRYPOINT ["python", "-P", "-m", "auditor"]
CMD ["schedule", "--every", "6h"]
