"""llama.cpp's own HTTP server, as the package xllamacpp brings it. serve_llama.py MODEL PORT NAME"""

import signal
import sys
import threading

from xllamacpp import CommonParams, Server

model, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
over = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: over.set())

params = CommonParams()
params.model.path = model
params.model_alias = {name}
params.hostnames = ["0.0.0.0"]
params.port = port
params.n_ctx = 512
params.n_parallel = 1
params.cpuparams.n_threads = 1
params.endpoint_metrics = True

server = Server(params)
print(f"llama.cpp serves {model} as {name} on {server.listening_address}", flush=True)
over.wait()
