# Rust with nothing but its standard library.
ARG BASE=rust:1-slim
FROM ${BASE}
