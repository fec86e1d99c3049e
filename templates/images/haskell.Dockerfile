# Haskell with GHC. Add packages with `RUN cabal install --lib …`.
ARG BASE=haskell:9-slim
FROM ${BASE}
