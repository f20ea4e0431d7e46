#!/usr/bin/env python3
"""A job that borrows the GPUs: reserve, swap, work, swap back, release. Python 3.9 or later, standard library only.

    from nightly import SparkControl

    spark = SparkControl("http://127.0.0.1:9999", holder="digest", schedule="digest")
    with spark.reserved(purpose="nightly digest", wait_s=3600) as lock:
        with lock.serving("qwen3-30b-a3b-fp8"):
            ...  # the model serves here; afterwards the one before is put back

or from a cron:  nightly.py MODEL COMMAND [ARGUMENT...]
"""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request


class Refused(Exception):
    """Spark Control said no. `code` is stable, `problem` has everything that it said."""

    def __init__(self, status, problem):
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status = status
        self.code = problem.get("code")
        self.problem = problem


class SparkControl:
    def __init__(self, url, holder, schedule=None):
        self.url = url.rstrip("/")
        self.headers = {"X-Spark-Holder": holder}
        if schedule is not None:
            self.headers["X-Spark-Schedule"] = schedule
        self.holder = holder

    def ask(self, method, path, body=None, **headers):
        """One request. Repeats itself while a part is down (503, no answer): such an answer means that nothing was done, and
        everything that is sent here may be repeated."""
        data = None if body is None else json.dumps(body).encode()
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        if data is not None:
            more["Content-Type"] = "application/json"
        request = urllib.request.Request(self.url + path, data, {**self.headers, **more}, method=method)
        for attempt in range(60):
            try:
                with urllib.request.urlopen(request, timeout=70) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                problem = json.load(error)
                if error.code != 503:
                    raise Refused(error.code, problem) from None
                pause = float(error.headers.get("Retry-After", 2))
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                pause = 2
            time.sleep(min(pause, 10))
        raise TimeoutError(f"{self.url} was away for too long")

    @contextlib.contextmanager
    def reserved(self, purpose=None, ttl_s=600, wait_s=3600, hosts=None):
        """Stands in line for the GPUs, holds them while the block runs, and gives them back."""
        token = secrets.token_urlsafe(24)  # our own: a repeat after a lost answer finds the same reservation
        wish = {"holder": self.holder, "ttl_s": ttl_s, "token": token}
        if purpose is not None:
            wish["purpose"] = purpose
        if hosts is not None:
            wish["hosts"] = hosts
        until = time.monotonic() + wait_s
        while True:
            left = max(0, min(55, int(until - time.monotonic())))
            try:
                lock = self.ask("POST", f"/api/swap/lock?wait_s={left}", wish)
                break
            except Refused as refused:
                if refused.code != "reserved" or time.monotonic() >= until:
                    raise
        held = Reservation(self, token, ttl_s, lock["fence"])
        try:
            yield held
        finally:
            held.end()


class Reservation:
    def __init__(self, spark, token, ttl_s, fence):
        self.spark = spark
        self.token = token
        self.fence = fence
        self.lost = threading.Event()  # set when somebody ended it by force, or it expired
        self._over = threading.Event()
        self._renewer = threading.Thread(target=self._renew, args=(ttl_s,), daemon=True)
        self._renewer.start()

    def _renew(self, ttl_s):
        while not self._over.wait(ttl_s / 3):
            try:
                self.spark.ask("POST", "/api/swap/lock", {"ttl_s": ttl_s}, X_Swap_Lock_Token=self.token)
            except Refused:
                self.lost.set()
                return
            except TimeoutError:
                continue  # the next one may come through

    def end(self):
        self._over.set()
        self._renewer.join()
        with contextlib.suppress(Refused):
            self.spark.ask("DELETE", "/api/swap/lock", X_Swap_Lock_Token=self.token)

    def swap(self, model):
        """Returns the swap's record when the model serves; None when it served already. Raises RuntimeError for any other end."""
        answer = self.spark.ask(
            "POST",
            "/api/swap",
            {"model": model, "on_busy": "queue"},
            X_Swap_Lock_Token=self.token,
            Idempotency_Key=secrets.token_urlsafe(16),
        )
        if answer.get("already_serving"):
            return None
        try:
            while answer["state"] != "done":
                time.sleep(1)
                answer = self.spark.ask("GET", f"/api/swap/{answer['swap_id']}")
        except (KeyboardInterrupt, SystemExit):
            if not answer.get("joined"):
                self.spark.ask("POST", f"/api/swap/{answer['swap_id']}/cancel")  # puts the model before back by itself
            raise
        if answer["outcome"] != "completed":
            cause = answer["cause"] or {}
            raise RuntimeError(f"swap {answer['swap_id']} {answer['outcome']}: {cause.get('message')}; left {answer['left']}")
        return answer

    @contextlib.contextmanager
    def serving(self, model):
        """The model serves while the block runs; afterwards the one before is put back."""
        swap = self.swap(model)
        try:
            yield
        finally:
            before = [one["model"] for one in swap["previous"]] if swap is not None else []
            if before and before[0] is not None and not self.lost.is_set():
                self.swap(before[0])


def run(command, lock):
    """The command's exit code. Nothing of it goes on after this, nor without the reservation."""
    work = subprocess.Popen(command, start_new_session=True)  # a process group of its own, so that all of it can be ended
    try:
        while work.poll() is None:
            if lock.lost.wait(0.5):
                sys.exit("the reservation is gone")
        return work.returncode
    finally:
        if work.poll() is None:
            os.killpg(work.pid, signal.SIGTERM)
            work.wait()


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: nightly.py MODEL COMMAND [ARGUMENT...]")
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _frame: sys.exit(128 + number))  # as Ctrl-C: all that was borrowed is given back
    model, *command = sys.argv[1:]
    holder = os.environ.get("HOLDER", "nightly-python")
    spark = SparkControl(os.environ.get("SPARK_URL", "http://127.0.0.1:9999"), holder, os.environ.get("SCHEDULE", holder))
    with spark.reserved(purpose=f"needs {model}", ttl_s=int(os.environ.get("TTL_S", "600"))) as lock, lock.serving(model):
        code = run(command, lock)
    sys.exit(code)


if __name__ == "__main__":
    main()
