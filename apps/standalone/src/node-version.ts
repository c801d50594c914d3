/** The oldest Node that all of this runs on (the lock file brings a newer one). */
const NODE_FLOOR = 24;

/** Imported first: an older Node fails later, in places that do not say why. */
if (Number(process.versions.node.split('.', 1)[0]) < NODE_FLOOR) {
  process.stderr.write(
    `error Node ${NODE_FLOOR} is needed, this is ${process.versions.node}: use npm start or npm run demo, which bring their own\n`,
  );
  process.exit(1);
}
