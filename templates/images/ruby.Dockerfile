# Ruby. Add packages with `RUN gem install …`.
ARG BASE=ruby:3.3-slim
FROM ${BASE}
