# C with the GNU compiler. Add libraries with `RUN apt-get update && apt-get install -y …`.
ARG BASE=gcc:13
FROM ${BASE}
