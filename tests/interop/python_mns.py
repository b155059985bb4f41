"""Proves that the Python client of the queues (aliyun-mns-sdk) works with the emulator. It signs the headers, writes and
reads the XML itself, and keeps its connection open between calls."""

import os
import sys
import time
import warnings

from mns.account import Account
from mns.mns_exception import MNSServerException
from mns.mns_request import ListQueueRequest, ListQueueResponse
from mns.queue import Message, QueueMeta

ENDPOINT = os.environ["VODCB_MNS_ENDPOINT"]
KEY_ID = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
SECRET = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]

warnings.simplefilter("ignore", DeprecationWarning)  # the counts of messages are announced to go
QUEUE = "interop-python"
EVENT = '{"EventType":"FileUploadComplete","标题":"<视频> & 🎬"}'


def account(key_id=KEY_ID, secret=SECRET):
    return Account(ENDPOINT, key_id, secret)


queue = account().get_queue(QUEUE)


def expect(found, wanted):
    assert found == wanted, f"expected {wanted!r}, got {found!r}"


def refusal(code, play):
    try:
        play()
    except MNSServerException as error:
        expect(error.type, code)
    else:
        raise AssertionError("not refused")


def is_empty():
    refusal("MessageNotExist", lambda: queue.receive_message(0))


def create():
    meta = QueueMeta(vis_timeout=60, max_msg_size=65536, polling_wait_sec=0)
    assert queue.create(meta).endswith(f"/queues/{QUEUE}")
    queue.create(meta)  # the same again is no error
    refusal("QueueAlreadyExist", lambda: queue.create(QueueMeta(vis_timeout=61)))


def list_queues():
    for number in range(3):
        account().get_queue(f"interop-python-{number}").create(QueueMeta())
    urls, marker = account().list_queue(prefix="interop-python-", ret_number=2)
    expect([url.rsplit("/", 1)[1] for url in urls], ["interop-python-0", "interop-python-1"])
    urls, marker = account().list_queue(prefix="interop-python-", ret_number=2, marker=marker)
    expect([url.rsplit("/", 1)[1] for url in urls], ["interop-python-2"])
    expect(marker, "")
    answer = ListQueueResponse()
    account().mns_client.list_queue(ListQueueRequest("interop-python-2", with_meta=True), answer)
    expect([meta["VisibilityTimeout"] for meta in answer.queuemeta_list], ["30"])


def attributes():
    meta = QueueMeta()
    meta.set_visibilitytimeout(45)
    queue.set_attributes(meta)
    found = queue.get_attributes()
    expect((found.queue_name, found.visibility_timeout, found.message_retention_period), (QUEUE, 45, 345600))
    expect(found.logging_enabled, False)


def send_and_receive(base64):
    queue.set_encoding(base64)
    sent = queue.send_message(Message(EVENT))
    received = queue.receive_message(1)
    body = received.message_body
    expect(body.decode() if base64 else body, EVENT)  # it gives bytes for what it decoded
    expect(received.message_id, sent.message_id)
    expect((received.message_body_md5, received.dequeue_count, received.priority), (sent.message_body_md5, 1, 8))
    queue.delete_message(received.receipt_handle)
    is_empty()


def peek():
    queue.send_message(Message(EVENT))
    expect(queue.peek_message().message_body, EVENT)
    expect([message.dequeue_count for message in queue.batch_peek_message(16)], [0])
    queue.delete_message(queue.receive_message().receipt_handle)
    refusal("MessageNotExist", queue.peek_message)


def change_visibility():
    queue.send_message(Message(EVENT))
    received = queue.receive_message()
    changed = queue.change_message_visibility(received.receipt_handle, 1)
    refusal("ReceiptHandleError", lambda: queue.delete_message(received.receipt_handle))
    assert int(changed.next_visible_time) < int(received.next_visible_time)
    again = queue.receive_message(5)  # waits until the message is visible
    expect((again.message_id, again.dequeue_count), (received.message_id, 2))
    queue.delete_message(again.receipt_handle)


def batches():
    sent = queue.batch_send_message([Message(f"{EVENT}{number}", priority=16 - number) for number in range(16)])
    expect(len(sent), 16)
    received = queue.batch_receive_message(16, 1)
    expect([message.message_body for message in received], [f"{EVENT}{number}" for number in reversed(range(16))])
    queue.batch_delete_message([message.receipt_handle for message in received])
    is_empty()
    # A bad handle beside a good one.
    queue.send_message(Message(EVENT))
    handle = queue.receive_message().receipt_handle
    refusal("ReceiptHandleError", lambda: queue.batch_delete_message([handle, "1-bad"]))
    expect(queue.get_attributes().inactive_messages, 0)


def delay():
    handle = queue.send_message(Message(EVENT, delay_seconds=600)).receipt_handle
    expect(queue.get_attributes().delay_messages, 1)
    queue.delete_message(handle)
    expect(queue.get_attributes().delay_messages, 0)


def long_polling():
    begin = time.monotonic()
    refusal("MessageNotExist", lambda: queue.receive_message(1))
    assert 1 <= time.monotonic() - begin < 3, "the wait is one second"


def delete_queue():
    queue.delete()
    refusal("QueueNotExist", queue.get_attributes)
    refusal("QueueNotExist", lambda: queue.receive_message(0))


checks = {
    "create": create,
    "list with prefix, pages and attributes": list_queues,
    "set and get attributes": attributes,
    "send and receive in Base64": lambda: send_and_receive(True),
    "send and receive as text": lambda: send_and_receive(False),
    "peek": peek,
    "change visibility": change_visibility,
    "batch send, receive and delete": batches,
    "a delayed message": delay,
    "long polling": long_polling,
    "a wrong secret": lambda: refusal(
        "SignatureDoesNotMatch", lambda: account(secret="wrong").get_queue(QUEUE).get_attributes()
    ),
    "an unknown key": lambda: refusal(
        "InvalidAccessKeyId", lambda: account(key_id="LTAIunknown").get_queue(QUEUE).get_attributes()
    ),
    "delete the queue": delete_queue,
}
all_well = True
for check, play in checks.items():
    try:
        play()
        print(f"ok python mns: {check}", flush=True)
    except Exception as error:
        all_well = False
        why = " ".join(f"{type(error).__name__}: {error}".split())
        print(f"FAILED python mns: {check}: {why}", flush=True)
sys.exit(0 if all_well else 1)
