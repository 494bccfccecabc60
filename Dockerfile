# The bot in a container: no shell tools added, no root, nothing but what requirements-image.txt pins by hash.
# `make pin` adds the base image's digest to both FROM lines.
FROM python:3.13.9-slim-bookworm AS build
WORKDIR /app
COPY requirements-image.txt ./
RUN python -m venv --without-pip /venv \
    && python -m pip --python /venv/bin/python install --no-cache-dir --no-compile --require-hashes -r requirements-image.txt
COPY bot ./bot
RUN /venv/bin/python -m compileall -q /venv /app/bot \
    && mkdir -p /data

FROM python:3.13.9-slim-bookworm
LABEL org.opencontainers.image.title="aws-slack-bot" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app/bot ./bot
COPY --from=build --chown=10001:10001 /data /data
COPY LICENSE ./
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/data \
    BOT_CONFIG=/config/bot.yml \
    BOT_DATABASE_URL=sqlite:////data/bot.db \
    BOT_LOG_FORMAT=json
USER 10001:10001
VOLUME ["/data"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["/venv/bin/python", "-m", "bot", "health"]
ENTRYPOINT ["/venv/bin/python", "-m", "bot"]
CMD ["run"]
