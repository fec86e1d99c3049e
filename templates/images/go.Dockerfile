# Go.
ARG BASE=golang:1.23
FROM ${BASE}
