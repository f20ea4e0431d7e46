#!/usr/bin/env python3
"""Receives Spark Control's webhooks and checks that they are its own. Standard library only.

    WEBHOOK_SECRET=whsec_... webhook_receiver.py 8080

Prints one line an event. Any answer but 2xx is tried again for three days, so answer first and work later; the same event may come
twice, and two events in any order: `webhook-id` tells them apart.
"""

import base64
import hashlib
import hmac
import http.server
import json
import os
import sys
import time

TOLERANCE_S = 300


def is_genuine(secret, headers, body, now=None):
    """Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, base64, with the key behind `whsec_`. Several signatures may be listed."""
    key = base64.b64decode(secret[len("whsec_"):]) if secret.startswith("whsec_") else secret.encode()
    sent_at = headers.get("webhook-timestamp", "")
    if not sent_at.isdigit() or abs((time.time() if now is None else now) - int(sent_at)) > TOLERANCE_S:
        return False
    signed = f"{headers.get('webhook-id', '')}.{sent_at}.".encode() + body
    ours = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    listed = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(f"v1,{ours}", theirs) for theirs in listed)


def is_genuine_the_old_way(secret, headers, body):
    """`X-Spark-Signature: sha256=<hex>` over the body alone: no protection against a repeat of an old message."""
    ours = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(ours, headers.get("X-Spark-Signature", ""))


class Receiver(http.server.BaseHTTPRequestHandler):
    secret = ""
    seen = set()  # yours should outlive a restart

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 100_000))
        genuine = is_genuine(self.secret, self.headers, body)
        self.send_response(204 if genuine else 401)
        self.end_headers()
        event_id = self.headers.get("webhook-id")
        if genuine and event_id not in self.seen:
            self.seen.add(event_id)
            event = json.loads(body)
            print(event["timestamp"], event["type"], event_id, event["data"].get("outcome", ""), flush=True)

    def log_message(self, *_):
        pass


def main():
    Receiver.secret = os.environ["WEBHOOK_SECRET"]
    server = http.server.ThreadingHTTPServer(("", int(sys.argv[1]) if len(sys.argv) > 1 else 8080), Receiver)
    print(f"listening on port {server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
