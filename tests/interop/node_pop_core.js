// Proves that the Node.js client (@alicloud/pop-core) works with the emulator, by GET, its default, and by POST.
// It signs by RPC 1.0; GET has the parameters in the query, POST has all of them, the signature too, in a form body.
'use strict';

const assert = require('node:assert');
const { RPCClient } = require('@alicloud/pop-core');

const env = process.env;

const HTTP = {
  CallbackType: 'HTTP',
  // Reserved characters, existing escapes and a character beyond the BMP: each has been encoded wrongly by someone.
  CallbackURL: "https://hooks.example.org/vod/回调?tenant=blue&note=50%25+off&q=x%2Fy~z*w'(1)!&film=🎬",
  AuthSwitch: 'on',
  AuthKey: 'Qx7Lm2Vt9Rb4',
  EventTypeList: 'FileUploadComplete,TranscodeComplete',
};
const MNS = {
  CallbackType: 'MNS',
  MnsEndpoint: 'https://1234567890123456.mns.cn-shanghai.aliyuncs.com/',
  MnsQueueName: 'vod-events',
  EventTypeList: 'FileUploadComplete,SnapshotComplete',
};
const NO_EVENTS = {
  CallbackType: 'HTTP',
  CallbackURL: 'https://hooks.example.org/vod',
  EventTypeList: '',
};

/** Play the whole story in one application; print one line per check; say whether all went well. */
async function run(method, AppId) {
  const connect = (endpoint, apiVersion, key = {}) =>
    new RPCClient({
      endpoint,
      apiVersion,
      accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID,
      accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
      opts: { method },
      ...key,
    });
  const connectVod = (key) => connect(env.VODCB_ENDPOINT, '2017-03-21', key);
  const vod = connectVod();
  const sts = connect(env.VODCB_STS_ENDPOINT, '2015-04-01');

  const get = async () => (await vod.request('GetMessageCallback', { AppId })).MessageCallback ?? {};
  const set = (callback) => vod.request('SetMessageCallback', { AppId, ...callback });

  async function nothingIsConfigured() {
    const { CallbackType } = await get();
    assert.ok(!CallbackType, `expected no configuration, got ${CallbackType}`);
  }

  async function setAndGet(callback) {
    await set(callback);
    const found = await get();
    for (const [member, wanted] of Object.entries({ AppId, ...callback })) {
      assert.ok(found[member] === wanted, `${member}: expected ${wanted}, got ${found[member]}`);
    }
  }

  async function refusal(codes, key) {
    const code = await connectVod(key)
      .request('GetMessageCallback', { AppId })
      .then(() => 'an answer', (error) => error.code ?? error);
    assert.ok(codes.includes(code), `expected ${codes.join(' or ')}, got ${code}`);
  }

  const checks = {
    'get when nothing is configured': nothingIsConfigured,
    'set HTTP and get it back': () => setAndGet(HTTP),
    'set MNS and get it back': () => setAndGet(MNS),
    'an empty event list switches all off': async () => {
      await set(NO_EVENTS);
      const found = await get();
      assert.strictEqual(found.CallbackURL, NO_EVENTS.CallbackURL);
      assert.ok(!found.EventTypeList, `expected no events, got ${found.EventTypeList}`);
    },
    'delete': async () => {
      await vod.request('DeleteMessageCallback', { AppId });
      await nothingIsConfigured();
    },
    // A parameter the service ignores; clients differ in whether a blank travels as + or %20.
    'a blank, a plus and others in a value': () =>
      vod.request('GetMessageCallback', { AppId, OwnerAccount: 'a b+c*d~e' }),
    'caller identity': async () => {
      // The account must come as text: a number of this length would arrive as another type.
      assert.strictEqual((await sts.request('GetCallerIdentity')).AccountId, '1234567890123456');
    },
    'a wrong secret': () => refusal(['SignatureDoesNotMatch', 'IncompleteSignature'], { accessKeySecret: 'wrong' }),
    'an unknown key': () => refusal(['InvalidAccessKeyId.NotFound'], { accessKeyId: 'LTAIunknown' }),
  };

  let allWell = true;
  for (const [check, play] of Object.entries(checks)) {
    try {
      await play();
      console.log(`ok node pop-core ${method}: ${check}`);
    } catch (error) {
      allWell = false;
      console.log(`FAILED node pop-core ${method}: ${check}: ${String(error).replace(/\s+/g, ' ')}`);
    }
  }
  return allWell;
}

async function main() {
  process.exitCode = 1; // until all is known to be well
  const byGet = await run('GET', 'app-interop5');
  const byPost = await run('POST', 'app-interop6');
  if (byGet && byPost) process.exitCode = 0;
}

main();
