#!/usr/bin/python3
"""A change feed of a KafkaFS journal, decoded with proto/fuse.proto alone (docs/change-feed.md).

    protoc -I proto --python_out=. proto/fuse.proto
    PYTHONPATH=. docs/examples/change-feed.py localhost:9092 projects [--follow] [--void] [--config FILE]
"""
import argparse
import datetime

import fuse_pb2
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition
from google.protobuf.message import DecodeError


def text(data):
    """Names are bytes: what is no UTF-8 is shown as \\xNN, and what a terminal would take for itself likewise."""
    shown = data.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)


class Sessions:
    """Says why a record is void, if it is by the rules of sessions (docs/format.md)."""

    def __init__(self):
        self.last, self.open, self.runs = 0, {}, {}

    def void(self, change, kind):
        header = change.header
        if kind == "filesystem_created":
            return ""
        if kind == "session_started":
            return self.start(change.session_started)
        session = self.open.get(header.session)
        if session is None:
            return "session closed"
        if header.incarnation != session["incarnation"]:
            return "other incarnation"
        if kind == "fence":
            session["incarnation"], session["expected"] = change.fence.incarnation, 0
            return ""
        if header.sequence != session["expected"]:
            return "duplicate" if header.sequence < session["expected"] else "sequence ahead"
        session["expected"] += 1
        if kind == "session_ended":
            self.open.pop(change.session_ended.closes or header.session, None)
        return ""

    def start(self, started):
        if started.run <= self.runs.get(started.master, 0):
            return "run not above"
        self.runs[started.master] = started.run
        self.open = {number: session for number, session in self.open.items() if session["master"] != started.master}
        self.last += 1
        self.open[self.last] = {"master": started.master, "incarnation": 0, "expected": 0}
        return ""


class Directories:
    """Where directories are now: the record of a rename names its target by FileId. The root is 1."""

    def __init__(self):
        self.places, self.at = {}, {}

    def put(self, inode, parent, name):
        self.places[inode], self.at[parent, name] = (parent, name), inode

    def path(self, inode, name):
        while inode in self.places:
            inode, part = self.places[inode]
            name = part + b"/" + name
        return name

    def follow(self, kind, body):
        if kind == "mkdir":
            self.put(body.inode, body.parent, body.name)
        elif kind == "rmdir":
            self.places.pop(self.at.pop((body.parent, body.name), None), None)
        elif kind == "rename":
            old, new = (body.parent, body.name), (body.new_parent, body.new_name)
            moved, other = self.at.pop(old, None), self.at.pop(new, None)
            self.places.pop(other, None)
            if moved:
                self.put(moved, *new)
            if other and body.flags & 128:  # EXCHANGE
                self.put(other, *old)


def details(kind, body, directories):
    if kind in ("create", "mkdir", "mknod"):
        return f"mode {body.mode:04o} owner {body.uid}:{body.gid}"
    if kind == "symlink":
        return f"-> {text(body.data)}"
    if kind == "rename":
        return f"-> {text(directories.path(body.new_parent, body.new_name))}"
    if kind == "write":
        return f"{len(body.data)} bytes at {'the end' if body.flags & 1 else body.offset}"
    if kind == "truncate":
        return f"to {body.size} bytes"
    if kind == "allocate":
        return f"{body.length} bytes at {body.offset}"
    if kind == "set_attr":
        return " ".join(f"{name} {value:o}" if name == "mode" else name for name, value in
                        ((field.name, value) for field, value in body.ListFields()) if name in ("mode", "uid", "gid", "atime_ns", "mtime_ns"))
    if kind in ("set_xattr", "remove_xattr"):
        return text(body.name)
    if kind == "session_started":
        return f"master {body.master.hex()} run {body.run}"
    return ""


def main():
    parser = argparse.ArgumentParser(description="Prints a line for each change in the journal of a KafkaFS filesystem.")
    parser.add_argument("brokers")
    parser.add_argument("topic")
    parser.add_argument("--follow", action="store_true", help="go on as records arrive")
    parser.add_argument("--void", action="store_true", help="show records without effect too, and why they have none")
    parser.add_argument("--config", help="a file of librdkafka properties, KEY=VALUE a line (TLS, passwords)")
    arguments = parser.parse_args()
    config = {"bootstrap.servers": arguments.brokers, "group.id": "change-feed", "enable.auto.commit": False, "enable.partition.eof": not arguments.follow}
    if arguments.config:
        with open(arguments.config, encoding="utf-8") as file:
            config.update(line.rstrip("\n").split("=", 1) for line in file if "=" in line and not line.startswith("#"))
    consumer = Consumer(config)
    consumer.assign([TopicPartition(arguments.topic, 0, OFFSET_BEGINNING)])
    sessions, directories = Sessions(), Directories()
    while True:
        message = consumer.poll(1)
        if message is None:
            continue
        if message.error():
            if message.error().name() == "_PARTITION_EOF":
                break
            raise KafkaException(message.error())
        change = fuse_pb2.FuseChange()
        try:
            change.ParseFromString(message.value() or b"")
        except DecodeError:  # bytes that somebody else appended
            continue
        kind = change.WhichOneof("change")
        if kind is None:
            continue
        why, body = sessions.void(change, kind), getattr(change, kind)
        if why and not arguments.void:
            continue
        time = datetime.datetime.fromtimestamp(message.timestamp()[1] / 1000, datetime.timezone.utc).isoformat(timespec="milliseconds")
        parts = [time, str(change.header.session), kind, text(change.header.path), details(kind, body, directories), why and f"(void: {why})"]
        print(" ".join(part for part in parts if part), flush=True)
        if not why:
            directories.follow(kind, body)


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):
        pass
