# Java.
ARG BASE=eclipse-temurin:21-jdk
FROM ${BASE}
