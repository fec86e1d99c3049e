# JavaScript on Node.js. Add packages with `RUN npm install --global …`.
ARG BASE=node:22-slim
FROM ${BASE}
