#!/bin/bash
# A launcher of a time to come: nothing in its help is as anybody knows it, and it starts nothing.
cat <<'HELP'
sparkctl 4.0 - the friendly way to serve models

  sparkctl up MODEL [@host[,host]]      serve a model
  sparkctl down                         stop it
  sparkctl ps                           what runs

Options are read from spark.toml.
HELP
exit 0
