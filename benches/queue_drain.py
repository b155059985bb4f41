#!/usr/bin/env python3
"""Measures how vodcb works a queue off, against the emulator.

    cargo build --release
    benches/queue_drain.py

Prints what docs/performance.md tells: messages a second, the ratio to 16 messages for each round trip at
20 ms, and the memory at 1,000 and 10,000 messages. It takes about half a minute. Needs Python 3 and GNU time.
"""

import asyncio
import base64
import hashlib
import hmac
import http.client
import sys
import threading
import time
from contextlib import contextmanager
from email.utils import formatdate
from urllib.parse import urlsplit

from emulated import emulator, run

LATENCY_MS = 20
BATCH = 16
EVENT = '{"EventType":"FileUploadComplete","VideoId":"%032d","Status":"success","Size":18734561}'


@contextmanager
def backlogged(*faults):
    """The environment of an emulator with an empty queue `q`."""
    arguments = (word for fault in faults for word in ("--fault", fault))
    with emulator(*arguments) as environment:
        run(environment, "queue", "create", "q")
        yield environment


class Queue:
    """The queue `q`, asked over one connection without anything between."""

    def __init__(self, environment):
        self.secret = environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"].encode()
        self.key_id = environment["ALIBABA_CLOUD_ACCESS_KEY_ID"]
        host = urlsplit(environment["VODCB_MNS_ENDPOINT"]).netloc
        self.connection = http.client.HTTPConnection(host)

    def ask(self, verb, query="", body=None):
        path = f"/queues/q/messages{query}"
        date, kind = formatdate(usegmt=True), "text/xml" if body else ""
        signed = f"{verb}\n\n{kind}\n{date}\nx-mns-version:2015-06-06\n{path}"
        digest = hmac.new(self.secret, signed.encode(), hashlib.sha1).digest()
        headers = {
            "Authorization": f"MNS {self.key_id}:{base64.b64encode(digest).decode()}",
            "Date": date,
            "x-mns-version": "2015-06-06",
        }
        if body:
            headers["Content-Type"] = kind
        self.connection.request(verb, path, body, headers)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status not in (200, 201):
            sys.exit(f"{verb} {path}: {answer.status}")

    def fill(self, count):
        """Puts so many events in, sixteen by sixteen."""
        for first in range(0, count, BATCH):
            bodies = (EVENT % number for number in range(first, min(first + BATCH, count)))
            messages = "".join(
                f"<Message><MessageBody>{body}</MessageBody></Message>" for body in bodies
            )
            self.ask("POST", body=f'<Messages xmlns="http://mns.aliyuncs.com/doc/v1/">{messages}</Messages>')

    def round_trip(self):
        """Seconds that sixteen messages need at the best, on this machine as busy as it is."""
        start, times = time.monotonic(), 200
        for _ in range(times):
            self.ask("GET", f"?peekonly=true&numOfMessages={BATCH}")
        return (time.monotonic() - start) / times


class Receiver(asyncio.Protocol):
    """Answers 200 to everything, as fast as Python can."""

    def connection_made(self, transport):
        self.transport, self.pending = transport, b""

    def data_received(self, data):
        self.pending += data
        while (end := self.pending.find(b"\r\n\r\n")) >= 0:
            head = self.pending[:end].lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            if len(self.pending) < end + 4 + length:
                return
            self.pending = self.pending[end + 4 + length :]
            self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


def receiver():
    """The URL of a receiver that runs as long as this process."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(Receiver, "127.0.0.1", 0))
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/vod"


def drain(environment, to, concurrency):
    arguments = ["queue", "forward", "q", "--to", to, "--drain"]
    seconds, memory = run(environment, *arguments, "--concurrency", str(concurrency))
    # The last second listens to the empty queue.
    return seconds - 1, memory


def main():
    to = receiver()
    for count in (1_000, 10_000):
        with backlogged() as environment:
            Queue(environment).fill(count)
            seconds, memory = drain(environment, to, 16)
        rate = count / seconds
        print(f"{count} messages: {seconds:.2f} s, {rate:.0f} a second, {memory:.1f} MiB")
    count, actions = 10_000, ("batch-receive", "batch-delete", "batch-peek")
    with backlogged(*(f"{action}:slow={LATENCY_MS}" for action in actions)) as environment:
        queue = Queue(environment)
        queue.fill(count)
        trip = queue.round_trip()
        seconds, _ = drain(environment, to, 1)
    ratio = -(-count // BATCH) * trip / seconds
    print(f"one worker, a round trip of {trip * 1000:.1f} ms: {seconds:.2f} s, {ratio:.2f} of 16 a round trip")


if __name__ == "__main__":
    main()
