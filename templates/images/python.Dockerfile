# Python 3 with numpy.
ARG BASE=python:3.12-slim
FROM ${BASE}
RUN pip install --no-cache-dir numpy
