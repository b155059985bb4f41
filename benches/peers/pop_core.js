// `vodcb get` by the official Node.js client.
'use strict';

const { RPCClient } = require('@alicloud/pop-core');

const { env } = process;
const client = new RPCClient({
  endpoint: env.VODCB_ENDPOINT,
  apiVersion: '2017-03-21',
  accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID,
  accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
});
client
  .request('GetMessageCallback', { AppId: 'app-1000000' }, { method: 'POST' })
  .then((answer) => console.log(JSON.stringify(answer)));
