# PyPy 3. Add packages with `RUN pip install --no-cache-dir …`.
ARG BASE=pypy:3.10-slim
FROM ${BASE}
