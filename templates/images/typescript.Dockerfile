# TypeScript on Node.js.
ARG BASE=node:22-slim
FROM ${BASE}
RUN npm install --global typescript@5
