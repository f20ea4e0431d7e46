#!/bin/sh
# The namespace of TEMPORAL_NAMESPACE at TEMPORAL_ADDRESS; 30 days of closed workflows. Safe to repeat. Ends with an error while the server is
# not ready, and is then run again.
set -eu

temporal operator cluster health
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 720h
