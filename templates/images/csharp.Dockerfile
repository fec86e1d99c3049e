# C# with Mono.
ARG BASE=mono:6.12
FROM ${BASE}
