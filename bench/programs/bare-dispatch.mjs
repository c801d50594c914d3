/**
 * The ceiling of dispatch.bench.mjs, in two processes: one appends an event for each device, guarded by its subject's last sequence; the other hears what was
 * stored by the stream's republish, presigns a URL, and sends the frame down the device's WebSocket.
 */
import { once } from 'node:events';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { WebSocketServer } from 'ws';
import { now } from '../rig/measure.mjs';
import { answer } from './answer.mjs';

const STREAM = 'BARE';
/** Appends under way at the same time, as many as a partition of ours has in its largest batch. */
const WINDOW = 900;
const EXPIRES_S = 3_600;

let nats;
let server;
const sockets = new Map();

async function open({ servers, user, password: pass, ca }) {
  nats = await connect({ servers, user, pass, tls: { ca }, ignoreClusterUpdates: true });
}

async function append(round, devices, event) {
  const js = jetstream(nats);
  const left = [...devices];
  const one = async () => {
    for (let id = left.pop(); id; id = left.pop()) {
      const expect = { lastSubjectSequence: 0 };
      await js.publish(`bare.${round}.${id}`, event, { msgID: `${round}-${id}`, expect });
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, one));
}

const commands = {
  open,
  makeStream: async () => {
    const manager = await jetstreamManager(nats);
    const republish = { src: 'bare.>', dest: 'live.bare.>' };
    await manager.streams.add({ name: STREAM, subjects: ['bare.>'], republish });
  },
  deleteStream: async () => (await jetstreamManager(nats)).streams.delete(STREAM),
  /** @param s3 where the image is @param frame what devices are sent, but for its URL @returns the port */
  serve: async ({ s3, key, frame }) => {
    const credentials = { accessKeyId: s3.access_key_id, secretAccessKey: s3.secret_access_key };
    const { public_endpoint: endpoint, region, bucket: Bucket } = s3;
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    const send = async (device_id) => {
      const url = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: key }), { expiresIn: EXPIRES_S });
      sockets.get(device_id)?.send(JSON.stringify({ ...frame, url }));
    };
    nats.subscribe('live.bare.>', { callback: (_, { subject }) => void send(subject.split('.').at(-1)) });
    server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
    server.on('connection', (socket, { url }) => sockets.set(url.slice(1), socket));
    await once(server, 'listening');
    return server.address().port;
  },
  /** @returns when the first was sent */
  dispatch: async ({ round, devices, event }) => {
    const at = now();
    await append(round, devices, event);
    return at;
  },
};

answer(commands);
