# Kotlin on the Java virtual machine. The compiler comes from Debian; for a newer one, name an image that has it with
# `--base`.
ARG BASE=debian:12-slim
FROM ${BASE}
RUN if ! command -v kotlinc; then apt-get update && apt-get install -y --no-install-recommends kotlin && rm -rf /var/lib/apt/lists/*; fi
