// Proves that the Node.js client of the queues (@alicloud/mns) works with the emulator. It sends both Date and x-mns-date,
// a body's digest even where there is no body, raw receipt handles in the query, and bodies as they are.
'use strict';

const assert = require('node:assert');
const MNS = require('@alicloud/mns');

const env = process.env;
const QUEUE = 'interop-node';
const EVENT = '{"EventType":"FileUploadComplete","标题":"<视频> & 🎬"}';

// The client pastes values into the XML as they are.
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const connect = (key = {}) =>
  new MNS('1234567890123456', {
    endpoint: env.VODCB_MNS_ENDPOINT,
    accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID,
    accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
    ...key,
  });
const mns = connect();

/** The client puts the code into the name of the error. */
async function refusal(code, call) {
  const name = await call.then(() => 'an answer', (error) => error.name);
  assert.ok(name.startsWith(`MNS${code}`), `expected ${code}, got ${name}`);
}

const isEmpty = () => refusal('MessageNotExist', mns.receiveMessage(QUEUE));

const checks = {
  'create': async () => {
    const created = await mns.createQueue(QUEUE, { VisibilityTimeout: 60 });
    assert.strictEqual(created.code, 201);
    assert.ok(created.headers.location.endsWith(`/queues/${QUEUE}`));
    assert.strictEqual((await mns.createQueue(QUEUE, { VisibilityTimeout: 60 })).code, 204);
    await refusal('QueueAlreadyExist', mns.createQueue(QUEUE, { VisibilityTimeout: 61 }));
  },
  'list with prefix': async () => {
    for (const number of [0, 1, 2]) await mns.createQueue(`interop-node-${number}`);
    const { body } = await mns.listQueue('', 10, 'interop-node-');
    const names = body.map(({ QueueURL }) => QueueURL.split('/').pop());
    assert.deepStrictEqual(names, ['interop-node-0', 'interop-node-1', 'interop-node-2']);
  },
  'set and get attributes': async () => {
    assert.strictEqual((await mns.setQueueAttributes(QUEUE, { VisibilityTimeout: 45 })).code, 204);
    const { body } = await mns.getQueueAttributes(QUEUE);
    assert.strictEqual(body.QueueName, QUEUE);
    assert.strictEqual(body.VisibilityTimeout, '45');
    assert.strictEqual(body.MessageRetentionPeriod, '345600');
  },
  'send, peek, receive and delete': async () => {
    const sent = await mns.sendMessage(QUEUE, { MessageBody: escaped(EVENT) });
    assert.strictEqual(sent.code, 201);
    assert.strictEqual((await mns.peekMessage(QUEUE)).body.MessageBody, EVENT);
    const { body } = await mns.receiveMessage(QUEUE, 1);
    assert.strictEqual(body.MessageBody, EVENT);
    assert.strictEqual(body.MessageId, sent.body.MessageId);
    assert.strictEqual(body.MessageBodyMD5, sent.body.MessageBodyMD5);
    assert.strictEqual((await mns.deleteMessage(QUEUE, body.ReceiptHandle)).code, 204);
    await refusal('ReceiptHandleError', mns.deleteMessage(QUEUE, body.ReceiptHandle));
    await isEmpty();
  },
  'change visibility': async () => {
    await mns.sendMessage(QUEUE, { MessageBody: escaped(EVENT) });
    const first = (await mns.receiveMessage(QUEUE)).body;
    const changed = (await mns.changeMessageVisibility(QUEUE, first.ReceiptHandle, 1)).body;
    assert.ok(Number(changed.NextVisibleTime) < Number(first.NextVisibleTime));
    const again = (await mns.receiveMessage(QUEUE, 5)).body; // waits until the message is visible
    assert.strictEqual(again.DequeueCount, '2');
    await mns.deleteMessage(QUEUE, again.ReceiptHandle);
  },
  'batch send, peek, receive and delete': async () => {
    const bodies = Array.from({ length: 16 }, (_, number) => `${EVENT}${number}`);
    const messages = bodies.map((text) => ({ MessageBody: escaped(text) }));
    assert.strictEqual((await mns.batchSendMessage(QUEUE, messages)).body.length, 16);
    assert.strictEqual((await mns.batchPeekMessage(QUEUE, 16)).body.length, 16);
    const { body } = await mns.batchReceiveMessage(QUEUE, 16, 1);
    assert.deepStrictEqual(body.map(({ MessageBody }) => MessageBody), bodies);
    const handles = body.map(({ ReceiptHandle }) => ReceiptHandle);
    const partly = await mns.batchDeleteMessage(QUEUE, [...handles.slice(0, 2), '1-bad']);
    assert.strictEqual(partly.code, 404);
    assert.deepStrictEqual([partly.body].flat().map(({ ErrorCode }) => ErrorCode), ['ReceiptHandleError']);
    assert.strictEqual((await mns.batchDeleteMessage(QUEUE, handles.slice(2))).code, 204);
    await isEmpty();
  },
  'a wrong secret': () =>
    refusal('SignatureDoesNotMatch', connect({ accessKeySecret: 'wrong' }).getQueueAttributes(QUEUE)),
  'an unknown key': () =>
    refusal('InvalidAccessKeyId', connect({ accessKeyId: 'LTAIunknown' }).getQueueAttributes(QUEUE)),
  'delete the queue': async () => {
    assert.strictEqual((await mns.deleteQueue(QUEUE)).code, 204);
    await refusal('QueueNotExist', mns.getQueueAttributes(QUEUE));
  },
};

async function main() {
  process.exitCode = 1; // until all is known to be well
  let allWell = true;
  for (const [check, play] of Object.entries(checks)) {
    try {
      await play();
      console.log(`ok node mns: ${check}`);
    } catch (error) {
      allWell = false;
      console.log(`FAILED node mns: ${check}: ${String(error).replace(/\s+/g, ' ')}`);
    }
  }
  if (allWell) process.exitCode = 0;
}

main();
